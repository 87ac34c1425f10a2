"""Nominations: reading, drafting inside a dossier, and the one guarded function that moves them."""
