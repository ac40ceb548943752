"""OpenAI's batches: a file of requests in, a file of results and a file of errors out.

Reference: https://platform.openai.com/docs/api-reference/batch.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

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
from topicsmith.llm.providers.responses import items, mapping

_ENDED = {"completed", "failed", "expired", "cancelled"}
_BOUNDARY = "topicsmith-7f3a1c5e9b2d4860"


class OpenAIBatches:
    """Batches beside the chat completions at ``url``."""

    most_lines = 50_000
    most_bytes = 180 * 1024 * 1024

    def __init__(self, url: str, headers: Mapping[str, str], send: Post) -> None:
        self._base = url.removesuffix("/chat/completions")
        self._endpoint = "/v1/chat/completions"
        self._headers = headers
        self._send = send
        assert urlsplit(url).path.endswith("/chat/completions")

    def submit(self, name: str, lines: Sequence[BatchLine]) -> str:
        """Upload the requests, then start the job."""
        content = b"\n".join(
            orjson.dumps({"custom_id": x.custom_id, "method": "POST", "url": self._endpoint, "body": x.body})
            for x in lines
        )
        kind = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
        form = _form({"purpose": "batch"}, f"{name}.jsonl", content)
        file = read_object(self._send("POST", f"{self._base}/files", {**self._headers, **kind}, form), "openai files")
        order = {
            "input_file_id": read_id(file, "id", "openai files"),
            "endpoint": self._endpoint,
            "completion_window": "24h",
            "metadata": {"topicsmith": name},
        }
        return read_id(self._call("POST", "/batches", order), "id", "openai batches")

    def find(self, name: str, number: int, since: float, known: Collection[str]) -> str | None:  # noqa: ARG002  # its name suffices
        """A job with our name in its metadata."""
        jobs = listed(self._page, "data", _following, lambda job: job.get("created_at"), since)
        named = (job for _, job in jobs if mapping(job.get("metadata")).get("topicsmith") == name)
        return next((found for job in named if (found := identity(job.get("id")))), None)

    def _page(self, after: str) -> Mapping[str, object]:
        return self._call("GET", "/batches?limit=100" + (f"&after={after}" if after else ""))

    def state(self, job: str) -> BatchState:
        """How far the job is."""
        found = self._call("GET", f"/batches/{job}")
        said = str(found.get("status"))
        problem = ""
        if said == "failed":
            errors = items(mapping(found.get("errors")).get("data"))
            first = mapping(errors[0]) if errors else {}
            problem = " ".join(str(first[key]) for key in ("message", "code") if first.get(key))[:200]
            problem = problem or "no reason given"
        return BatchState(said in _ENDED, said, problem)

    def results(self, job: str, order: Sequence[str]) -> Iterator[Result]:  # noqa: ARG002  # results name themselves
        """The lines of both files: what failed stands in the other one."""
        found = self._call("GET", f"/batches/{job}")
        for key in ("output_file_id", "error_file_id"):
            if found.get(key):
                fetch = partial(self._send, "GET", f"{self._base}/files/{found[key]}/content", self._headers)
                yield from (UNREADABLE if line is None else _result(line) for line in fetched_lines(fetch))

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {**self._headers, "Content-Type": "application/json"}
        data = b"" if body is None else orjson.dumps(body)
        return read_object(self._send(method, self._base + path, headers, data), "openai batches")


def _following(page: Mapping[str, object]) -> object:
    return page.get("last_id") if page.get("has_more") is True else None


def _result(line: dict[str, Any]) -> Result:
    response = mapping(line.get("response"))
    status = response.get("status_code")
    if not isinstance(status, int) or status <= 0:
        return Result(identity(line.get("custom_id")), 0, b"")
    return Result(identity(line.get("custom_id")), status, as_json(response.get("body")))


def _form(fields: Mapping[str, str], filename: str, content: bytes) -> bytes:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        "Content-Type: application/jsonl\r\n\r\n"
    ).encode()
    return b"".join([*parts, head, content, f"\r\n--{_BOUNDARY}--\r\n".encode()])
