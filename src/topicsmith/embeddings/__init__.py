"""Vectors of texts by a frozen sentence encoder, kept on disk."""
