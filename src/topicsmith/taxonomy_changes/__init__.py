"""Taxonomies that change: what differs between two, which labelled rows that touches, and the history of versions.

Two taxonomies go in and a diff comes out (``compare``); a diff and labelled rows go in, and out come the rows that are
carried over under today's names and those that are put up again (``rows``). ``history`` keeps every version beside the
taxonomy's file, ``edits`` makes a new taxonomy of an old one, and ``yaml_text`` writes it into the file with its
comments. Nothing here asks a model.
"""
