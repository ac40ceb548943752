"""Whether a name says what its group is: the annotator applies it to members it has not seen and to rows beside them.

The protocol is ProxAnn's (Hoyle et al. 2025): what a category infers from some members must hold for others.
"""

from collections.abc import Sequence
from dataclasses import replace

from topicsmith.discovery.records import NameCheck
from topicsmith.labels.annotate import make_annotator
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.records import Annotation, Query
from topicsmith.statistics.intervals import wilson
from topicsmith.taxonomy import Taxonomy, Topic, normalise

_ELSE = ("Something else", "None of the above")
_PROMPT = "v2"


def check_name(
    annotator: str, context: AnnotatorContext, topic: Topic, members: Sequence[str], others: Sequence[str]
) -> NameCheck | str:
    """How ``annotator`` sorts ``members`` and ``others`` by the name and description of ``topic``, or why it does not.

    It is asked as when it labels, with the built-in prompt, of the topic and of "something else". An answer that
    chooses none says the latter; one that cannot be used counts for nothing.

    Raises:
        TopicsmithError: what stops a run as a whole, such as a budget that is spent.
    """
    if not members or not others:
        return "no members are left to check the name with" if not members else "no rows lie beside it"
    aside = next(name for name in _ELSE if normalise(name) != normalise(topic.name))
    beside = Topic(aside, f"Everything that does not belong to {topic.name}")
    taxonomy = Taxonomy((Topic(topic.name, topic.description), beside), aside)
    settings = context.settings.model_copy(
        update={"prompt": _PROMPT, "answer": "json", "examples": 0, "samples": 1, "mode": "online"}
    )
    asked = make_annotator(annotator, replace(context, taxonomy=taxonomy, settings=settings, examples=()))
    queries = [Query(str(at), text, str(at)) for at, text in enumerate([*members, *others])]
    inside: list[bool] = []
    outside: list[bool] = []
    for annotation in asked.annotate(queries):
        chosen = _chosen(annotation, aside)
        if chosen is not None and int(annotation.query_id) < len(members):
            inside.append(chosen == topic.name)
        elif chosen is not None:
            outside.append(chosen == aside)
    if not inside or not outside:
        return "the name was not checked: no answer of the annotator could be used"
    return NameCheck(annotator, wilson(sum(inside), len(inside)), wilson(sum(outside), len(outside)))


def _chosen(annotation: Annotation, aside: str) -> str | None:
    if annotation.status == "abstained":
        return aside
    return annotation.topic if annotation.status == "labelled" else None
