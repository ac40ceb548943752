"""Messages between the server and the process that owns the model: a length, then JSON. Nothing executable."""

import asyncio
import socket
import struct

import orjson

_LENGTH = struct.Struct("!I")
MOST_BYTES = 256 * 2**20


class FrameError(Exception):
    """What came is no message of ours."""


def packed(message: object) -> bytes:
    """``message`` as it is sent; numbers that are not finite become null."""
    body = orjson.dumps(message)
    return _LENGTH.pack(len(body)) + body


def receive(connection: socket.socket) -> object | None:
    """The next message, waited for; ``None`` when the other side is gone.

    Raises:
        FrameError: when it is no message of ours.
    """
    head = _exactly(connection, _LENGTH.size)
    if head is None:
        return None
    body = _exactly(connection, _length(head))
    return None if body is None else _value(body)


async def receive_async(reader: asyncio.StreamReader) -> object | None:
    """As :func:`receive`, for a stream.

    Raises:
        FrameError: when it is no message of ours.
    """
    try:
        return _value(await reader.readexactly(_length(await reader.readexactly(_LENGTH.size))))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def _length(head: bytes) -> int:
    length: int = _LENGTH.unpack(head)[0]
    if length > MOST_BYTES:
        raise FrameError(f"a message of {length:,} bytes")
    return length


def _value(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise FrameError(str(exc)) from None


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    found = bytearray()
    while len(found) < size:
        try:
            piece = connection.recv(min(size - len(found), 2**20))
        except ConnectionError:
            return None
        if not piece:
            return None
        found += piece
    return bytes(found)
