"""Plain REST calls to a fine-tuning service: JSON in and out, files up and down, nothing repeated that costs money."""

import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any, Literal

from topicsmith.atomic_files import replacing
from topicsmith.errors import CredentialsError, UpstreamError
from topicsmith.json_file import parse_json
from topicsmith.llm.http import check_address, secure_proxies

_BODY_BYTES = 32 * 1024 * 1024
_CHUNK = 1024 * 1024
MOST_USD = 1e18
_TRIES = 6
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})

Method = Literal["GET", "POST", "PATCH", "DELETE"]


class Refused(UpstreamError):  # noqa: N818  # named for what happened
    """The service answered with an error; ``code`` is its own word for it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing: the key must not travel to another host."""


class Rest:
    """Calls below one address with one key. Reading is tried again when the service is busy; starting things is not."""

    def __init__(
        self, address: str, key: str, timeout_s: float = 60.0, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """``pause`` waits between tries, for that many seconds."""
        self._address, self._timeout_s, self._pause = address.rstrip("/"), timeout_s, pause
        self._headers = {"Authorization": f"Bearer {key}", "User-Agent": "topicsmith"}
        check_address(self._address, self._headers)
        self._opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler(secure_proxies()))

    def get(self, path: str) -> dict[str, Any]:
        """Read something; tried again when that can help."""
        return self._patient(lambda: self._json("GET", path, None))

    def patch(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Set something to a state; doing it twice is the same, so it is tried again too."""
        return self._patient(lambda: self._json("PATCH", path, json.dumps(body).encode()))

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Start something, once: whoever calls finds out whether a call without an answer arrived."""
        return self._json("POST", path, json.dumps(body).encode())

    def upload(self, path: str, fields: Mapping[str, str], name: str, data: bytes) -> dict[str, Any]:
        """Send a file as a form; a file sent twice costs nothing, so it is tried again."""
        boundary = f"topicsmith{secrets.token_hex(16)}"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts += [head.encode(), b"Content-Type: application/jsonl\r\n\r\n", data, f"\r\n--{boundary}--\r\n".encode()]
        body, kind = b"".join(parts), f"multipart/form-data; boundary={boundary}"
        return self._patient(lambda: self._json("POST", path, body, kind))

    def download(self, path: str, target: Path) -> None:
        """Fetch a file, of any size, into ``target``: the whole file, or none."""

        def fetch() -> dict[str, Any]:
            with (
                replacing(target) as temporary,
                self._open("GET", path, None, "") as response,
                temporary.open("wb") as out,
            ):
                for chunk in self._chunks(path, response):
                    out.write(chunk)
            return {}

        self._patient(fetch)

    def _chunks(self, path: str, response: Any) -> Iterator[bytes]:
        """The body in pieces; one that ends before the length its headers tell is no body."""
        told = str(response.headers.get("Content-Length") or "").strip()
        missing = int(told) if told.isascii() and told.isdigit() and len(told) < 19 else 0
        while chunk := _read(f"{self._address}{path}", response, _CHUNK):
            missing -= len(chunk)
            yield chunk
        if missing > 0:
            raise UpstreamError(f"{self._address}{path}: the response ended {missing} bytes early")

    def _patient(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        for turn in range(_TRIES):
            try:
                return call()
            except Refused as refused:
                if refused.status not in _PASSING or turn == _TRIES - 1:
                    raise
            except UpstreamError:
                if turn == _TRIES - 1:
                    raise
            self._pause(min(30.0, 2.0**turn))
        raise AssertionError("unreachable: the last try returns or raises")

    def _json(self, method: Method, path: str, body: bytes | None, kind: str = "application/json") -> dict[str, Any]:
        with self._open(method, path, body, kind) as response:
            text = _read(f"{self._address}{path}", response, _BODY_BYTES + 1)
        if len(text) > _BODY_BYTES:
            raise UpstreamError(f"{self._address}{path}: the answer is larger than {_BODY_BYTES} bytes")
        value = parse_json(text, f"{self._address}{path}: the answer", UpstreamError, "run again")
        return value if isinstance(value, dict) else {"data": value}

    def _open(self, method: Method, path: str, body: bytes | None, kind: str) -> Any:
        url = self._address + path
        headers = {**self._headers, **({"Content-Type": kind} if body is not None else {})}
        request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310  # checked by check_address
        try:
            return self._opener.open(request, timeout=self._timeout_s)
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(url, error.code, _read(url, error, _CHUNK)) from None
        except (OSError, HTTPException) as exc:
            raise UpstreamError(f"{url}: no answer ({getattr(exc, 'reason', exc)}); check the network") from None


def identity(answer: Mapping[str, Any], where: str) -> str:
    """The id that the service gives what it made.

    Raises:
        UpstreamError: when the answer holds none: what was made is then looked for.
    """
    found = answer.get("id")
    if not isinstance(found, str) or not found.strip():
        raise UpstreamError(f"{where}: the answer names no id; run again")
    return found


def listed(answer: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """The entries of a list that the service gives; what is no mapping in it is nothing that we made.

    Raises:
        UpstreamError: when the answer holds no list.
    """
    found = answer.get("data")
    if found is None:
        return []
    if not isinstance(found, list):
        raise UpstreamError(f"{where}: the answer holds no list; run again")
    return [each for each in found if isinstance(each, dict)]


def amount(value: object) -> float | None:
    """An amount of money that a service names; ``None`` where it is no number or not one that can be paid."""
    known = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < MOST_USD
    return float(value) if known and isinstance(value, int | float) else None


def _read(url: str, response: Any, most: int) -> bytes:
    """At most that many bytes of the body."""
    try:
        body: bytes = response.read(most)
    except (OSError, HTTPException) as exc:
        raise UpstreamError(f"{url}: the connection closed before the response ended ({type(exc).__name__})") from None
    return body


def _refused(url: str, status: int, body: bytes) -> Exception:
    try:
        value = parse_json(body, url, UpstreamError)
    except UpstreamError:
        value = {}
    document = value if isinstance(value, dict) else {"error": value}
    error = document.get("error")
    error = error if isinstance(error, dict) else {"message": error or document.get("message", "")}
    message = " ".join(str(error.get("message") or "no reason given").split())[:300]
    if status == 401:
        return CredentialsError(f"{url}: the key was refused ({message}); check the environment variable")
    code = str(error.get("code") or error.get("type") or "")
    return Refused(status, code, f"{url}: refused with {status}{f' {code}' if code else ''}: {message}")
