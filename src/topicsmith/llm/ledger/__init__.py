"""What was paid for, kept for ever."""
