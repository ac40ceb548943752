"""Reading conversation logs: one file per format, and the rule that finds what the user first asked."""
