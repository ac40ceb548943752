"""Mutations of a JSON document in type, depth, size and encoding, for tests of what is read back."""

import json
from collections.abc import Iterator

WRONG: tuple[object, ...] = (None, True, -1, 10**30, "x", [], {}, [[]], [None], {"a": {}}, float("nan"))


def mutations(document: object) -> Iterator[bytes]:
    """The whole replaced, every key of the first two levels replaced or removed, and bytes that are no document."""
    yield from (b"", b"{", b"\xff\xfe", b"\x00", b"[" * 100_000, b'{"a":' * 900 + b"1" + b"}" * 900)
    yield from (json.dumps(wrong).encode() for wrong in WRONG)
    for path in _places(document, 3):
        for wrong in WRONG:
            yield json.dumps(_changed(document, path, wrong)).encode()
        yield json.dumps(_changed(document, path, None, remove=True)).encode()


def _places(document: object, depth: int) -> Iterator[tuple[str | int, ...]]:
    """The ways to what stands in ``document``; of a list to its first entry."""
    inner = list(document.items()) if isinstance(document, dict) else []
    if isinstance(document, list) and document:
        inner = [(0, document[0])]
    for key, value in inner[:12]:
        yield (key,)
        if depth > 1:
            yield from ((key, *rest) for rest in _places(value, depth - 1))


def _changed(document: object, path: tuple[str | int, ...], wrong: object, *, remove: bool = False) -> object:
    own: object = dict(document) if isinstance(document, dict) else list(document)  # type: ignore[call-overload]
    if len(path) > 1:
        own[path[0]] = _changed(own[path[0]], path[1:], wrong, remove=remove)  # type: ignore[index]
    elif remove:
        del own[path[0]]  # type: ignore[attr-defined]
    else:
        own[path[0]] = wrong  # type: ignore[index]
    return own
