"""What an annotator is: the door ``topicsmith.annotators``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.llm.requests.budget import Held
from topicsmith.progress import Progress
from topicsmith.records import Annotation, Example, Query
from topicsmith.taxonomy import Taxonomy


@dataclass(frozen=True)
class AnnotatorContext:
    """What an annotator may need: the topics, the settings, and where paid answers are kept.

    ``held`` is shared by the annotators that spend the budget at the same time, which counts towards ``account``.
    ``examples`` are rows whose answers the prompt shows.
    """

    taxonomy: Taxonomy
    settings: LabelingSettings
    project_folder: Path
    ledger: Path
    progress: Progress
    held: Held = field(default_factory=Held)
    account: str = "labeling"
    examples: tuple[Example, ...] = ()


class Annotator(Protocol):
    """Somebody who labels queries. ``name`` is what the project file calls it, ``provider:model``."""

    @property
    def name(self) -> str:
        """What the project file calls it."""

    def annotate(self, queries: Sequence[Query]) -> Iterator[Annotation]:
        """One annotation per query, in any order; an abstention is an annotation too."""


@runtime_checkable
class Stoppable(Protocol):
    """An annotator that can be told from another thread to end early; what is under way ends, nothing new is asked."""

    def stop(self) -> None:
        """Ask nothing more."""


class AnnotatorKind(Protocol):
    """What the entry point offers: makes the annotator called ``scheme:model``.

    Settings that cannot work (no key, no such column) raise a ``UserError`` here, before any query is sent.
    """

    def __call__(self, model: str, context: AnnotatorContext, /) -> Annotator:
        """Make the annotator for what stands after the colon."""
