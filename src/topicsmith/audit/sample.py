"""The rows a person is asked about, how they were drawn, and what the person said: ``audit.json``.

Each draw takes groups of near-copies at random from strata, each with a known probability, and asks about one row of
each. Later draws leave out what was answered before. The probabilities are kept, so that any figure can be estimated
for all rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from topicsmith.errors import ProjectError
from topicsmith.json_file import checked
from topicsmith.records import Label

CANNOT_TELL = "?"
"""What a person writes who cannot tell the topic."""

FORMAT = 2
_WHERE, _CURE = "audit.json", "remove it and draw a sheet with 'topicsmith audit'"

Frame = Literal["test", "all"]
"""What is drawn from: the test rows, or all rows."""

Part = Literal["test", "other"]
"""Test rows and all others are strata apart, so that figures of each rest on its own rows."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row of the sample, not shown to the person but for its text.

    ``stratum`` is where it was drawn from in the draw numbered ``draw``, and ``probability`` that with which it, or
    another row of its group of near-copies, was taken.
    """

    query_id: str
    text: str
    stratum: str
    probability: float = 1.0
    draw: int = 0


@dataclass(frozen=True, slots=True)
class AuditStratum:
    """What could be drawn: ``rows`` rows in ``groups`` groups of near-copies, of which ``taken`` were taken."""

    name: str
    part: Part
    rows: int
    groups: int
    taken: int


@dataclass(frozen=True)
class AuditDraw:
    """One sheet: what it was drawn ``source``, from which strata, and the queries answered ``before``, left out.

    ``digest`` tells whether the rows drawn from are still the same.
    """

    source: Frame
    seed: int
    strata: tuple[AuditStratum, ...]
    before: tuple[str, ...] = ()
    digest: str = ""

    @property
    def test_rows(self) -> int:
        """How many of the rows on the sheet are test rows."""
        return sum(stratum.taken for stratum in self.strata if stratum.part == "test")


@dataclass(frozen=True)
class AuditSample:
    """All rows a person was asked about, and the draws they come from, the latest last."""

    rows: tuple[AuditRow, ...]
    draws: tuple[AuditDraw, ...] = ()

    @property
    def sheet(self) -> tuple[AuditRow, ...]:
        """The rows of the latest draw, in the order in which the person gets them."""
        latest = max((row.draw for row in self.rows), default=0)
        return tuple(row for row in self.rows if row.draw == latest)


@dataclass(frozen=True, slots=True)
class AuditAnswer:
    """What the person says: a topic, or ``None`` where the person cannot tell.

    ``named_by`` is the digest of the version of the taxonomy that the person went by, where it is known.
    """

    query_id: str
    topic: str | None
    named_by: str | None = None


def with_answers(labels: Sequence[Label], answers: Sequence[AuditAnswer]) -> list[Label]:
    """``labels`` with the person's word in place of what was believed of the same query; its origin is ``human``."""
    topics = {answer.query_id: answer.topic for answer in answers if answer.topic is not None}
    return [
        Label(
            label.query_id,
            topics[label.query_id],
            label.subtopic if label.topic == topics[label.query_id] else None,
            "human",
        )
        if label.query_id in topics
        else label
        for label in labels
    ]


def to_document(sample: AuditSample) -> dict[str, object]:
    """``sample`` as plain data, to be read by :func:`from_document` when the answers come back."""
    return {"format": FORMAT, "draws": [asdict(draw) for draw in sample.draws],
            "rows": [asdict(row) for row in sample.rows]}  # fmt: skip


def from_document(document: object) -> AuditSample:
    """The sample in plain data.

    Raises:
        ProjectError: when it was written by another version, or is of another form.
    """
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise ProjectError(
            "audit.json: the audit was drawn by another version of topicsmith; draw a further sheet with 'topicsmith "
            "audit', what was answered so far counts"
        )
    sample = checked(AuditSample, document, _WHERE, ProjectError, _CURE)
    for row in sample.rows:
        if not 0 <= row.draw < len(sample.draws):
            raise ProjectError(f"{_WHERE}: '{row.query_id:.60}' is of draw {row.draw}, which is none of them; {_CURE}")
        if not 0 < row.probability <= 1:
            raise ProjectError(f"{_WHERE}: '{row.query_id:.60}' has the probability {row.probability}; {_CURE}")
    for stratum in (stratum for draw in sample.draws for stratum in draw.strata):
        if not 0 <= stratum.taken <= stratum.groups <= stratum.rows:
            raise ProjectError(f"{_WHERE}: the counts of '{stratum.name:.60}' do not fit together; {_CURE}")
    return sample
