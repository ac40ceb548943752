"""What annotators said where a topic was wanted: values that the taxonomy lacks, by name and count."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from topicsmith.progress import plain
from topicsmith.records import Annotation
from topicsmith.suggestions import as_whole_numbers

SHOWN = 10
_LONGEST = 60


@dataclass(frozen=True)
class OffTaxonomy:
    """The values of one annotator that are no topic, most frequent first, with their numbers of rows."""

    annotator: str
    values: tuple[tuple[str, int], ...]

    @property
    def line(self) -> str:
        """For a person."""
        named = [f"'{plain(value)[:_LONGEST]}' ({count:,})" for value, count in self.values[:SHOWN]]
        more = f" and {len(self.values) - SHOWN:,} more" if len(self.values) > SHOWN else ""
        decimals = as_whole_numbers(value for value, _ in self.values)
        return (
            f"{self.annotator} answers with what is no topic: {', '.join(named)}{more}; {decimals}add it to the "
            "taxonomy, or name it under 'was' of the topic that it means"
        )


def off_taxonomy(annotations: Sequence[Annotation]) -> list[OffTaxonomy]:
    """By annotator, in the order in which they come, those that said something else than a topic."""
    counts: dict[str, Counter[str]] = {}
    for annotation in annotations:
        if annotation.status == "off_taxonomy" and annotation.said is not None:
            counts.setdefault(annotation.annotator, Counter())[annotation.said] += 1
    return [OffTaxonomy(name, tuple(counted.most_common())) for name, counted in counts.items()]
