"""Near-copies of a text, found by MinHash."""
