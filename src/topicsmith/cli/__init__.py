"""The command line: one file per command, added by ``main``."""
