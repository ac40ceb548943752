"""Judging classifiers: pure functions from predictions and truth to numbers with intervals."""
