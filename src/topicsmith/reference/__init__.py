"""The published experiment that the method follows."""
