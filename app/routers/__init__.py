"""The contract, one file per resource: signature, one service call, return."""
