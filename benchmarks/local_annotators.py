"""The annotators without keys: how right they are, and what each way to labels makes of them.

    python benchmarks/local_annotators.py FOLDER

FOLDER holds ``sgd_dev/traces.parquet`` (1,000 conversations of the Schema-Guided Dialogue data, CC BY-SA 4.0) and
``clinc150/`` (CLINC150, CC BY 3.0). The first are judged with the demo's taxonomy, with sentence embeddings and
without; the second with the names of the intents as the descriptions of their domains, for the catch-all.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.adjudicate import adjudicate
from topicsmith.labels.aggregate import decide
from topicsmith.labels.agreement import measure
from topicsmith.labels.annotate import annotate
from topicsmith.labels.annotators import local
from topicsmith.labels.annotators.base import Annotator, AnnotatorContext
from topicsmith.labels.annotators.keywords import KeywordScorer
from topicsmith.labels.annotators.local import LocalAnnotator
from topicsmith.labels.annotators.similarity import EmbeddingScorer, LetterScorer
from topicsmith.labels.quality import label_quality
from topicsmith.progress import SilentProgress
from topicsmith.records import Annotation, Query
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.taxonomy_file import read_taxonomy

NAMES = ["local:similarity", "local:keywords"]
WAYS: list[dict[str, object]] = [{}, {"adjudicator": "local:trained"}, {"labels": "weighted"}]


def annotators(taxonomy: Taxonomy, embeddings: bool) -> list[Annotator]:
    """Both local annotators, the first with sentence embeddings or with letters."""
    scorer = EmbeddingScorer if embeddings else LetterScorer
    return [LocalAnnotator(NAMES[0], taxonomy, scorer), LocalAnnotator(NAMES[1], taxonomy, KeywordScorer)]


def show_labels(queries: Sequence[Query], taxonomy: Taxonomy, embeddings: bool) -> None:
    """Print agreement, and rows kept and accuracy of each way to labels."""
    annotations = annotate(annotators(taxonomy, embeddings), queries, SilentProgress())
    found = measure(annotations, taxonomy)
    assert found.rate is not None
    assert found.kappa is not None
    print(f"\nsentence embeddings: {embeddings}; agreement {found.rate.value:.3f}, kappa {found.kappa.value:.3f}")
    for way in WAYS:
        settings = LabelingSettings.model_validate({"annotators": NAMES, **way})
        context = AnnotatorContext(taxonomy, settings, Path(), Path(), SilentProgress())
        everything = annotations + adjudicate(context, queries, annotations)
        quality = label_quality(queries, decide(queries, everything, settings, taxonomy), annotations)
        assert quality is not None
        assert quality.kept is not None
        alone = {name: round(share.value, 3) for name, share in quality.annotators.items() if share}
        print(f"{settings.labels:<12} {quality.kept_n:>5} rows  accuracy {quality.kept.value:.3f}  alone {alone}")


def right(queries: Sequence[Query], annotations: Sequence[Annotation]) -> float:
    """The share of ``queries`` that got their true topic."""
    said = {annotation.query_id: annotation.topic for annotation in annotations}
    return sum(said[query.query_id] == query.topic for query in queries) / len(queries)


def show_catch_all(folder: Path) -> None:
    """Print accuracy in scope, and how many out-of-scope questions the catch-all gets."""
    domains = json.loads((folder / "domains.json").read_text())
    topics = tuple(
        Topic(name, ", ".join(intents).replace("_", " ")) for name, intents in domains.items() if name != "oos"
    )
    table = pl.read_parquet(folder / "clinc150_full.parquet").filter(pl.col("split") == "test")
    queries = [
        Query(f"q{n}", row["text"], "t", topic="oos" if row["is_oos"] else row["domain"])
        for n, row in enumerate(table.iter_rows(named=True))
    ]
    inside, outside = ([q for q in queries if (q.topic == "oos") == oos] for oos in (False, True))
    print(f"\n{'CLINC150 test':<20} in scope  out of scope caught")
    for annotator in annotators(Taxonomy((*topics, Topic("oos")), catch_all="oos"), embeddings=True):
        accuracy, recall = (right(part, list(annotator.annotate(part))) for part in (inside, outside))
        print(f"{annotator.name:<20} {accuracy:.3f}     {recall:.3f}")


def main() -> None:
    """Run everything on the folder named on the command line."""
    folder = Path(sys.argv[1])
    taxonomy = read_taxonomy(Path(local.__file__).parents[2] / "demo" / "taxonomy.yaml")
    table = pl.read_parquet(folder / "sgd_dev" / "traces.parquet")
    queries = [
        Query(row["id"], row["first_user_message"], row["id"], topic=row["category"])
        for row in table.iter_rows(named=True)
    ]
    show_labels(queries, taxonomy, embeddings=True)
    show_labels(queries, taxonomy, embeddings=False)
    show_catch_all(folder / "clinc150")


if __name__ == "__main__":
    main()
