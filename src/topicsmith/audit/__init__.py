"""What a person said about a sample of labels."""
