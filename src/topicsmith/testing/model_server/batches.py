"""The providers' batch interfaces, seen from the server: jobs that end when they are asked for often enough."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from topicsmith.testing.model_server import formats
from topicsmith.testing.model_server.formats import AskedQuestion, Reply
from topicsmith.testing.model_server.http import ReceivedRequest

_PATHS = re.compile(r"/(files|batches|messages/batches)(/|$)|:batchGenerateContent$")


@dataclass
class ServerBatch:
    """One batch: what was handed in, by id, and how often it was asked for."""

    wire: str
    name: str
    requests: dict[str, tuple[str, Mapping[str, Any]]]
    asked: int = 0
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat())


@dataclass
class Batches:
    """Files and jobs in memory.

    ``polls`` is how often a job says that it is running. ``fates`` says of a request's id and body what happens to it
    instead of an answer: ``expired``, ``missing``, or an HTTP status. ``instead`` is given method, path and body of a
    request, and what makes the answer that would be given; what it returns is given in its place: bytes that the
    connection is cut behind where the status is 0. Lists have ``page`` jobs a page, the latest first.
    """

    say: Callable[[AskedQuestion], Reply]
    polls: int = 1
    fates: Callable[[str, str], str | int | None] = lambda custom_id, text: None  # noqa: ARG005
    instead: Callable[[str, str, bytes, Callable[[], tuple[int, bytes]]], tuple[int, bytes]] = (
        lambda method, path, body, own: own()  # noqa: ARG005
    )
    jobs: dict[str, ServerBatch] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    answered: int = 0
    page: int = 100

    def handles(self, incoming: ReceivedRequest) -> bool:
        """Whether the path belongs to a batch interface."""
        return _PATHS.search(incoming.path.partition("?")[0]) is not None

    def handle(self, incoming: ReceivedRequest) -> tuple[int, bytes]:
        """Answer with a status and a body."""
        return self.instead(incoming.method, incoming.path, incoming.body, lambda: self._handle(incoming))

    def _handle(self, incoming: ReceivedRequest) -> tuple[int, bytes]:
        path = incoming.path.partition("?")[0]
        if incoming.method == "POST":
            return 200, orjson.dumps(self._post(path, incoming.body))
        if path.endswith("/content"):
            return 200, self._content(path.split("/")[-2])
        if path.endswith("/results"):
            return 200, self._anthropic_results(path.split("/")[-2])
        last = path.rpartition("/")[2]
        if last == "batches":
            return 200, orjson.dumps(self._list(incoming.path))
        job = self.jobs.get(last)
        if job is None:
            return 404, formats.write_error(formats.OPENAI, 404, "no such batch")
        job.asked += 1
        return 200, orjson.dumps(self._show(last))

    def _post(self, path: str, body: bytes) -> dict[str, Any]:
        number = len(self.jobs) + len(self.files) + 1
        if path.endswith("/files"):
            content = body.split(b"application/jsonl\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
            self.files[f"file-{number}"] = content
            return {"id": f"file-{number}", "object": "file", "purpose": "batch"}
        value = orjson.loads(body)
        name = f"batch{number}"
        if path.endswith("/messages/batches"):
            requests = {r["custom_id"]: ("/v1/messages", r["params"]) for r in value["requests"]}
            self.jobs[name] = ServerBatch(formats.ANTHROPIC, "", requests)
        elif path.endswith(":batchGenerateContent"):
            batch = value["batch"]
            chat = path.replace(":batchGenerateContent", ":generateContent")
            inline = batch["inputConfig"]["requests"]["requests"]
            requests = {r["metadata"]["key"]: (chat, r["request"]) for r in inline}
            self.jobs[name] = ServerBatch(formats.GOOGLE, batch["displayName"], requests)
        else:
            lines = [orjson.loads(line) for line in self.files[value["input_file_id"]].splitlines()]
            requests = {line["custom_id"]: (line["url"], line["body"]) for line in lines}
            self.jobs[name] = ServerBatch(formats.OPENAI, (value.get("metadata") or {}).get("topicsmith", ""), requests)
        return self._show(name)

    def _list(self, path: str) -> dict[str, Any]:
        query = parse_qs(urlsplit(path).query)
        after = next((query[key][0] for key in ("after", "after_id", "pageToken") if key in query), None)
        names = list(reversed(self.jobs))
        start = 0 if after is None else names.index(after) + 1
        page = names[start : start + self.page]
        shown = [self._show(name) for name in page]
        more = start + len(page) < len(names)
        last = page[-1] if page else None
        following = {"nextPageToken": last} if more else {}
        return {"data": shown, "operations": shown, "has_more": more, "last_id": last, **following}

    def _show(self, name: str) -> dict[str, Any]:
        job = self.jobs[name]
        ended = job.asked > self.polls
        if job.wire == formats.ANTHROPIC:
            status = "ended" if ended else "in_progress"
            counts: dict[str, Any] = {
                "processing": 0 if ended else len(job.requests),
                "succeeded": len(job.requests) if ended else 0,
            }
            return {"id": name, "processing_status": status, "created_at": job.created, "request_counts": counts}
        if job.wire == formats.GOOGLE:
            state = "BATCH_STATE_SUCCEEDED" if ended else "BATCH_STATE_RUNNING"
            shown: dict[str, Any] = {"displayName": job.name, "createTime": job.created, "state": state}
            if ended:
                shown["output"] = {"inlinedResponses": {"inlinedResponses": self._google_results(job)}}
            return {"name": f"batches/{name}", "metadata": shown, "done": ended}
        status = "completed" if ended else "in_progress"
        files = {"output_file_id": f"out-{name}", "error_file_id": f"err-{name}"} if ended else {}
        created = int(datetime.fromisoformat(job.created).timestamp())
        about = {"id": name, "object": "batch", "created_at": created, "status": status}
        return {**about, "metadata": {"topicsmith": job.name}, **files}

    def _outcome(self, job: ServerBatch, custom_id: str) -> tuple[str | int | None, Any]:
        path, body = job.requests[custom_id]
        question = formats.read_question(job.wire, path, body, {})
        fate = self.fates(custom_id, question.user)
        if fate is not None:
            return fate, None
        self.answered += 1
        return None, formats.write_reply(question, self.say(question), self.answered)

    def _content(self, file: str) -> bytes:
        kind, _, name = file.partition("-")
        job = self.jobs[name]
        lines: list[dict[str, Any]] = []
        for custom_id in reversed(job.requests):
            fate, body = self._outcome(job, custom_id) if (kind == "out") == self._fine(job, custom_id) else ("", None)
            if fate is None:
                lines.append({"custom_id": custom_id, "response": {"status_code": 200, "body": body}, "error": None})
            elif fate == "expired":
                error = {"code": "batch_expired", "message": "not run in time"}
                lines.append({"custom_id": custom_id, "response": None, "error": error})
            elif isinstance(fate, int):
                said: dict[str, Any] = orjson.loads(formats.write_error(job.wire, fate, f"scripted {fate}"))
                lines.append({"custom_id": custom_id, "response": {"status_code": fate, "body": said}, "error": None})
        return b"\n".join(map(orjson.dumps, lines))

    def _fine(self, job: ServerBatch, custom_id: str) -> bool:
        path, body = job.requests[custom_id]
        return self.fates(custom_id, formats.read_question(job.wire, path, body, {}).user) is None

    def _anthropic_results(self, name: str) -> bytes:
        job = self.jobs[name]
        lines = []
        for custom_id in reversed(job.requests):
            fate, body = self._outcome(job, custom_id)
            result: dict[str, Any] = {"type": "succeeded", "message": body}
            if fate == "expired":
                result = {"type": "expired"}
            elif isinstance(fate, int):
                kind = {400: "invalid_request_error", 413: "request_too_large"}.get(fate, "api_error")
                result = {"type": "errored", "error": {"type": "error", "error": {"type": kind, "message": "scripted"}}}
            if fate != "missing":
                lines.append({"custom_id": custom_id, "result": result})
        return b"\n".join(map(orjson.dumps, lines))

    def _google_results(self, job: ServerBatch) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for custom_id in reversed(job.requests):
            fate, body = self._outcome(job, custom_id)
            entry: dict[str, Any] = {"metadata": {"key": custom_id}}
            if fate is None:
                found.append({**entry, "response": body})
            elif fate != "missing":
                code = {400: 3, 413: 3}.get(fate, 14) if isinstance(fate, int) else 4
                found.append({**entry, "error": {"code": code, "message": f"scripted {fate}"}})
        return found
