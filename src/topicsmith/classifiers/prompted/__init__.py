"""A language model that is asked with a prompt."""
