"""What follows from the published figures by arithmetic, worked out by hand."""

from importlib.resources import files

import orjson
import pytest

from topicsmith.reference.sizes import PublishedServing, published_serving, published_training

DOCUMENT = orjson.loads(files("topicsmith.reference").joinpath("published.json").read_bytes())


def test_bills_are_published_and_other_sizes_derived() -> None:
    found = {each.model: each for each in published_training(DOCUMENT)}
    assert (found["Qwen3-14B"].usd, found["Qwen3-14B"].minutes, found["Qwen3-14B"].derived) == (19.81, 28, False)
    assert (found["GPT-4.1-nano"].usd, found["GPT-4.1-nano"].parameters) == (48.0, None)
    assert (found["0.6B"].usd, found["0.6B"].derived) == (19.81, True)
    assert found["32B"].usd == pytest.approx(59.43)  # $1.65 instead of $0.55


@pytest.fixture
def serving() -> dict[tuple[str, str], PublishedServing]:
    return {(each.model, each.prompt): each for each in published_serving(DOCUMENT)}


def test_what_was_published_stays_as_it_was(serving: dict[tuple[str, str], PublishedServing]) -> None:
    large = serving["Qwen3-14B", "v3"]
    assert (large.per_s, large.usd_per_1k, large.derived) == (3.1, 0.4, ("latency_s",))
    assert serving["Qwen3-0.6B", "v1"].per_s == 56.5
    assert serving["Qwen3-4B", "v3"].usd_per_1k == 0.19
    assert len(serving) == 5


def test_what_was_not_follows_from_it(serving: dict[tuple[str, str], PublishedServing]) -> None:
    assert serving["Qwen3-14B", "v3"].latency_s == pytest.approx(16.13, abs=0.01)  # 50 under way at 3.1 a second
    middle = serving["Qwen3-4B", "v3"]
    assert middle.per_s == pytest.approx(6.51)  # 2.1 times as fast
    assert middle.derived == ("per_s", "latency_s")
    # $0.40 at 3.1 a second are $4.464 an hour; 1,000 at 56.5 a second take 17.7 s of it
    assert serving["Qwen3-0.6B", "v1"].usd_per_1k == pytest.approx(4.464 / 3600 * 1000 / 56.5)
    assert serving["Qwen3-0.6B", "v1"].derived == ("latency_s", "usd_per_1k")
