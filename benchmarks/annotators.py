"""Three annotators of BANKING77: their agreement, and how right each way to labels is.

    python benchmarks/annotators.py FOLDER

FOLDER holds ``zeroshot_shared.parquet`` and ``agreement_shared.json`` of the set ``multi_llm_banking77``: three
language models' answers (github.com/KaiquanMah/llm-trust-lens, MIT) on BANKING77 texts (CC BY 4.0). Exits with 1 when
a kappa differs from the published one in the third decimal, or when neither adjudicated nor weighted labels hold what
they promise.
"""

import json
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import polars as pl

from topicsmith.audit.estimation.random_rows import plan_audit, stratified
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.adjudicate import adjudicate
from topicsmith.labels.aggregate import decide
from topicsmith.labels.agreement import measure
from topicsmith.labels.annotate import annotate, make_annotators
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.labels.label_errors import suspicious
from topicsmith.labels.quality import votes
from topicsmith.progress import SilentProgress
from topicsmith.records import Annotation, Label, Query
from topicsmith.taxonomy import Taxonomy, Topic

MODELS = ("gemma3_4b", "mistral_7b", "tulu3_8b")


def read_queries(folder: Path) -> list[Query]:
    """The questions, with the true intents as topics and the models' answers as metadata."""
    table = pl.read_parquet(folder / "zeroshot_shared.parquet")
    return [
        Query(str(row["index"]), row["text"], str(row["index"]), metadata=row, topic=row["gold_open"])
        for row in table.iter_rows(named=True)
    ]


def label(
    queries: Sequence[Query], taxonomy: Taxonomy, settings: LabelingSettings
) -> tuple[list[Annotation], list[Label]]:
    """Annotations, rulings included, and labels under ``settings``."""
    context = AnnotatorContext(taxonomy, settings, Path(), Path(), SilentProgress())
    annotations = annotate(make_annotators(context), queries, SilentProgress())
    annotations += adjudicate(context, queries, annotations)
    return annotations, decide(queries, annotations, settings, taxonomy)


def accuracy(queries: Sequence[Query], topics: dict[str, str | None], kept: set[str]) -> float:
    """The share of the ``kept`` rows whose topic is the true one."""
    return sum(topics[query.query_id] == query.topic for query in queries if query.query_id in kept) / len(kept)


def check_kappas(queries: Sequence[Query], taxonomy: Taxonomy, published: dict[str, dict[str, float]]) -> bool:
    """Print each pair's agreement beside the published one; whether all are equal to three decimals."""
    right = True
    print("pair                      rows    agreement  kappa   95 %            published")
    for first, second in combinations(MODELS, 2):
        settings = LabelingSettings(annotators=[f"table:pred_{first}", f"table:pred_{second}"])
        found = measure(label(queries, taxonomy, settings)[0], taxonomy)
        assert found.rate is not None
        assert found.kappa is not None
        wanted = published[f"{first}|{second}"]["kappa"]
        right = right and abs(found.kappa.value - wanted) < 0.0005
        print(
            f"{first} | {second:<11} {found.rows:>6}    {found.rate.value:.4f}     {found.kappa.value:.4f}  "
            f"{found.kappa.low:.4f}-{found.kappa.high:.4f}   {wanted:.4f}"
        )
    return right


def check_labels(queries: Sequence[Query], taxonomy: Taxonomy, names: Sequence[str]) -> bool:
    """Print rows kept and accuracy of each way to labels, with majority vote of all models on the same rows."""
    everybody = LabelingSettings(annotators=[f"table:pred_{name}" for name in names])
    majority = votes(label(queries, taxonomy, everybody)[0])
    two = [f"table:pred_{name}" for name in names[:2]]
    ways = {
        f"agreed ({len(names)})": everybody,
        "agreed (first 2)": LabelingSettings(annotators=two),
        "adjudicated by 3rd": LabelingSettings(annotators=two, adjudicator=f"table:pred_{names[2]}"),
        "adjudicated, trained (2)": LabelingSettings(annotators=two, adjudicator="local:trained"),
        "adjudicated, trained (3)": everybody.model_copy(
            update={"labels": "adjudicated", "adjudicator": "local:trained"}
        ),
        "weighted (first 2)": LabelingSettings(annotators=two, labels="weighted"),
        f"weighted ({len(names)})": everybody.model_copy(update={"labels": "weighted"}),
    }
    print(f"\n{' '.join(names)}\nlabels                     kept    share   accuracy  majority vote on the same rows")
    holds = False
    for name, settings in ways.items():
        labels = label(queries, taxonomy, settings)[1]
        topics = {entry.query_id: entry.topic for entry in labels}
        kept = {query_id for query_id, topic in topics.items() if topic is not None}
        ours, theirs = accuracy(queries, topics, kept), accuracy(queries, majority, kept)
        holds = holds or (len(kept) >= 0.97 * len(queries) and ours >= theirs and not name.startswith("agreed"))
        print(f"{name:<25} {len(kept):>6}    {len(kept) / len(queries):.3f}   {ours:.4f}    {theirs:.4f}")
    return holds


