"""Commands that run stages, and saying beforehand which would run."""
