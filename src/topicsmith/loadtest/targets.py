"""What a load test sends texts to: a classifier in this process, or a served address."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

from topicsmith.classifiers.base import FittedModel
from topicsmith.errors import ProjectError, TopicsmithError, UserError
from topicsmith.loadtest.run import Send, Sent

CLASSIFY = "/v1/classify"


@asynccontextmanager
async def to_classifier(classifier: FittedModel, concurrency: int) -> AsyncIterator[Send]:
    """Ask a classifier in this process, one text at a time in each of ``concurrency`` threads."""
    loop = asyncio.get_running_loop()
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="bench")

    def ask(text: str) -> Sent:
        try:
            answer = classifier.predict([text]).items[0]
        except UserError:
            raise
        except TopicsmithError as error:
            return Sent(type(error).__name__)
        return Sent(answer.status, answer.output_tokens)

    async def send(text: str) -> Sent:
        return await loop.run_in_executor(pool, ask, text)

    try:
        yield send
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@asynccontextmanager
async def to_address(address: str, concurrency: int) -> AsyncIterator[Send]:
    """Ask a served address: ``POST {"texts": [text]}``, by default to ``/v1/classify``; redirects are not followed.

    A 200 with one prediction is an answer; its ``status`` counts where it has one, and its ``output_tokens``.

    Raises:
        ProjectError: when ``address`` is not an http or https address.
    """
    import aiohttp

    url = full_address(address)
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def send(text: str) -> Sent:
            try:
                async with session.post(url, json={"texts": [text]}, allow_redirects=False) as response:
                    if response.status != 200:
                        await response.read()
                        return Sent(f"http {response.status}")
                    return _read(await response.json(content_type=None))
            except aiohttp.ClientConnectionError:
                return Sent("connection")
            except (aiohttp.ClientError, ValueError):
                return Sent("unreadable")

        yield send


def full_address(address: str) -> str:
    """``address`` with the path of our own server where it has none.

    >>> full_address("http://127.0.0.1:8000")
    'http://127.0.0.1:8000/v1/classify'
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ProjectError(f"'{address}' is not an address; give one such as http://127.0.0.1:8000")
    return urlunsplit(parts._replace(path=parts.path if parts.path not in {"", "/"} else CLASSIFY))


def _read(body: object) -> Sent:
    predictions = body.get("predictions") if isinstance(body, dict) else None
    if not isinstance(predictions, list) or len(predictions) != 1 or not isinstance(predictions[0], dict):
        return Sent("unreadable")
    tokens = predictions[0].get("output_tokens")
    return Sent(str(predictions[0].get("status", "ok")), tokens if isinstance(tokens, int) else None)
