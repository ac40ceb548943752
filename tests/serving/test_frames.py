"""Messages as they pass between the processes."""

import asyncio
import socket
import struct
from threading import Thread

import pytest

from topicsmith.serving.frames import MOST_BYTES, FrameError, packed, receive, receive_async


def test_a_message_comes_as_it_was_sent_however_long() -> None:
    ours, theirs = socket.socketpair()
    message = {"texts": ["é" * 300_000, ""], "probabilities": True}
    sender = Thread(target=ours.sendall, args=(packed(message) + packed([1]),))
    sender.start()
    assert receive(theirs) == message
    assert receive(theirs) == [1]
    sender.join()
    ours.close()
    assert receive(theirs) is None
    theirs.close()


def test_numbers_that_are_not_finite_become_null() -> None:
    assert packed([float("nan"), float("inf"), 0.5])[4:] == b"[null,null,0.5]"


@pytest.mark.parametrize("sent", [struct.pack("!I", MOST_BYTES + 1), struct.pack("!I", 2) + b"{1"])
def test_what_is_no_message_is_told(sent: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(sent)
        with pytest.raises(FrameError):
            receive(theirs)


def test_a_stream_that_ends_in_the_middle_gives_nothing() -> None:
    async def read(sent: bytes) -> object:
        reader = asyncio.StreamReader()
        reader.feed_data(sent)
        reader.feed_eof()
        return await receive_async(reader)

    assert asyncio.run(read(packed({"a": 1}))) == {"a": 1}
    assert asyncio.run(read(packed({"a": 1})[:-1])) is None
    assert asyncio.run(read(b"")) is None
