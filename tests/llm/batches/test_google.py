from collections.abc import Mapping

import orjson
import pytest

from topicsmith.llm.batches.google import GoogleBatches

ENDED = {
    "BATCH_STATE_SUCCEEDED": True, "JOB_STATE_PARTIALLY_SUCCEEDED": True, "JOB_STATE_EXPIRED": True,
    "BATCH_STATE_CANCELLED": True, "BATCH_STATE_RUNNING": False, "JOB_STATE_PENDING": False, "JOB_STATE_PAUSED": False,
}  # fmt: skip


def batches(answer: object) -> GoogleBatches:
    def send(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
        assert url == "https://x.test/v1beta/batches/7"
        return orjson.dumps(answer)

    return GoogleBatches("https://x.test/v1beta/models/gemini-3.5-flash:generateContent", {}, send)


@pytest.mark.parametrize(("state", "ended"), ENDED.items())
def test_every_state_that_ends_a_job_is_known(state: str, ended: bool) -> None:
    assert batches({"metadata": {"state": state}}).state("batches/7").ended is ended


def test_a_response_without_its_key_counts_by_its_place() -> None:
    inline = [{"response": {"a": 1}}, {"error": {"code": 3}}, {"response": {}, "metadata": {"key": "w"}}]
    answer = {"metadata": {"output": {"inlinedResponses": {"inlinedResponses": inline}}}}
    found = [(r.custom_id, r.status) for r in batches(answer).results("batches/7", ["x", "y", "w"])]
    assert found == [("x", 200), ("y", 400), ("w", 200)]


@pytest.mark.parametrize("keys", [["x", ""], ["", "x", ""], ["", "", "", ""]])
def test_no_response_counts_by_its_place_where_one_is_missing_or_misplaced(keys: list[str]) -> None:
    inline = [{"response": {}, "metadata": {"key": key} if key else None} for key in keys]
    answer = {"metadata": {"output": {"inlinedResponses": {"inlinedResponses": inline}}}}
    assert [r.custom_id for r in batches(answer).results("batches/7", ["x", "y", "w"])] == keys


@pytest.mark.parametrize("odd", ["NaN", [], 7, True, None, {"state": ["x"], "message": {}}])
def test_a_state_of_another_form_is_a_job_that_has_not_ended(odd: object) -> None:
    found = batches({"name": "j", "metadata": odd, "error": odd}).state("batches/7")
    assert (found.ended, found.problem) == (False, "")
