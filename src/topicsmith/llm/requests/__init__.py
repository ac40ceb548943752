"""How fast, how often and for how much models are asked."""
