"""What all torch candidates share."""
