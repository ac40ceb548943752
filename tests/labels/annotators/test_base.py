"""The door for annotators: the built-in ones fit through it."""

from topicsmith import plugins
from topicsmith.labels.annotators import column, local
from topicsmith.labels.annotators.base import Annotator, AnnotatorContext, AnnotatorKind
from topicsmith.records import Query


def test_the_built_in_kinds_fit_the_protocol(context: AnnotatorContext) -> None:
    kinds: dict[str, AnnotatorKind] = {"table:model": column.make, "local:keywords": local.make}
    for name, kind in kinds.items():
        scheme, _, model = name.partition(":")
        assert plugins.find("topicsmith.annotators", scheme) is kind
        annotator: Annotator = kind(model, context)
        assert annotator.name == name
        (annotation,) = annotator.annotate([Query("q", "text", "t", metadata={"model": "A"})])
        assert (annotation.query_id, annotation.annotator) == ("q", name)
