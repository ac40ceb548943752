"""Names that become files or folders: one strict rule for those of projects, options and the files of a run."""

MOST_BYTES = 80
"""A folder's name may have 255 bytes; suffixes and the marks of temporary files come on top."""


def safe_name(name: str) -> str:
    """``name``, if it can lead nowhere but to a file or folder of just this name.

    >>> safe_name("linear-char_2.1")
    'linear-char_2.1'

    Raises:
        ValueError: when it has other signs than letters, digits, ``-``, ``_`` and ``.``, begins with ``.`` or ``-``,
            or is longer than 80 bytes.
    """
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or name.startswith((".", "-")):
        raise ValueError("use letters, digits, '-', '_' and '.', starting with a letter or digit")
    if len(name.encode()) > MOST_BYTES:
        raise ValueError(f"use at most {MOST_BYTES} bytes")
    return name


LATEST = "latest"
"""The link beside the runs that points to the newest: no run's own name."""


def run_name(name: str) -> str:
    """``name``, if a run may be called so.

    Raises:
        ValueError: as :func:`safe_name`, and for the reserved ``latest``.
    """
    if name == LATEST:
        raise ValueError(f"'{LATEST}' is the link to the newest run; choose another name")
    return safe_name(name)
