"""Fakes for tests and demonstrations: a model server, tiny models."""
