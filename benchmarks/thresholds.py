"""Is a promised error rate kept where labels repeat the classifier's errors? Simulated, by what an audit says.

    python -m benchmarks thresholds [--sets 400] [--out FILE]

3,000 held-out rows, alone or in near-copies of three that are answered alike. The annotators agree on a label for
each; where the classifier is wrong, the label is wrong in the same way in 30 or 60 % of cases. Without an audit nothing
may be promised. With 100 or 300 rows judged by a person, a third of them drawn where label and answer differ, the
threshold for "at most 2 % wrong" (or 5 %) is set; ``promised`` is the share of sets in which there is one, ``broken``
the share of sets in which rows above it are truly wrong more often. Three classifiers: surer half wrong in 1 %, surer
half wrong just more often than wished, and one whose confidence says nothing.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import numpy as np

from topicsmith.evaluation.confidence.audited_rows import AuditedRow, audited_rows
from topicsmith.evaluation.confidence.measure import measure_confidence
from topicsmith.evaluation.confidence.thresholds import audited_threshold
from topicsmith.records import Example, Prediction, TestSet, ValidationSet
from topicsmith.statistics.intervals import FloatArray

RESULT = Path(__file__).parent / "results" / "thresholds.json"
ROWS, UNSURE_WRONG, LABEL_WRONG = 3000, 0.4, 0.03
TOPICS = ("a", "b", "c")


@dataclass(frozen=True)
class Setting:
    """One kind of data set."""

    classifier: str
    wished: float
    repeated: float
    audited: int
    copies: int


@dataclass(frozen=True)
class Kept:
    """How often a threshold was promised and broken in ``sets`` data sets."""

    setting: Setting
    sets: int
    promised: float
    broken: float


def wrong_at(setting: Setting, sure: FloatArray) -> FloatArray:
    """How often answers of these confidences (even between 0 and 1) are wrong."""
    just_above = 1.1 * setting.wished
    if setting.classifier == "confidence says nothing":
        return np.full(len(sure), just_above)
    return np.where(sure > 0.5, 0.01 if setting.classifier == "surer half 1 % wrong" else just_above, UNSURE_WRONG)


def wrong_above(setting: Setting, threshold: float) -> float:
    """The true share of wrong answers among rows at least as sure as ``threshold``."""
    return float(wrong_at(setting, np.linspace(threshold, 1, 20_001)[1:]).mean())


def one_set(rng: np.random.Generator, setting: Setting) -> tuple[dict[str, Prediction], list[str], list[str]]:
    """Answers by query, the agreed labels and the truth of one data set."""
    units = ROWS // setting.copies
    sure = rng.random(units)
    truth = rng.integers(0, 3, units)
    wrong = rng.random(units) < wrong_at(setting, sure)
    said = np.where(wrong, (truth + 1) % 3, truth)
    mislabelled = rng.random(units) < np.where(wrong, setting.repeated, LABEL_WRONG)
    label = np.where(mislabelled, np.where(wrong, said, (truth + 2) % 3), truth)
    rows = np.repeat(np.arange(units), setting.copies)
    answers = {f"q{i:04d}": Prediction(TOPICS[said[unit]], float(sure[unit])) for i, unit in enumerate(rows)}
    return answers, [TOPICS[each] for each in label[rows]], [TOPICS[each] for each in truth[rows]]


def audit_of(
    rng: np.random.Generator, setting: Setting, answers: dict[str, Prediction], labels: list[str], truth: list[str]
) -> dict[str, AuditedRow]:
    """A person's answers to ``setting.audited`` rows, a third of them where label and answer differ."""
    differ = np.array([answer.topic != label for answer, label in zip(answers.values(), labels, strict=True)])
    audit = {}
    for stratum, size in ((differ, setting.audited // 3), (~differ, setting.audited - setting.audited // 3)):
        places = np.flatnonzero(stratum)
        drawn = rng.choice(places, min(size, len(places)), replace=False)
        for place in drawn:
            group = f"g{place // setting.copies}" if setting.copies > 1 else None
            audit[f"q{place:04d}"] = AuditedRow(truth[place], len(places) / len(drawn), group)
    return audit


def kept(setting: Setting, sets: int, seed: int) -> Kept:
    """Count promises, kept and broken."""
    rng = np.random.default_rng(seed)
    promised = broken = 0
    for _ in range(sets):
        answers, labels, truth = one_set(rng, setting)
        if not setting.audited:
            rows = [Example(f"q{i:04d}", "text", label) for i, label in enumerate(labels)]
            found = measure_confidence(
                "c", ValidationSet(tuple(rows)), answers, TestSet(tuple(rows)), answers, setting.wished
            )
            threshold = None if found is None else found.threshold
        else:
            judged = audited_rows(answers, audit_of(rng, setting, answers, labels, truth))
            threshold = audited_threshold(
                judged.everything, judged.places, judged.right, judged.weights, setting.wished
            ).value
        promised += threshold is not None
        broken += threshold is not None and wrong_above(setting, threshold) > setting.wished
    return Kept(setting, sets, round(promised / sets, 4), round(broken / sets, 4))


def main() -> None:
    """Run every setting and write the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--sets", type=int, default=400)
    asked.add_argument("--out", type=Path, default=RESULT)
    given = asked.parse_args()
    classifiers = ("surer half 1 % wrong", "surer half just above the wish", "confidence says nothing")
    settings = [Setting(*each) for each in product(classifiers, (0.02, 0.05), (0.3, 0.6), (0, 100, 300), (1, 3))]
    results = [
        kept(setting, given.sets if setting.audited else min(10, given.sets), seed)
        for seed, setting in enumerate(settings)
    ]
    worst = max(each.broken for each in results)
    document = {"sets": given.sets, "worst_broken": worst, "results": [asdict(each) for each in results]}
    given.out.write_text(json.dumps(document, indent=1) + "\n")
    for each in results:
        print(asdict(each.setting), each.promised, each.broken)
    print(f"worst broken {worst}")


if __name__ == "__main__":
    main()
