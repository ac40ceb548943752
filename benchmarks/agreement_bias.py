"""How much agreed-only accuracy flatters on real annotators, and what a 300-row audit says instead.

    python benchmarks/agreement_bias.py DATA/multi_llm_banking77 [--out benchmarks/results/agreement_bias.json]

Two language models (gemma3 4b and mistral 7b) label the BANKING77 questions with 59 topics; candidates learn from the
training rows on which they agree, and are judged on the test rows: as usually published (agreed rows, against the
agreed label), against the true label on all rows, and by the estimates from 300 audited rows, the true label being the
person. The third candidate is another language model as it is (tulu3 8b). The audit is drawn 500 times to see how often
its intervals hold the truth.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl

from topicsmith.audit.estimation.random_rows import audited_accuracy, plan_audit, stratum
from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.linear import KIND, LinearSettings
from topicsmith.progress import SilentProgress
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.statistics.intervals import wilson
from topicsmith.taxonomy import Taxonomy, Topic

ANNOTATORS = ("pred_gemma3_4b", "pred_mistral_7b")
AUDITED, DRAWS, SEED = 300, 500, 13
Row = dict[str, str | None]


def candidates(rows: Sequence[Row], test: Sequence[Row], taxonomy: Taxonomy, work: Path) -> dict[str, list[str | None]]:
    """The test answers of every candidate."""
    context = FitContext(taxonomy, work, work / "ledger.sqlite", work, SilentProgress())
    train = TrainSet(_agreed(rows, "train"))
    validation = ValidationSet(_agreed(rows, "dev"))
    settings = {
        "linear": LinearSettings(name="linear", kind="linear"),
        "linear, single words": LinearSettings(name="words", kind="linear", word_ngrams=1, character_ngrams=2),
    }
    texts = [str(row["text"]) for row in test]
    found = {name: KIND.fit(each, train, validation, context).predict(texts).topics for name, each in settings.items()}
    return found | {"tulu3 8b, zero-shot": [taxonomy.match(row["pred_tulu3_8b"] or "") for row in test]}


def judge(answers: list[str | None], opinions: list[tuple[str | None, ...]], truth: list[str]) -> dict[str, object]:
    """The figures of one candidate: flattering, true and estimated, with how often the estimates hold."""
    strata = [stratum(each) for each in opinions]
    agreed = [index for index, name in enumerate(strata) if name == "agreed"]
    everything = wilson(sum(a == t for a, t in zip(answers, truth, strict=True)), len(truth))
    first = None
    off: dict[str, list[float]] = {"stratified": [], "prediction_powered": []}
    held = dict.fromkeys(off, 0)
    for draw in range(DRAWS):
        chosen = plan_audit(strata, AUDITED, SEED + draw)
        found = audited_accuracy(answers, opinions, {row: truth[row] for row in chosen})
        first = first or found
        for name, errors in off.items():
            interval = getattr(found, name)
            errors.append(interval.value - everything.value)
            held[name] += int(interval.low <= everything.value <= interval.high)
    assert first is not None
    assert first.agreed_only is not None
    return {
        "agreed_by_label": asdict(first.agreed_only),
        "agreed_by_truth": asdict(wilson(sum(answers[i] == truth[i] for i in agreed), len(agreed))),
        "all_by_truth": asdict(everything),
        "audit_stratified": asdict(first.stratified),
        "audit_prediction_powered": asdict(first.prediction_powered),
        "mean_error_points": {name: 100 * float(np.mean(values)) for name, values in off.items()},
        "intervals_holding": {name: count / DRAWS for name, count in held.items()},
    }


def _agreed(rows: Sequence[Row], split: str) -> tuple[Example, ...]:
    return tuple(
        Example(str(index), str(row["text"]), str(row[ANNOTATORS[0]]))
        for index, row in enumerate(rows)
        if row["split"] == split and row[ANNOTATORS[0]] is not None and row[ANNOTATORS[0]] == row[ANNOTATORS[1]]
    )


def _read(folder: Path) -> tuple[list[Row], Taxonomy]:
    table = pl.read_parquet(folder / "zeroshot_shared.parquet").rename({"gold_open": "truth"})
    names = sorted(set(table["truth"]))
    taxonomy = Taxonomy(tuple(Topic(name) for name in names), catch_all="oos")
    matched = [
        row | {name: taxonomy.match(row[name] or "") for name in ANNOTATORS} for row in table.iter_rows(named=True)
    ]
    return matched, taxonomy


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "agreement_bias.json")
    options = parser.parse_args(arguments)
    rows, taxonomy = _read(options.data)
    test = [row for row in rows if row["split"] == "test"]
    opinions = [tuple(row[name] for name in ANNOTATORS) for row in test]
    with tempfile.TemporaryDirectory() as work:
        answered = candidates(rows, test, taxonomy, Path(work))
    truth = [str(row["truth"]) for row in test]
    results = {name: judge(answers, opinions, truth) for name, answers in answered.items()}
    rate = sum(stratum(each) == "agreed" for each in opinions) / len(test)
    document = {"test_rows": len(test), "agreed_share": rate, "audited": AUDITED, "draws": DRAWS, "candidates": results}
    options.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"{len(test):,} test rows, {100 * rate:.1f} % agreed")
    for name, figures in results.items():
        print(name)
        for key, value in figures.items():
            print("  ", key, _short(value))


def _short(value: object) -> object:
    assert isinstance(value, dict)
    if "low" in value:
        return f"{100 * value['value']:.1f} [{100 * value['low']:.1f}, {100 * value['high']:.1f}] of {value['n']:,}"
    return {key: round(number, 3) for key, number in value.items()}


if __name__ == "__main__":
    main()
