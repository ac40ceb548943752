"""The published experiment beside the run."""
