"""The benchmark: a national data set in the product's own tables, and the harness that measures on it."""
