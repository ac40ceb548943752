"""Talking to models: providers, prompts, replies, the ledger of paid answers, pacing and prices."""
