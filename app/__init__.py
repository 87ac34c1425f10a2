"""TĐKT API: emulation and commendation work of Vietnam over HTTP."""
