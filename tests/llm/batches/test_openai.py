from collections.abc import Mapping

import orjson

from topicsmith.llm.batches.base import BatchLine
from topicsmith.llm.batches.openai import OpenAIBatches


def test_the_upload_is_a_form_with_one_request_a_line_and_the_job_names_it() -> None:
    sent: list[tuple[str, str, bytes]] = []

    def send(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
        sent.append((method, url, body))
        return b'{"id": "file-1"}' if url.endswith("/files") else b'{"id": "batch-1"}'

    batches = OpenAIBatches("https://x.test/v1/chat/completions", {}, send)
    assert batches.submit("job", [BatchLine("a", {"model": "m"}), BatchLine("b", {"model": "m"})]) == "batch-1"
    (_, url, form), (_, job_url, job) = sent
    assert (url, job_url) == ("https://x.test/v1/files", "https://x.test/v1/batches")
    assert b'name="purpose"\r\n\r\nbatch\r\n' in form
    lines = form.split(b"application/jsonl\r\n\r\n")[1].split(b"\r\n--")[0].splitlines()
    assert [orjson.loads(line) for line in lines] == [
        {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m"}} for name in "ab"
    ]
    assert orjson.loads(job) == {
        "input_file_id": "file-1",
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
        "metadata": {"topicsmith": "job"},
    }
