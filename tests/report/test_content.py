"""Everything the page needs, read once."""

import pytest

from topicsmith.errors import RunStateError
from topicsmith.report.content import read_content
from topicsmith.runs import RunFolder


def test_what_is_chosen_is_what_the_advice_says(run: RunFolder) -> None:
    content = read_content(run, "my-topics")
    assert content.best is not None
    assert content.best.name == "minilm"
    assert content.chosen is not None
    assert content.chosen.name == "tfidf"
    run.file("advice.json").unlink()
    assert read_content(run, "my-topics").chosen == content.best


def test_labelling_costs_add_up_and_one_unknown_makes_the_sum_unknown(run: RunFolder) -> None:
    assert read_content(run, "my-topics").labelling_usd_per_1k == pytest.approx(2.62)
    agreement = run.read_json("agreement.json")
    assert isinstance(agreement, dict)
    agreement["annotators"][0]["usd_per_1k"] = None
    run.write_json("agreement.json", agreement)
    assert read_content(run, "my-topics").labelling_usd_per_1k is None


def test_the_newest_time_is_the_pages_date(run: RunFolder) -> None:
    assert read_content(run, "my-topics").finished == "2026-11-23T18:01:18Z"


def test_a_damaged_document_is_an_error_that_names_it(run: RunFolder) -> None:
    run.file("agreement.json").write_text("{")
    with pytest.raises(RunStateError, match=r"agreement\.json: not JSON"):
        read_content(run, "my-topics")
