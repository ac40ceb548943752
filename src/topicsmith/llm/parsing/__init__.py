"""What a model meant by its reply."""
