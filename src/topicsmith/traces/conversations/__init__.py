"""Conversations out of what logs write: messages, spans, turns, and what belongs together."""
