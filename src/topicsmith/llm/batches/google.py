"""Google's batches, with the requests inline.

Reference: https://ai.google.dev/gemini-api/docs/batch-api; names as the official client writes and reads them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import orjson

from topicsmith.llm.batches.base import UNREADABLE, BatchLine, BatchState, Post, Result, identity, read_object
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
        return str(self._call("POST", f"{self._model}:batchGenerateContent", batch)["name"])

    def find(self, name: str, number: int, since: float, known: Collection[str]) -> str | None:  # noqa: ARG002  # its name suffices
        """A job with our display name."""
        for job in self._call("GET", f"{self._base}/batches?pageSize=100").get("operations", []):
            if (job.get("metadata") or {}).get("displayName") == name:
                return str(job["name"])
        return None

    def state(self, job: str) -> BatchState:
        """How far the job is."""
        found = self._call("GET", f"{self._base}/{job}")
        said = str((found.get("metadata") or {}).get("state")).rpartition("STATE_")[2]
        problem = str((found.get("error") or {}).get("message", ""))[:200] if said == "FAILED" else ""
        return BatchState(said in _ENDED, said, problem)

    def results(self, job: str, order: Sequence[str]) -> Iterator[Result]:
        """The inline responses; one without its key counts by its place."""
        found = self._call("GET", f"{self._base}/{job}")
        output = mapping(mapping(found.get("metadata")).get("output")) or mapping(found.get("response"))
        responses = items(mapping(output.get("inlinedResponses")).get("inlinedResponses"))
        for place, each in enumerate(responses):
            entry = mapping(each)
            key = mapping(entry.get("metadata")).get("key") or (order[place] if place < len(order) else "")
            if entry.get("response") is not None:
                yield Result(identity(key), 200, orjson.dumps(entry["response"]))
            elif entry.get("error") is not None:
                error = mapping(entry["error"])
                code = error.get("code")
                status = _HTTP.get(code, 500) if isinstance(code, int) else 500
                yield Result(identity(key), status, orjson.dumps({"error": error}))
            else:
                yield UNREADABLE

    def _call(self, method: str, url: str, body: object = None) -> dict[str, Any]:
        headers = {**self._headers, "Content-Type": "application/json"}
        data = b"" if body is None else orjson.dumps(body)
        return read_object(self._send(method, url, headers, data), "google batches")
