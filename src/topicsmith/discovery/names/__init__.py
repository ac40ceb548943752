"""What a name is asked with, what the answer says, and how a name is checked."""
