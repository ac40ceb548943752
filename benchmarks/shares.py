"""How far off are topic shares where the topics' prevalences have shifted, and do their intervals hold?

    python -m benchmarks shares FOLDER/clinc150 [--sets 400] [--out benchmarks/results/shares.json]

FOLDER/clinc150 holds ``clinc150_full.parquet`` (CLINC150, Larson et al. 2019, CC BY 3.0). A logistic regression on
TF-IDF learns the ten domains and the catch-all from 3,000 random rows. All others are the population: judged rows are
drawn from it as they come, the traffic by topic with prevalences from a flat Dirichlet distribution. Errors are those
of the shares among the traffic's rows, ``error_of_prevalence`` those of the prevalences; coverage is that of the
prevalences, over topics and sets. ``marks`` says whether the promises hold, and the exit code is 1 where one does not.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from topicsmith.shares.estimators import adjusted, likelihood
from topicsmith.shares.measure import topic_shares
from topicsmith.shares.prediction_powered import prediction_powered
from topicsmith.shares.rows import ShareRows, confusion
from topicsmith.statistics.intervals import Interval

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Population:
    """The true topics of texts that the classifier never saw, and its answers."""

    topics: list[str]
    truth: Codes
    answers: Codes
    accuracy: float


@dataclass(frozen=True)
class Scenario:
    """``judged`` and ``traffic`` texts, each standing ``copies`` times; ``audited`` random rows of the traffic.

    With ``drift`` texts that the classifier gets wrong are so many times as common within each topic of the traffic.
    """

    name: str
    judged: int = 1500
    traffic: int = 2000
    copies: int = 1
    audited: int = 0
    drift: float = 1.0


@dataclass(frozen=True)
class MethodScore:
    """Of one method, over topics and sets: the mean absolute error, against counting, and the intervals."""

    error: float
    error_against_counted: float
    error_of_prevalence: float
    coverage: float | None = None
    width: float | None = None


SCENARIOS = (
    Scenario("independent rows"),
    Scenario("independent rows, 100 audited", audited=100),
    Scenario("rows in near-copies of three", copies=3),
    Scenario("rows in near-copies of three, 100 audited", copies=3, audited=100),
    Scenario("few rows", judged=300, traffic=200),
    Scenario("few rows, 50 audited", judged=300, traffic=200, audited=50),
    Scenario("texts have changed too", drift=3.0),
    Scenario("texts have changed too, 100 audited", drift=3.0, audited=100),
    Scenario("texts have changed too, 300 audited", drift=3.0, audited=300),
)


def read_population(folder: Path, learned: int = 3000, seed: int = 13) -> Population:
    """Train the classifier, and let it answer everything else."""
    table = pl.read_parquet(folder / "clinc150_full.parquet")
    order = np.random.default_rng(seed).permutation(table.height)
    train, rest = table[order[:learned]], table[order[learned:]]
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    model = LogisticRegression(C=10, max_iter=1000).fit(words.fit_transform(train["text"]), train["domain"])
    topics = [str(topic) for topic in model.classes_]
    code = {topic: number for number, topic in enumerate(topics)}
    truth = np.array([code[topic] for topic in rest["domain"]])
    answers = np.array([code[str(topic)] for topic in model.predict(words.transform(rest["text"]))])
    return Population(topics, truth, answers, float((truth == answers).mean()))


def draw(
    population: Population, scenario: Scenario, rng: np.random.Generator
) -> tuple[ShareRows, ShareRows, Codes, Codes]:
    """The judged rows, the traffic's rows, the truth of the latter, and the prevalences they were drawn by."""
    topics = len(population.topics)
    judged = rng.integers(0, len(population.truth), scenario.judged)
    prevalence = rng.dirichlet(np.ones(topics))
    chosen = []
    for topic, count in enumerate(rng.multinomial(scenario.traffic, prevalence)):
        members = np.flatnonzero(population.truth == topic)
        weight = np.where(population.answers[members] == topic, 1.0, scenario.drift)
        chosen.append(rng.choice(members, count, p=weight / weight.sum()))
    first = np.repeat(judged, scenario.copies)
    second = np.repeat(np.concatenate(chosen), scenario.copies)
    truth = population.truth[second]
    told = np.full(len(second), -1)
    sample = rng.choice(len(second), scenario.audited, replace=False)
    told[sample] = truth[sample]
    groups = [np.repeat(np.arange(n), scenario.copies) for n in (scenario.judged, scenario.traffic)]
    return (
        ShareRows(population.answers[first], population.truth[first], groups[0], topics),
        ShareRows(population.answers[second], told, groups[1], topics),
        truth,
        prevalence,
    )


