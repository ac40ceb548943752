"""What no topic covers: found in vectors of texts, told what it is about, proposed to a person, never decided.

``pool`` says which rows look unfamiliar, ``space`` turns vectors so that what varies within topics counts little,
``tree`` links rows, ``cut`` learns by hiding known topics how far apart rows of one topic may lie, ``clusters`` puts
these together; ``terms`` says what a cluster is about and ``propose`` what might be done about it.
"""
