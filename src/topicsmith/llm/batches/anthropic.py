"""Anthropic's message batches: requests in one body, results as JSON Lines in any order.

Reference: https://platform.claude.com/docs/en/api/creating-message-batches.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from topicsmith.llm.batches.base import (
    UNREADABLE,
    BatchLine,
    BatchState,
    Post,
    Result,
    identity,
    read_id,
    read_object,
)
from topicsmith.llm.batches.lines import as_json, fetched_lines
from topicsmith.llm.batches.listing import listed
from topicsmith.llm.providers.responses import mapping

_STATUS = {
    "authentication_error": 401, "permission_error": 403, "not_found_error": 404, "request_too_large": 413,
    "rate_limit_error": 429, "api_error": 500, "overloaded_error": 529,
}  # fmt: skip


class AnthropicBatches:
    """Batches beside the messages at ``url``."""

    most_lines = 100_000
    most_bytes = 240 * 1024 * 1024

    def __init__(self, url: str, headers: Mapping[str, str], send: Post) -> None:
        self._base = f"{url}/batches"
        self._headers = headers
        self._send = send

    def submit(self, name: str, lines: Sequence[BatchLine]) -> str:  # noqa: ARG002  # batches have no name here
        """Hand in the requests."""
        requests = [{"custom_id": line.custom_id, "params": line.body} for line in lines]
        return read_id(self._call("POST", "", {"requests": requests}), "id", "anthropic batches")

    def find(self, name: str, number: int, since: float, known: Collection[str]) -> str | None:  # noqa: ARG002
        """Of the batches made since then with as many requests, the first: its results name our rows, or none are."""
        found: dict[float, str] = {}
        for made, job in listed(self._page, "data", _following, lambda job: job.get("created_at"), since):
            size = sum(count for count in mapping(job.get("request_counts")).values() if isinstance(count, int))
            if size in {0, number} and identity(job.get("id")) not in {"", *known}:
                found[made] = identity(job.get("id"))
        return found[min(found)] if found else None

    def _page(self, after: str) -> Mapping[str, object]:
        return self._call("GET", "?limit=100" + (f"&after_id={after}" if after else ""))

    def state(self, job: str) -> BatchState:
        """How far the job is."""
        said = str(self._call("GET", f"/{job}").get("processing_status"))
        return BatchState(said == "ended", said)

    def results(self, job: str, order: Sequence[str]) -> Iterator[Result]:  # noqa: ARG002  # results name themselves
        """The results; an error there is given as the status it would have had online."""
        for line in fetched_lines(partial(self._send, "GET", f"{self._base}/{job}/results", self._headers)):
            if line is None:
                yield UNREADABLE
                continue
            result = mapping(line.get("result"))
            custom_id = identity(line.get("custom_id"))
            if result.get("type") == "succeeded":
                yield Result(custom_id, 200, as_json(result.get("message")))
            elif result.get("type") == "errored":
                error = mapping(result.get("error"))
                kind = (mapping(error.get("error")) or error).get("type")
                yield Result(custom_id, _STATUS.get(str(kind), 400), as_json(error))
            else:
                yield Result(custom_id, 0, b"")

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {**self._headers, "Content-Type": "application/json"}
        data = b"" if body is None else orjson.dumps(body)
        return read_object(self._send(method, self._base + path, headers, data), "anthropic batches")


def _following(page: Mapping[str, object]) -> object:
    return page.get("last_id") if page.get("has_more") is True else None
