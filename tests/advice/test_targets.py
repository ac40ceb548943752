"""Met, missed by how much, or not known: each kind of target."""

from dataclasses import replace
from math import inf, log

import pytest

from tests.advice.races import Runner, first, ranked_of
from topicsmith.advice.inputs import Facts
from topicsmith.advice.targets import Demand, TargetCheck, check_targets, demands_on, p95_ends
from topicsmith.evaluation.results import Evaluation, Part
from topicsmith.project import TargetSettings

FACTS = Facts({}, 0.25, None, {}, {})


@pytest.fixture
def e() -> Evaluation:
    """Right on 90 of 100 rows: 90.0 % [82.6, 94.5]."""
    return ranked_of({"x": Runner(first(90, 100), p95_ms=80.0, usd=0.5, texts_per_s=2.0)})[0]


def _only(e: Evaluation, **target: float | bool) -> Demand:
    [demand] = demands_on(e, TargetSettings.model_validate(target), FACTS, {})
    return demand


@pytest.mark.parametrize(("wanted", "met"), [(0.8, True), (0.9, None), (0.93, None), (0.95, False)])
def test_an_accuracy_is_missed_or_met_by_its_whole_interval(e: Evaluation, wanted: float, met: bool | None) -> None:
    assert _only(e, accuracy=wanted).met is met
    agreed = _only(replace(e, truth="labels"), accuracy=wanted)
    assert agreed.met is (False if met is False else None)  # easier rows prove a miss, and nothing else


def test_a_latency_is_missed_or_met_by_its_whole_interval(e: Evaluation) -> None:
    assert (_only(e, p95_ms=100).met, _only(e, p95_ms=80).met, _only(e, p95_ms=79).met) == (True, True, False)
    known = replace(e, p95_low=70.0, p95_high=130.0)
    assert [_only(known, p95_ms=wanted).met for wanted in (130, 100, 69)] == [True, None, False]
    assert (
        _only(known, p95_ms=69).line == "95 % of answers within 80.0 ms [70.0, 130.0], wanted 69 ms: 11.0 ms too slow"
    )
    assert _only(known, p95_ms=100).distance == pytest.approx(log(1.3))
    few = replace(e, p95_low=70.0)
    assert (p95_ends(few), _only(few, p95_ms=100).met) == ((70.0, inf), None)
    assert "[70.0, unknown]" in _only(few, p95_ms=100).line
    missing = _only(replace(e, p95_ms=None), p95_ms=100)
    assert (missing.met, missing.distance, p95_ends(replace(e, p95_ms=None))) == (None, inf, None)


def test_prices_and_capacities_have_a_distance(e: Evaluation) -> None:
    dear = _only(e, usd_per_1k=0.25)
    assert (dear.met, dear.line) == (False, "$0.50 per 1,000, wanted $0.25: $0.25 too dear")
    assert dear.distance == pytest.approx(log(2))
    assert _only(e, usd_per_1k=0.5).met
    assert _only(e, usd_per_1k=0.0).distance == inf
    slow = _only(e, per_day=345_600)
    assert slow.met is False
    assert slow.distance == pytest.approx(log(2))
    assert _only(e, per_day=172_800).met
    for missing in (_only(replace(e, usd_per_1k=None), usd_per_1k=1.0), _only(replace(e, texts_per_s=None), per_day=1)):
        assert (missing.met, missing.distance) == (None, inf)


def test_facts_are_told_by_the_kind(e: Evaluation) -> None:
    service = replace(e, kind="prompted", model="openai:gpt")
    assert (_only(service, self_hosted=True).met, _only(e, self_hosted=True).met) == (False, True)
    assert _only(replace(service, model="vllm:qwen"), self_hosted=True).met
    assert (_only(service, changing_topics=True).met, _only(e, changing_topics=True).met) == (True, False)
    short = _only(replace(e, kind="encoder"), long_texts=True)
    assert short.line == "reads the first 512 tokens at most (25.0 % of the queries here are longer than 512)"
    assert short.met is False


def test_all_is_met_only_where_all_is_known() -> None:
    met, missed, unknown = (Demand("p95_ms", "measure", str(state), state) for state in (True, False, None))
    assert check_targets("x", [met]).meets_all
    assert check_targets("x", [met, missed, unknown]) == TargetCheck("x", ("False",), ("None",))
    assert not check_targets("x", [met, unknown]).meets_all


def test_facts_of_what_is_made_of_several_are_those_of_its_parts(e: Evaluation) -> None:
    parts = (Part("encoder", "minilm"), Part("prompted", "openai:gpt"))
    several = replace(e, kind="cascade", parts=parts)
    assert _only(several, self_hosted=True).met is False
    assert _only(replace(several, parts=(parts[0], Part("prompted", "vllm:qwen"))), self_hosted=True).met
    assert _only(several, long_texts=True).line.startswith("reads the first 512 tokens at most")
    assert _only(replace(several, parts=(Part("linear"),)), long_texts=True).met
    assert _only(several, changing_topics=True).met is False
