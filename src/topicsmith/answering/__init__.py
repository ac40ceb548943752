"""Many texts answered by a trained classifier, one answer for every row of the input."""
