"""Labels and predictions as rows for other tools."""
