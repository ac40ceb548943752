"""What labels, training and answers cost."""