def show_suspicious(queries: Sequence[Query], taxonomy: Taxonomy, names: Sequence[str]) -> None:
    """Print how often suspected agreed labels are wrong, against all agreed labels."""
    labels = label(queries, taxonomy, LabelingSettings(annotators=[f"table:pred_{name}" for name in names]))[1]
    truth = {query.query_id: query.topic for query in queries}
    agreed = [entry for entry in labels if entry.topic is not None]
    wrong = sum(entry.topic != truth[entry.query_id] for entry in agreed)
    found = suspicious(queries, labels, taxonomy)
    print(f"\nagreed labels: {len(agreed)}, wrong {wrong / len(agreed):.3f}; suspected {len(found)}")
    for count in sorted({min(100, len(found)), len(found)}):
        hits = sum(entry.topic != truth[entry.query_id] for entry in found[:count])
        print(f"of the first {count}: wrong {hits / max(count, 1):.3f}")


def show_audits(queries: Sequence[Query], taxonomy: Taxonomy, names: Sequence[str], audits: int = 300) -> None:
    """Print what audits of 300 rows say of the first annotator on all rows, the truth playing the person."""
    settings = LabelingSettings(annotators=[f"table:pred_{name}" for name in names])
    annotations, labels = label(queries, taxonomy, settings)
    truth = {query.query_id: query.topic for query in queries}
    said = {a.query_id: a.topic for a in annotations if a.annotator == settings.annotators[0]}
    origins: list[str] = [entry.origin for entry in labels]
    real = sum(said[query_id] == topic for query_id, topic in truth.items()) / len(truth)
    figures = []
    for seed in range(audits):
        rows = {at: queries[at].query_id for at in plan_audit(origins, 300, seed)}
        figures.append(stratified(origins, {at: said[query_id] == truth[query_id] for at, query_id in rows.items()}))
    covered = sum(figure.low <= real <= figure.high for figure in figures) / audits
    mean = sum(figure.value for figure in figures) / audits
    width = sum(figure.high - figure.low for figure in figures) / audits
    agreed = {entry.query_id for entry in labels if entry.origin == "agreed"}
    print(
        f"\n{audits} audits of 300 rows: {names[0]} is right on {real:.4f} of all rows "
        f"({accuracy(queries, said, agreed):.4f} of agreed ones); audits say {mean:.4f} on average, "
        f"intervals {width:.3f} wide hold it in {covered:.1%}"
    )


def main() -> int:
    """Run the checks on the folder named on the command line."""
    folder = Path(sys.argv[1])
    queries = read_queries(folder)
    taxonomy = Taxonomy(tuple(Topic(name) for name in sorted({q.topic for q in queries if q.topic})), catch_all="oos")
    right = check_kappas(queries, taxonomy, json.loads((folder / "agreement_shared.json").read_text()))
    three = measure(
        label(queries, taxonomy, LabelingSettings(annotators=[f"table:pred_{name}" for name in MODELS]))[0], taxonomy
    )
    for name, figure in (
        ("Fleiss' kappa", three.fleiss_kappa),
        ("Krippendorff's alpha", three.krippendorff_alpha),
        ("Gwet's AC1", three.gwet_ac1),
        ("all three agree", three.rate),
    ):
        assert figure is not None
        print(f"{name:<22} {figure.value:.4f}  {figure.low:.4f}-{figure.high:.4f}")
    holds = check_labels(queries, taxonomy, MODELS)
    print("estimated accuracy", three.estimated_accuracy)
    show_suspicious(queries, taxonomy, MODELS[:2])
    show_audits(queries, taxonomy, MODELS[:2])
    print(f"\nkappas as published: {right}; 97 % kept at no less accuracy than majority vote: {holds}")
    return 0 if right and holds else 1


if __name__ == "__main__":
    sys.exit(main())
