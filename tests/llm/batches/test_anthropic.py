from collections.abc import Mapping

from topicsmith.llm.batches.anthropic import AnthropicBatches
from topicsmith.llm.batches.base import Result

LINES = b"""{"custom_id": "b", "result": {"type": "expired"}}
{"custom_id": "a", "result": {"type": "succeeded", "message": {"id": "m"}}}
{"custom_id": "c", "result": {"type": "errored", "error": {"type": "error", "error": {"type": "request_too_large"}}}}"""


def test_results_have_the_status_they_would_have_had_online() -> None:
    def send(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
        assert url == "https://x.test/v1/messages/batches/job/results"
        return LINES

    found = {r.custom_id: r for r in AnthropicBatches("https://x.test/v1/messages", {}, send).results("job", [])}
    assert found["a"] == Result("a", 200, b'{"id":"m"}')
    assert (found["b"].status, found["c"].status) == (0, 413)
