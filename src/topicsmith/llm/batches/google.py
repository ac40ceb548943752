"""Google's batches, with the requests inline.

Reference: https://ai.google.dev/gemini-api/docs/batch-api; names as the official client writes and reads them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
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
from topicsmith.llm.batches.lines import as_json
from topicsmith.llm.batches.listing import listed
from topicsmith.llm.providers.responses import items, mapping

_ENDED = {"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED"}
_HTTP = {3: 400, 7: 403, 8: 429, 13: 500, 14: 503, 16: 401}
"""Google's status codes (https://grpc.io/docs/guides/status-codes) as HTTP statuses; the others can be tried again."""


class GoogleBatches:
    """Batches of the model at ``url``."""

    most_lines = 50_000
    most_bytes = 15 * 1024 * 1024

    def __init__(self, url: str, headers: Mapping[str, str], send: Post) -> None:
        self._model = url.removesuffix(":generateContent")
        self._base = self._model.partition("/models/")[0].partition("/tunedModels/")[0]
        self._headers = headers
        self._send = send

    def submit(self, name: str, lines: Sequence[BatchLine]) -> str:
        """Hand in the requests."""
        requests = [{"request": line.body, "metadata": {"key": line.custom_id}} for line in lines]
        batch = {"batch": {"displayName": name, "inputConfig": {"requests": {"requests": requests}}}}
        return read_id(self._call("POST", f"{self._model}:batchGenerateContent", batch), "name", "google batches")

    def find(self, name: str, number: int, since: float, known: Collection[str]) -> str | None:  # noqa: ARG002  # its name suffices
        """A job with our display name."""
        jobs = listed(self._page, "operations", lambda page: page.get("nextPageToken"), _made, since)
        named = (job for _, job in jobs if mapping(job.get("metadata")).get("displayName") == name)
        return next((found for job in named if (found := identity(job.get("name")))), None)

    def _page(self, token: str) -> Mapping[str, object]:
        return self._call("GET", f"{self._base}/batches?pageSize=100" + (f"&pageToken={token}" if token else ""))

    def state(self, job: str) -> BatchState:
        """How far the job is."""
        found = self._call("GET", f"{self._base}/{job}")
        said = str(mapping(found.get("metadata")).get("state")).rpartition("STATE_")[2]
        problem = str(mapping(found.get("error")).get("message", ""))[:200] if said == "FAILED" else ""
        return BatchState(said in _ENDED, said, problem)

    def results(self, job: str, order: Sequence[str]) -> Iterator[Result]:
        """The inline responses; those without a key count by their place, where none is missing or misplaced."""
        found = self._call("GET", f"{self._base}/{job}")
        output = mapping(mapping(found.get("metadata")).get("output")) or mapping(found.get("response"))
        responses = [mapping(each) for each in items(mapping(output.get("inlinedResponses")).get("inlinedResponses"))]
        keys = [identity(mapping(each.get("metadata")).get("key")) for each in responses]
        if len(keys) == len(order) and all(key in {"", ours} for key, ours in zip(keys, order, strict=True)):
            keys = list(order)
        for key, entry in zip(keys, responses, strict=True):
            if entry.get("response") is not None:
                yield Result(key, 200, as_json(entry["response"]))
            elif entry.get("error") is not None:
                error = mapping(entry["error"])
                code = error.get("code")
                status = _HTTP.get(code, 500) if isinstance(code, int) else 500
                yield Result(key, status, as_json({"error": error}))
            else:
                yield UNREADABLE

    def _call(self, method: str, url: str, body: object = None) -> dict[str, Any]:
        headers = {**self._headers, "Content-Type": "application/json"}
        data = b"" if body is None else orjson.dumps(body)
        return read_object(self._send(method, url, headers, data), "google batches")


def _made(job: Mapping[str, object]) -> object:
    return mapping(job.get("metadata")).get("createTime")
