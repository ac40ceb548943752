"""Labels that stand when the topics change: which, what else is put up, and whether wording alone alters answers."""
