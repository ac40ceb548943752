"""Audits, load tests and the parts of costs."""

import json

from topicsmith.report.content import read_content
from topicsmith.report.extra import read_audit, read_costs, read_loads, read_seeds
from topicsmith.report.parts import Estimate
from topicsmith.report.reading import Node, read
from topicsmith.report.tables.catalogue import tables_of
from topicsmith.runs import RunFolder


def test_an_audit_parts_labels_from_candidates(run: RunFolder) -> None:
    audit = read_audit(read(run, "audit_report.json"))
    assert audit is not None
    assert (audit.answered, audit.drawn) == (112, 120)
    assert [(name, found.value) for name, found in audit.labels] == [("labels", 0.69)]
    assert [(name, found.value) for name, found in audit.candidates] == [("minilm", 0.79), ("tfidf", 0.77)]
    assert read_audit(Node()) is None


def test_the_estimate_in_which_opinions_help_stands_beside(run: RunFolder) -> None:
    document = json.loads(run.file("audit_report.json").read_text())
    document["accuracy"]["candidate minilm"].update(
        prediction_powered={"value": 0.8, "low": 0.7, "high": 0.87, "n": 100},
        agreed_only={"value": 0.95, "low": 0.9, "high": 0.98, "n": 75},
    )
    run.write_json("audit_report.json", document)
    audit = read_audit(read(run, "audit_report.json"))
    assert audit is not None
    assert audit.helped["minilm"] == Estimate(0.8, 0.7, 0.87, 100)
    assert audit.helped["tfidf"] is None
    rows = json.loads(tables_of(read_content(run, "my-topics"))["audit"].to_json())
    mine = next(row for row in rows if row["what"] == "candidate minilm")
    assert (mine["right"], mine["helped"], mine["helped_high"], mine["agreed_only"]) == (0.79, 0.8, 0.87, 0.95)
    assert rows[0]["helped"] is None


def test_the_audit_of_what_is_deployed(run: RunFolder) -> None:
    audited = read_content(run, "my-topics").audited
    assert audited is not None
    assert audited.value == 0.77  # tfidf, which the advice names


def test_load_tests_of_the_candidates_that_have_one(run: RunFolder) -> None:
    loads = read_loads(read(run, "bench.json"), ("tfidf", "minilm"))
    assert [(load.candidate, load.loop, load.concurrency, load.texts_per_s) for load in loads] == [
        ("minilm", "closed", 1, 100.0),
        ("minilm", "closed", 50, 300.0),
        ("minilm", "open", 50, 239.0),
    ]
    assert loads[1].failures == (("timeout", 2),)


def test_unknown_costs_stay_unknown(run: RunFolder) -> None:
    minilm, majority = read_costs(read(run, "costs.json"))
    assert (minilm.labelling_usd, minilm.usd_per_1k, minilm.basis) == (2.62, 0.031, "machine")
    assert majority.usd_per_1k is None


def test_seeds_are_kept_apart_from_rows(run: RunFolder) -> None:
    (spread,) = read_seeds(read(run, "seeds.json"))
    assert (spread.series, spread.seeds, spread.deviation) == ("minilm", 3, 0.0208)
    assert spread.over_seeds is not None
    assert spread.over_rows is not None
    assert (spread.over_seeds.low, spread.over_rows.low) == (0.7616, 0.726)
