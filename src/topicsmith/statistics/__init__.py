"""Figures with their intervals: proportions, paired tests, kappa. Needs nothing else of the package."""
