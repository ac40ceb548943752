"""The HTTP client: one POST, one whole answer, or a failure that says whether trying again can help.

Thin over aiohttp, and strict: one deadline over the whole call, a cap on the body before and after decompression, no
redirects, no cookies, certificates always checked, and no key over plain HTTP except to this machine.
"""

import errno
import ipaddress
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from topicsmith.errors import ProjectError
from topicsmith.llm.errors import BadRequest, Malformed, ProviderFailure, Transient
from topicsmith.llm.types import HttpRequest
from topicsmith.version import __version__

if TYPE_CHECKING:
    import aiohttp

KEY_HEADERS = {"authorization", "x-api-key", "x-goog-api-key", "api-key"}
MACHINE_FULL = {errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.EAGAIN}


class MachineFull(ProviderFailure):
    """This machine has no file handles or ports left for another connection: carry on with fewer."""


class CutOff(Malformed):
    """A response that broke off; ``part`` is its body as far as it came."""

    part: bytes = b""


class Untrusted(ProviderFailure):
    """The server's certificate does not check: stop, nothing is sent to it."""


@dataclass(frozen=True)
class ClientSettings:
    """Limits of one call; times in seconds, sizes in bytes."""

    total_s: float = 60.0
    connect_s: float = 10.0
    body_bytes: int = 8 * 1024 * 1024
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response; the names in ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """Sends requests; use it as an asynchronous context manager."""

    def __init__(self, connections: int, settings: ClientSettings | None = None) -> None:
        self._connections = connections
        self._settings = settings or ClientSettings()
        self._proxies: dict[str, str | None] = {}

    async def __aenter__(self) -> Self:
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=self._settings.total_s, sock_connect=self._settings.connect_s)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, ssl=self._settings.tls or True),
            timeout=timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={
                "Content-Type": "application/json",
                "Accept-Encoding": "gzip, deflate",
                "User-Agent": f"topicsmith/{__version__}",  # some edges refuse clients without a name
            },
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def post(self, request: HttpRequest) -> Response:
        """Send ``request`` and read the whole response, whatever its status.

        Raises:
            Transient: no connection, no complete response within the deadline, a connection that broke.
            Malformed: not HTTP, not what its headers say, or larger than the cap.
            BadRequest: a redirect, which is never followed.
            MachineFull: no file handles or ports left here.
            Untrusted: a certificate that does not check.
            ProjectError: an address that a key may not be sent to.
        """
        return await self._send("POST", request)

    async def get(self, request: HttpRequest) -> Response:
        """Fetch ``request.url``, like :meth:`post`."""
        return await self._send("GET", request)

    async def _send(self, method: str, request: HttpRequest) -> Response:
        import aiohttp

        if request.url not in self._proxies:
            check_address(request.url, request.headers)
            self._proxies[request.url] = _proxy(request.url)
        host = urlsplit(request.url).netloc
        try:
            async with self._session.request(
                method,
                request.url,
                data=request.body or None,
                headers=request.headers,
                allow_redirects=False,
                proxy=self._proxies[request.url],
            ) as response:
                body = await self._read(response, host)
                headers = {name.lower(): value for name, value in response.headers.items()}
                status = response.status
        except TimeoutError:
            raise Transient(f"{host}: no complete response within {self._settings.total_s:g} s") from None
        except aiohttp.ClientSSLError as error:
            raise Untrusted(
                f"{host}: TLS certificate verification failed: {error}; fix the certificate or the address"
            ) from None
        except aiohttp.ClientOSError as error:
            kind = MachineFull if error.errno in MACHINE_FULL else Transient
            raise kind(f"{host}: {error.strerror or error}") from None
        except (aiohttp.ClientResponseError, aiohttp.ClientPayloadError) as error:
            raise Malformed(f"{host}: an incomplete HTTP response ({type(error).__name__})") from None
        except aiohttp.ClientError as error:
            raise Transient(f"{host}: the connection broke ({type(error).__name__})") from None
        if 300 <= status < 400:
            raise BadRequest(
                f"{host}: answers with a redirect, which is not followed; give the final address", status=status
            )
        return Response(status, headers, body)

    async def _read(self, response: "aiohttp.ClientResponse", host: str) -> bytes:
        import aiohttp

        cap = self._settings.body_bytes
        too_long = f"{host}: the response is longer than {cap} bytes"
        if (response.content_length or 0) > cap:
            response.close()
            raise Malformed(too_long, status=response.status)
        parts, size = [], 0
        encoding = response.headers.get("Content-Encoding", "identity").lower()
        try:
            async for part in response.content.iter_any():
                size += len(part)
                if size > cap:
                    response.close()
                    raise Malformed(too_long, status=response.status)
                parts.append(part)
        except aiohttp.ClientPayloadError as error:
            raise _cut_off(b"".join(parts), response.status, encoding, host) from error
        return _decompress(b"".join(parts), encoding, cap, host)


def _cut_off(body: bytes, status: int, encoding: str, host: str) -> CutOff:
    failure = CutOff(f"{host}: an incomplete HTTP response ({len(body):,} bytes of it came)")
    if status == 200 and encoding in {"", "identity"}:
        failure.part = body
    return failure


def _decompress(body: bytes, encoding: str, cap: int, host: str) -> bytes:
    if encoding in {"", "identity"} or not body:
        return body
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise Malformed(f"{host}: a response in the encoding '{encoding[:40]}', which was not requested")
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by its header
    try:
        plain = reader.decompress(body, cap)
    except zlib.error as error:
        raise Malformed(f"{host}: a compressed response that cannot be decompressed ({error})") from None
    if reader.unconsumed_tail:
        raise Malformed(f"{host}: the response decompresses to more than {cap} bytes")
    if not reader.eof:
        raise Malformed(f"{host}: a compressed response that was cut off")
    return plain


def check_address(url: str, headers: Mapping[str, str]) -> None:
    """Refuse an address that is not HTTP, and one that would send a key over plain HTTP to another machine.

    Raises:
        ProjectError: naming the address and the cure.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ProjectError(f"'{url}' is not an address: write it as https://host/v1")
    if parts.username or parts.password:
        raise ProjectError(
            f"the address of '{parts.hostname}' contains a password: remove it, keys come from environment variables"
        )
    keyed = any(name.lower() in KEY_HEADERS for name in headers)
    if parts.scheme == "http" and keyed and not is_loopback(parts.hostname):
        raise ProjectError(f"'{url}' would send a key unencrypted: write https://, or unset the key")


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def secure_proxies() -> dict[str, str]:
    """The proxies of the environment that may carry a key: those for https, which see none of it."""
    return {scheme: address for scheme, address in getproxies().items() if scheme == "https"}


def _proxy(url: str) -> str | None:
    """The proxy the environment names for ``url``; only for https, where it sees no key."""
    parts = urlsplit(url)
    if parts.scheme != "https" or proxy_bypass(parts.netloc):
        return None
    return secure_proxies().get("https")
