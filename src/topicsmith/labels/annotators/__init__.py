"""One file per kind of annotator."""
