"""Which member stands for a sweep: the one that is best on validation rows, never on the rows it is then judged on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from topicsmith.evaluation.results import Evaluation
from topicsmith.statistics.intervals import Interval


@dataclass(frozen=True)
class Choice:
    """The member ``chosen`` of ``members`` of one sweep; ``accuracy`` is its own on the validation rows, if any."""

    sweep: str
    members: tuple[str, ...]
    chosen: str
    accuracy: Interval | None

    @property
    def set_aside(self) -> tuple[str, ...]:
        """The members that are no contenders."""
        return tuple(name for name in self.members if name != self.chosen)

    @property
    def line(self) -> str:
        """The choice in words."""
        stands = f"{self.chosen} represents the {len(self.members)} candidates of the sweep '{self.sweep}'"
        if self.accuracy is None:
            return f"{stands} because it comes first: there are no validation rows to choose on."
        return (
            f"{stands}: it was right on {self.accuracy.value:.1%} of the {self.accuracy.n:,} validation rows, and no "
            "other on more; the test rows were not used."
        )


def choose(sweeps: Mapping[str, str], validation: Sequence[Evaluation]) -> tuple[Choice, ...]:
    """The member that stands for each sweep.

    The highest validation accuracy decides, then macro F1, then the place in the project file.

    Args:
        sweeps: by candidate, in the order of the project file, the sweep it belongs to.
        validation: the evaluations of the candidates on validation rows; of no use here are those on others.
    """
    judged = {e.candidate: e for e in validation if e.split == "validation"}
    members: dict[str, list[str]] = {}
    for candidate, sweep in sweeps.items():
        members.setdefault(sweep, []).append(candidate)
    return tuple(_choose(sweep, found, judged) for sweep, found in members.items())


def contenders(evaluations: Sequence[Evaluation], choices: Sequence[Choice]) -> list[Evaluation]:
    """``evaluations`` without the members of sweeps for which another one stands."""
    set_aside = {name for choice in choices for name in choice.set_aside}
    return [e for e in evaluations if e.candidate not in set_aside]


def _choose(sweep: str, members: Sequence[str], judged: Mapping[str, Evaluation]) -> Choice:
    chosen = max(members, key=lambda name: _merit(judged.get(name)))  # of equals, max takes the first
    found = judged.get(chosen)
    return Choice(sweep, tuple(members), chosen, found.accuracy if found is not None and found.n else None)


def _merit(evaluation: Evaluation | None) -> tuple[float, float]:
    if evaluation is None or not evaluation.n:
        return (0.0, 0.0)
    f1 = evaluation.macro_f1.value
    return (evaluation.accuracy.value, 0.0 if isnan(f1) else f1)
