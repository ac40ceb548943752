"""Does a new topic show, and how often is there an alarm for nothing? CLINC150's domains, frozen all-MiniLM-L6-v2.

    python -m benchmarks trends DATA OUT.json [--vectors FOLDER] [--draws 10] [--only windows|daily]

``DATA`` holds ``clinc150/clinc150_full.parquet`` and ``banking77/banking77.parquet``. In each draw one of the ten
domains is unseen. The others' training rows are what is known, and teach a logistic regression on the frozen vectors;
their validation and test rows are what comes in, drawn with replacement. The reference has 2,000 of them. Everything
else is done by the package's own functions: what is measured is what ``topicsmith trends`` does.

``windows``: one window of 250 rows, tests at 5 % false alarms, with peers in the same run (MMD with a Gaussian kernel
of median width, 200 permutations; Kolmogorov-Smirnov on each softmax output with Bonferroni), which see fewer windows.
``daily``: 90 days, all charts together; series without a change, with a weekly cycle, with restless days, with a
new topic of 5 % and with a doubled topic from a random day between the 14th and the 80th on. An alarm that is raised or
goes on finds a change.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import ks_2samp

from benchmarks._intent_sets import Bench, summary
from benchmarks._trend_worlds import REFERENCE, Pool, World, joined, mmd_p, worlds
from topicsmith.shares.shift import g_test
from topicsmith.trends.counting import strange_counts
from topicsmith.trends.far import worth
from topicsmith.trends.nearness import usual
from topicsmith.trends.report import strange_p
from topicsmith.trends.watch import StepCounts, Watched, shared_out, watch

WINDOW, LEVEL, DAYS = 250, 0.05, 90
WINDOWS, PEER_WINDOWS = 100, 10


SCENARIOS = (
    ("nothing", "new", 0.0), ("new topic 5 %", "new", 0.05), ("new topic 10 %", "new", 0.1),
    ("no topic 5 %", "outside", 0.05), ("no topic 10 %", "outside", 0.1), ("one topic doubled", "doubled", 0.0),
)  # fmt: skip


def windows(found: list[World]) -> Iterator[tuple[str, object]]:
    """How often each test is significant at 5 %, in single windows."""
    for name, what, share in SCENARIOS:
        of: dict[str, list[float]] = {}
        for draw, world in enumerate(found):
            rng = np.random.default_rng([draw, len(name)])
            hits = [ours(world, what, share, rng) for _ in range(WINDOWS)]
            hits_of_peers = [peers(world, what, share, rng) for _ in range(PEER_WINDOWS)]
            for each in (hits, hits_of_peers):
                for test in each[0]:
                    of.setdefault(test, []).append(float(np.mean([hit[test] for hit in each])))
        yield name, {test: summary(shares) for test, shares in of.items()}


def ours(world: World, what: str, share: float, rng: np.random.Generator) -> dict[str, bool]:
    """The tests of single periods that ``topicsmith trends`` shows."""
    reference, window = world.usual.drawn(REFERENCE, rng), world.window(what, share, WINDOW, rng)
    scale = usual(reference.nearness)
    value = worth(scale, reference.nearness)
    before, now = (strange_counts(scale.strangeness(each.nearness), value) for each in (reference, window))
    assert before is not None
    assert now is not None
    counts = [np.bincount(each.answers, minlength=world.topics) for each in (reference, window)]
    of_far = strange_p([before], now) <= LEVEL
    of_topics = g_test(np.array(counts))[1] <= LEVEL
    return {"far rows": of_far, "topics (chi-squared)": of_topics}


def peers(world: World, what: str, share: float, rng: np.random.Generator) -> dict[str, bool]:
    """MMD on the vectors, and Kolmogorov-Smirnov on the softmax."""
    reference, window = world.usual.drawn(REFERENCE, rng), world.window(what, share, WINDOW, rng)
    tests = [
        ks_2samp(reference.softmax[:, k], window.softmax[:, k], method="asymp").pvalue for k in range(world.topics)
    ]
    mmd = mmd_p(reference.vectors, window.vectors, rng)
    return {"peer: MMD": mmd <= LEVEL, "peer: KS on softmax": min(tests) * len(tests) <= LEVEL}


@dataclass(frozen=True)
class Alarms:
    """The alarms of one series, about far rows and about topics: the day of each, and the last it went on."""

    far: tuple[tuple[int, int], ...]
    topics: tuple[tuple[int, int], ...]


def series(world: World, rows: int, day: int, of: Callable[[int], Pool]) -> Alarms:
    """Chart the first 90 days, or five from ``day`` on, as ``topicsmith trends`` does."""
    reference = of(-1)
    scale = usual(reference.nearness)
    value = worth(scale, reference.nearness)
    strange, topics = [], []
    for number in range(min(DAYS, day + 5)):
        found = of(number)
        strange.append(strange_counts(scale.strangeness(found.nearness), value, number % 7))
        topics.append(StepCounts(np.bincount(found.answers, minlength=world.topics + 1), rows, number % 7))
    settings = shared_out(DAYS, world.topics + 1, far=True, cycle=True)
    before = strange_counts(scale.strangeness(reference.nearness), value)
    assert before is not None
    of_topics = watch(
        [StepCounts(np.bincount(reference.answers, minlength=world.topics + 1), REFERENCE)], topics, settings[0]
    )
    of_far = watch([before], strange, settings[1])
    return Alarms(_days(of_far), _days(of_topics))


def _days(found: Watched) -> tuple[tuple[int, int], ...]:
    return tuple((each.step, each.last) for each in (*found.alarms, *found.together))


def weekly(world: World, rows: int, rng: np.random.Generator) -> Callable[[int], Pool]:
    """Days whose weekends have other shares of topics, and half as many far rows again."""
    far = world.usual.nearness <= np.quantile(world.usual.nearness, 0.05)
    factor = np.where(np.arange(world.topics) % 2, 1.3, 1 / 1.3)[world.usual.answers] * np.where(far, 1.5, 1.0)

    def of(day: int) -> Pool:
        if day < 0:  # the reference is of whole weeks
            weekend = int(rng.binomial(REFERENCE, 2 / 7))
            return joined(world.usual.drawn(REFERENCE - weekend, rng), world.usual.drawn(weekend, rng, factor))
        return world.usual.drawn(rows, rng, factor if day % 7 > 4 else None)

    return of


def restless(world: World, rows: int, rng: np.random.Generator) -> Callable[[int], Pool]:
    """Days whose topics are each more or less common than usual, by a tenth (the standard deviation)."""

    def of(day: int) -> Pool:
        if day < 0:
            return world.usual.drawn(REFERENCE, rng)
        return world.usual.drawn(rows, rng, np.exp(0.1 * rng.normal(size=world.topics))[world.usual.answers])

    return of


def daily(found: list[World], count: int = 10) -> Iterator[tuple[str, object]]:
    """False alarms in 90 days, and how often a change is found within five; ``count`` series of each draw."""
    for rows in (250, 50, 1000):
        quiet: list[list[Alarms]] = []
        cycle: list[list[Alarms]] = []
        moody: list[list[Alarms]] = []
        for draw, world in enumerate(found):
            rng = np.random.default_rng([draw, rows])
            for which, many, made in (
                (quiet, count, _plain),
                (cycle, count // 2, weekly),
                (moody, count // 2, restless),
            ):
                which.append([series(world, rows, DAYS, made(world, rows, rng)) for _ in range(many)])
        yield f"{rows} rows a day, nothing changes: false alarms in 90 days", _false(quiet)
        yield f"{rows} rows a day, a weekly cycle: false alarms in 90 days", _false(cycle)
        yield f"{rows} rows a day, restless days: false alarms in 90 days", _false(moody)
        for name, what in (("a new topic of 5 %", "new"), ("one topic doubled", "doubled")):
            within = [
                [_found(world, rows, what, np.random.default_rng([draw, rows, number])) for number in range(count)]
                for draw, world in enumerate(found)
            ]
            yield (
                f"{rows} rows a day, {name}: found within 5 days",
                {
                    "any alarm": summary([float(np.mean([any(hit) for hit in hits])) for hits in within]),
                    "alarm about far rows": summary([float(np.mean([hit[0] for hit in hits])) for hits in within]),
                    "series": sum(map(len, within)),
                },
            )


def _plain(world: World, rows: int, rng: np.random.Generator) -> Callable[[int], Pool]:
    return lambda day: world.usual.drawn(REFERENCE if day < 0 else rows, rng)


def _false(found: list[list[Alarms]]) -> dict[str, object]:
    return {
        "all": summary([float(np.mean([len(each.far) + len(each.topics) for each in alarms])) for alarms in found]),
        "about far rows": summary([float(np.mean([len(each.far) for each in alarms])) for alarms in found]),
        "about topics": summary([float(np.mean([len(each.topics) for each in alarms])) for alarms in found]),
        "series": sum(map(len, found)),
    }


def _found(world: World, rows: int, what: str, rng: np.random.Generator) -> tuple[bool, bool]:
    day, topic = int(rng.integers(14, 80)), int(rng.integers(world.topics))
    doubled = world.doubled(topic)

    def of(number: int) -> Pool:
        if number < day:
            return world.usual.drawn(REFERENCE if number < 0 else rows, rng)
        return world.usual.drawn(rows, rng, doubled) if what == "doubled" else world.window("new", 0.05, rows, rng)

    alarms = series(world, rows, day, of)
    return any(last >= day for _, last in alarms.far), any(last >= day for _, last in alarms.topics)


PARTS: dict[str, Callable[[list[World]], Iterator[tuple[str, object]]]] = {"windows": windows, "daily": daily}


def main() -> None:
    """Measure, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--only", choices=sorted(PARTS), action="append")
    arguments = parser.parse_args()
    started = time.perf_counter()
    data = Bench(arguments.data, arguments.vectors).sets["clinc150 domains"]
    found = list(worlds(data, arguments.draws))
    print("unseen:", [world.name for world in found], f"{time.perf_counter() - started:.0f} s", flush=True)
    document = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    document["unseen"] = [world.name for world in found]
    for part in arguments.only or PARTS:
        for name, figures in PARTS[part](found):
            print(name, figures, f"{time.perf_counter() - started:.0f} s", flush=True)
            document.setdefault(part, {})[name] = figures
            arguments.out.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
