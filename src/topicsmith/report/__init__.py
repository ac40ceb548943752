"""The page and its figures; nothing is computed here."""
