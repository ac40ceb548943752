"""The stages: each reads what earlier ones left in the run folder, calls one room, and writes its own files."""
