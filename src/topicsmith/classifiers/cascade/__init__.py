"""Candidates in order, each answering what it is sure of and sending on the rest."""
