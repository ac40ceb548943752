"""Who may ask: bearer keys that are kept as hashes, each with its own limit."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from topicsmith.errors import UserError
from topicsmith.plain_files import read_plain
from topicsmith.serving.refusals import RefusedError

VARIABLE = "TOPICSMITH_SERVE_KEYS"
PREFIX = "tsk_"
_LINE = re.compile(r"(?P<name>[\w.-]{1,64})\s+sha256:(?P<digest>[0-9a-f]{64})(?:\s+(?P<limit>\d{1,9}))?")
_FORM = "NAME sha256:DIGEST [TEXTS A MINUTE]"


@dataclass(frozen=True)
class AccessKey:
    """A key by its hash: ``name`` is what logs call it, ``texts_per_minute`` its limit, ``None`` where it has none."""

    name: str
    digest: str
    texts_per_minute: int | None = None

    def line(self) -> str:
        """As it stands in a file of keys."""
        limit = "" if self.texts_per_minute is None else f" {self.texts_per_minute}"
        return f"{self.name} sha256:{self.digest}{limit}"


def make_key(name: str, texts_per_minute: int | None = None) -> tuple[str, AccessKey]:
    """A new secret, which is kept nowhere, and what is to be kept of it.

    Raises:
        UserError: when ``name`` cannot stand in a file of keys.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    made = AccessKey(name, digest_of(secret), texts_per_minute)
    if not _LINE.fullmatch(made.line()):
        raise UserError(f"'{name}' is no name for a key; use up to 64 letters, digits, '.', '_' and '-'")
    return secret, made


def digest_of(secret: str) -> str:
    """What is kept of a secret. It has 256 random bits, so a slow hash would protect nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def read_keys(path: Path) -> tuple[AccessKey, ...]:
    """The keys in a file: one a line; blank lines and those that begin with ``#`` are passed over.

    Raises:
        UserError: when the file cannot be read, a line is none of ours, or a name stands twice.
    """
    try:
        text = read_plain(path).decode()
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(f"{path}: cannot be read as a file of keys: {exc}") from None
    return parse_keys(text.splitlines(), str(path))


def parse_keys(lines: Iterable[str], place: str) -> tuple[AccessKey, ...]:
    """The keys in ``lines``; a line that is none is not quoted, since it may hold a secret.

    Raises:
        UserError: as :func:`read_keys`.
    """
    found: dict[str, AccessKey] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise UserError(f"{place}:{number}: is not '{_FORM}'; make a line with 'topicsmith serve --make-key NAME'")
        if match["name"] in found:
            raise UserError(f"{place}:{number}: the key '{match['name']}' is there already; give each its own name")
        limit = None if match["limit"] is None else int(match["limit"])
        found[match["name"]] = AccessKey(match["name"], match["digest"], limit)
    if not found:
        raise UserError(f"{place}: holds no key; make one with 'topicsmith serve --make-key NAME'")
    return tuple(found.values())


class Doorkeeper:
    """Tells keys apart and counts what each asks."""

    def __init__(self, keys: tuple[AccessKey, ...], clock: Callable[[], float] = time.monotonic) -> None:
        """Let in who has one of ``keys``; everybody where there are none."""
        self.keys = keys
        self._clock = clock
        self._left = {key.name: (float(key.texts_per_minute or 0), clock()) for key in keys}

    def let_in(self, authorization: str | None) -> AccessKey | None:
        """The key that an ``Authorization`` header holds; ``None`` where no keys are kept.

        Raises:
            RefusedError: when it holds none of them.
        """
        if not self.keys:
            return None
        scheme, _, secret = (authorization or "").partition(" ")
        given = digest_of(secret.strip())
        found = None
        for key in self.keys:  # all of them, so that the time tells nothing
            if hmac.compare_digest(key.digest, given):
                found = key
        if scheme.lower() != "bearer" or found is None:
            raise RefusedError("unauthorized", "send a key of this server as 'Authorization: Bearer KEY'")
        return found

    def charge(self, key: AccessKey | None, texts: int) -> None:
        """Count ``texts`` towards what ``key`` may ask a minute; a request is never larger than a full minute.

        Raises:
            RefusedError: when that is used up, with the time until it is not.
        """
        if key is None or key.texts_per_minute is None:
            return
        a_second = key.texts_per_minute / 60
        left, then = self._left[key.name]
        now = self._clock()
        left = min(float(key.texts_per_minute), left + (now - then) * a_second)
        self._left[key.name] = (left, now)
        if texts > key.texts_per_minute:
            raise RefusedError("rate_limited", f"this key may ask {key.texts_per_minute:,} texts a minute; send fewer")
        if texts > left:
            wait = (texts - left) / a_second
            raise RefusedError("rate_limited", f"this key may ask {key.texts_per_minute:,} texts a minute", wait)
        self._left[key.name] = (left - texts, now)
