"""From queries to labels: annotators, what they say of each other, and what the project believes."""
