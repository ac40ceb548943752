"""How many rows are about each topic (quantification): counts of a classifier's answers, corrected for its mistakes."""
