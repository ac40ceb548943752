"""From rows to traces: one file per log format."""
