"""What ``--json`` prints."""
