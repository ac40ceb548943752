"""``kind: similarity``: topics as rows of features against the query, so that topics are edited without training.

A frozen sentence encoder turns texts into vectors. What is known of a topic (its name and description, its examples,
its part of a trained head) is compared with the query in a few numbers (``features``), which one small model weighs
alike for all topics (``weights``). Adding, renaming, merging, splitting and removing topics changes what is compared
and no weight: ``snapshot`` makes today's topics of what was learnt and the taxonomy as its file stands, ``follow``
notices that the file was saved. ``novelty`` tells queries that no topic fits.
"""
