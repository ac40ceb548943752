from dataclasses import replace

import orjson

from topicsmith.advice.recommend import advise
from topicsmith.advice.wording import interval_text
from topicsmith.costs.cost import CandidateCost, Serving
from topicsmith.evaluation.results import Evaluation
from topicsmith.evaluation.serialization import to_document
from topicsmith.project import TargetSettings
from topicsmith.statistics.intervals import Interval

STATISTICS: dict[str, object] = {"topics": [{"topic": t, "train": 2000} for t in ("a", "b", "other")]}


def _costs(**per_1k: float) -> list[CandidateCost]:
    return [CandidateCost(name, 0.0, 1.0, Serving("tokens", usd, usd)) for name, usd in per_1k.items()]


def test_the_most_accurate_where_nothing_shows_another_to_be_as_good(ranked: list[Evaluation]) -> None:
    """96.8 and 96.0 % of 400 rows: small may be as good, and is faster and cheaper; that is not enough."""
    advice = advise(ranked, _costs(large=0.2, small=0.1, weak=0.3), TargetSettings(), STATISTICS)
    assert advice.deploy == "large"
    assert advice.tied == ("small",)
    corrected = ranked[0].chosen_accuracy
    assert corrected is not None
    assert advice.why[0] == (
        f"large is right on {interval_text(corrected)} of rows like the 400 test rows: it was chosen for being right "
        "on 96.8 % of them, which flatters."
    )
    assert advice.why[1].startswith("small may be the most accurate as well: the rows do not tell, and leave up to")
    assert advice.why[1].endswith("That is no proof that it is as good.")


def test_accuracy_decides_before_targets_and_the_trade_is_told(ranked: list[Evaluation]) -> None:
    advice = advise(ranked, [], TargetSettings(p95_ms=100, accuracy=0.9), STATISTICS)
    assert advice.deploy == "large"
    assert advice.standings[0].misses == ("95 % of answers within 300.0 ms, wanted 100 ms: 200.0 ms too slow",)
    assert f"large misses: {advice.standings[0].misses[0]}." in advice.why
    [trade] = [line for line in advice.why if line.startswith("The trade:")]
    assert "small meets every target of price and speed, which large is not known to do" in trade
    assert "96.0 % against 96.8 %" in trade


def test_a_wide_margin_lets_the_faster_one_win(ranked: list[Evaluation]) -> None:
    advice = advise(ranked, [], TargetSettings(p95_ms=100, accuracy=0.9, margin=0.05), STATISTICS)
    assert advice.deploy == "small"
    assert "It meets every target of the project (accuracy 0.9, p95_ms 100)." in advice.why


def test_when_nobody_meets_the_targets_the_misses_are_named(ranked: list[Evaluation]) -> None:
    advice = advise(ranked, [], TargetSettings(accuracy=0.999, changing_topics=True), STATISTICS)
    assert any(
        line.startswith("No candidate is known to meet every target. large misses: new topics need new training; accur")
        for line in advice.why
    )
    [line] = [miss for miss in advice.standings[0].misses if miss.startswith("accuracy 96.8 %")]
    assert ", wanted 99.9 %: 3.1 points short, at least 1.8 points" in line


def test_an_unknown_price_neither_meets_nor_misses(ranked: list[Evaluation]) -> None:
    advice = advise(ranked, [], TargetSettings(usd_per_1k=0.2), STATISTICS)
    assert "Not certain on the evidence so far: an unknown price per 1,000, wanted $0.20." in advice.why
    assert any("price of serving large, small and weak is not known" in line for line in advice.know_better)


def test_an_accuracy_within_the_interval_is_not_certain(ranked: list[Evaluation]) -> None:
    advice = advise(ranked, [], TargetSettings(accuracy=0.95), STATISTICS)
    large = advice.standings[0]
    assert large.misses == ()
    assert large.unknown[0].startswith("accuracy 96.8 %")


def test_whose_machine_and_how_long_the_texts(ranked: list[Evaluation]) -> None:
    kinds = [replace(ranked[0], kind="prompted", model="openai:gpt"), replace(ranked[1], kind="encoder"), ranked[2]]
    targets = TargetSettings(self_hosted=True, long_texts=True, per_day=1_000_000)
    advice = advise(kinds, [], targets, STATISTICS)
    assert advice.standings[0].misses == (
        "texts leave for a service",
        "345,600 texts a day at full load, wanted 1,000,000",
    )
    assert advice.standings[1].misses == ("reads the first 512 tokens at most",)
    assert advice.deploy == "weak"
    assert "Left out: large (texts leave for a service)." in advice.why
    assert "Left out: small (reads the first 512 tokens at most)." in advice.why
    local = advise([replace(kinds[0], model="vllm:qwen")], [], TargetSettings(self_hosted=True), STATISTICS)
    assert local.standings[0].misses == ()


def test_agreed_rows_only_are_said_to_be(ranked: list[Evaluation]) -> None:
    advice = advise([replace(e, truth="labels") for e in ranked], [], TargetSettings(), STATISTICS)
    assert "leaves out the rows they found hard" in advice.why[1]
    assert any("Audit about 300 rows" in line for line in advice.know_better)


def test_meeting_a_target_on_agreed_rows_proves_nothing(ranked: list[Evaluation]) -> None:
    agreed = [replace(e, truth="labels") for e in ranked]
    advice = advise(agreed, [], TargetSettings(accuracy=0.9), STATISTICS)
    standings = {standing.candidate: standing for standing in advice.standings}
    assert standings["small"].unknown == ("accuracy 96.0 % [93.6, 97.5] of agreed rows only, wanted 90.0 %",)
    assert standings["weak"].misses != ()  # what is missed on the easier rows is missed


def test_an_audit_answers_for_all_rows(ranked: list[Evaluation]) -> None:
    agreed = [replace(e, truth="labels") for e in ranked]
    audited = {"small": Interval(0.88, 0.84, 0.91, 520), "large": Interval(0.95, 0.92, 0.97, 520)}
    advice = advise(agreed, [], TargetSettings(accuracy=0.9), STATISTICS, audited=audited)
    standings = {standing.candidate: standing for standing in advice.standings}
    assert standings["small"].unknown == ("accuracy 88.0 % [84.0, 91.0] of all rows, audited, wanted 90.0 %",)
    assert standings["large"] == type(standings["large"])("large", (), ())
    assert advice.deploy == "large"
    assert (
        "On all 520 test rows, easy or not, a person's audit puts it at 95.0 % [92.0, 97.0]; that is the accuracy that "
        "counts here."
    ) in advice.why
    assert not any("would measure" in line for line in advice.why)
    assert any(line.startswith("The audit's interval for all rows is 5.0 points wide") for line in advice.know_better)


def test_no_rows_no_advice() -> None:
    advice = advise([], [], TargetSettings(), {})
    assert advice.deploy is None
    assert "No test row has a topic to be judged by." in advice.why[0]


def test_document_has_what_the_report_reads(ranked: list[Evaluation]) -> None:
    document = orjson.loads(orjson.dumps(to_document(advise(ranked, [], TargetSettings(), STATISTICS))))
    assert {"deploy", "why", "know_better", "never_best", "checklist", "weakest"} <= set(document)
    assert set(document["checklist"][0]) == {"question", "answer", "holds"}
