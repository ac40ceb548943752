"""How fast a classifier answers under load."""
