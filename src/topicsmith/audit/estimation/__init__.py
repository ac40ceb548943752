"""Figures for all rows from what a person said of some."""
