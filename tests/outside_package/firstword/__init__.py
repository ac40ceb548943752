"""An outside package that goes through all three doors: a diary format and a first-word annotator and classifier."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from topicsmith.classifiers.base import Charge, FitContext, Predictions, Traits
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.project import CandidateSettings, TraceSettings
from topicsmith.records import Annotation, Dropped, Message, Prediction, Query, Trace, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy
from topicsmith.traces.base import Row


class Diary:
    """Rows of the form {"day": 1, "said": "..."}."""

    name = "diary"

    def recognise(self, row: Mapping[str, object]) -> str | None:
        return "has 'day' and 'said'" if {"day", "said"} <= row.keys() else None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        for row in rows:
            said = row.value.get("said")
            if isinstance(said, str):
                yield Trace(f"day-{row.value['day']}", (Message("user", said),), source=row.source, row=row.number)
            else:
                yield Dropped(row.source, row.number, "nothing said")


class FirstWord:
    """Says that the first word is the topic."""

    def __init__(self, name: str, taxonomy: Taxonomy) -> None:
        self.name = name
        self._taxonomy = taxonomy

    def annotate(self, queries: Sequence[Query]) -> Iterator[Annotation]:
        for query in queries:
            topic = self._taxonomy.match(query.text.split()[0])
            yield Annotation(query.query_id, self.name, topic, None, "labelled" if topic else "off_taxonomy")


def make(model: str, context: AnnotatorContext) -> FirstWord:
    return FirstWord(f"firstword:{model}", context.taxonomy)


class Settings(CandidateSettings):
    """One key of its own."""

    minimum: int = 1


class Words:
    """The topic that a first word most often had in training."""

    def __init__(self, table: dict[str, str], topics: tuple[str, ...]) -> None:
        self.table = table
        self.topics = topics

    def predict(self, texts: Sequence[str]) -> Predictions:
        found = [self.table.get(text.split()[0] if text.split() else "") for text in texts]
        return Predictions(tuple(Prediction(topic, status="ok" if topic else "abstained") for topic in found))

    def save(self, folder: Path) -> None:
        folder.joinpath("words.json").write_text(json.dumps({"table": self.table, "topics": self.topics}))


class Kind:
    """What it is, what it costs, and the door's two methods."""

    Settings = Settings
    traits = Traits(remote=True, reads_tokens=1, updatable=True, title="the first word decides")

    def cost(self, settings: CandidateSettings) -> Charge:
        return Charge("unknown", usd_per_1k=0.25)

    def fit(self, settings: Settings, train: TrainSet, validation: ValidationSet, context: FitContext) -> Words:
        counts: dict[str, Counter[str]] = {}
        for row in train:
            counts.setdefault(row.text.split()[0], Counter())[row.topic] += row.copies
        table = {word: seen.most_common(1)[0][0] for word, seen in counts.items() if seen.total() >= settings.minimum}
        return Words(table, context.taxonomy.names)

    def load(self, folder: Path) -> Words:
        document = json.loads(folder.joinpath("words.json").read_text())
        return Words(document["table"], tuple(document["topics"]))


FORMAT = Diary()
KIND = Kind()