def run_scenario(population: Population, scenario: Scenario, sets: int, seed: int) -> dict[str, object]:
    """The scores of every method, and how often each method was the one taken."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[Said]] = {}
    taken: dict[str, int] = {}
    for _ in range(sets):
        judged, traffic, truth, prevalence = draw(population, scenario, rng)
        real = np.bincount(truth, minlength=len(prevalence)) / len(truth)
        counts = traffic.counts().astype(float)
        counted = counts[:-1] / counts.sum()
        table = topic_shares(population.topics, judged, traffic)
        taken[table.method] = taken.get(table.method, 0) + 1
        code = {topic: number for number, topic in enumerate(population.topics)}
        said: dict[str, list[tuple[list[int], float | Interval]]] = {
            "adjusted": [([k], float(v)) for k, v in enumerate(adjusted(counts, likelihood(confusion(judged))))],
            "shares": [([code[t] for t in each.topics], each.share) for each in table.shares if each.share is not None],
        }
        if scenario.audited:
            said["prediction-powered"] = [([k], prediction_powered(traffic, k)) for k in range(len(prevalence))]
        for method, shares in said.items():
            found.setdefault(method, []).extend(
                Said(float(real[k].sum()), float(prevalence[k].sum()), float(counted[k].sum()), share)
                for k, share in shares
            )
    scores = {method: asdict(score(each)) for method, each in found.items()}
    return {**asdict(scenario), "sets": sets, "taken": taken, "methods": scores}


@dataclass(frozen=True)
class Said:
    """The share of a topic, or of several that are mixed up: among the rows, the prevalence, as counted, as said."""

    real: float
    prevalence: float
    counted: float
    share: float | Interval


def score(found: list[Said]) -> MethodScore:
    """The errors of one method and of counting the same topics, and how its intervals do where it has any."""
    values = np.array([each.share.value if isinstance(each.share, Interval) else each.share for each in found])
    real, prevalence, counted = np.array([(each.real, each.prevalence, each.counted) for each in found]).T
    error, of_counting = float(np.abs(values - real).mean()), float(np.abs(counted - real).mean())
    plain = (round(error, 5), round(error / of_counting, 3), round(float(np.abs(values - prevalence).mean()), 5))
    bounds = [(each.prevalence, each.share.low, each.share.high) for each in found if isinstance(each.share, Interval)]
    if not bounds:
        return MethodScore(*plain)
    true, low, high = np.array(bounds).T
    return MethodScore(
        *plain, round(float(((low <= true) & (true <= high)).mean()), 4), round(float((high - low).mean()), 4)
    )


def marks(scenarios: list[dict]) -> dict[str, bool]:
    """The promises, and whether they hold."""
    by_name = {each["name"]: each["methods"]["shares"] for each in scenarios}
    held = {
        f"{name}: intervals hold in 93 to 97 %": 0.93 <= by_name[name]["coverage"] <= 0.97 for name in list(by_name)[:4]
    }
    return {
        "error at most .6 of counting without audited rows": by_name[SCENARIOS[0].name]["error_against_counted"] <= 0.6,
        "error at most half with 100 audited rows": by_name[SCENARIOS[1].name]["error_against_counted"] <= 0.5,
        **held,
    }


def main() -> int:
    """Run every scenario and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", type=int, default=400)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "shares.json")
    arguments = parser.parse_args()
    population = read_population(arguments.data)
    scenarios = []
    for number, scenario in enumerate(SCENARIOS):
        start = time.perf_counter()
        scenarios.append(run_scenario(population, scenario, arguments.sets, seed=number))
        print(f"{scenario.name} ({time.perf_counter() - start:.0f} s), taken: {scenarios[-1]['taken']}")
        for method, figures in scenarios[-1]["methods"].items():
            print(f"  {method:<20}", figures, flush=True)
    kept = marks(scenarios)
    document = {"classifier_accuracy": population.accuracy, "scenarios": scenarios, "marks": kept}
    arguments.out.write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(kept, indent=1))
    return 0 if all(kept.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
