"""Requests and answers in three shapes: ours, that of text-embeddings-inference, and that of vLLM."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from topicsmith.serving.http.items import asked_of, is_conversation
from topicsmith.serving.queue import tokens_of
from topicsmith.serving.records import Asked, Limits, Said, ServedModel
from topicsmith.serving.refusals import RefusedError

_OPTIONS = {"probabilities", "threshold", "timeout_s", "model"}
_SOURCES = ("text", "texts", "messages")


@dataclass(frozen=True)
class AskedItems:
    """The items of a request and what is wanted of the answers; ``batch`` says that they came as a list."""

    items: tuple[Asked, ...]
    batch: bool
    probabilities: bool = False
    threshold: float | None = None
    deadline_s: float | None = None
    model: str | None = None

    @property
    def texts(self) -> list[str]:
        """The texts among the items."""
        return [item.text for item in self.items if item.text is not None]


def read_classify(body: Mapping[str, object], limits: Limits) -> AskedItems:
    """A request of ours: ``text``, ``texts``, ``messages``, or a whole conversation as one of the formats has it.

    Raises:
        RefusedError: when it is none.
    """
    given = [name for name in _SOURCES if name in body]
    options = {name: body[name] for name in _OPTIONS if name in body}
    if len(given) == 1 and set(body) <= {*_OPTIONS, given[0]}:
        value = body[given[0]]
        if given[0] == "texts" and not isinstance(value, list):
            raise _invalid("'texts' is not a list; send one text as 'text'")
        if given[0] == "messages":
            value = {"messages": value}
        items = value if given[0] == "texts" and isinstance(value, list) else [value]
    elif is_conversation(found := {name: body[name] for name in body if name not in _OPTIONS - {"model"}}):
        items, options = [found], {name: options[name] for name in options if name != "model"}
    else:
        raise _invalid(_what_is_wrong(body, given))
    return AskedItems(
        _items(items, limits),
        batch="texts" in given,
        probabilities=_boolean(options, "probabilities"),
        threshold=_number(options, "threshold", 0, 1),
        deadline_s=_number(options, "timeout_s", 0.001, 3600),
        model=_model(options),
    )


def _what_is_wrong(body: Mapping[str, object], given: Sequence[str]) -> str:
    if len(given) > 1:
        return f"'{given[0]}' and '{given[1]}' are both given; send one of them"
    if not given:
        return "has no 'text', 'texts' or 'messages', and is no conversation in a known format"
    unknown = min(set(body) - {*_OPTIONS, *given})
    return f"'{unknown[:40]}' is not a field; known are {', '.join((*_SOURCES, *sorted(_OPTIONS)))}"


def read_predict(body: Mapping[str, object], limits: Limits) -> AskedItems:
    """A request as text-embeddings-inference takes it: a text, ``[text]``, or a batch ``[[text], [text]]``.

    Raises:
        RefusedError: when it is none, or asks for what a topic classifier has not: pairs of texts, raw scores.
    """
    inputs = body.get("inputs")
    if _boolean(body, "raw_scores"):
        raise _invalid("'raw_scores' are not kept; leave it out to get probabilities")
    _boolean(body, "truncate")
    batch = isinstance(inputs, list) and bool(inputs) and isinstance(inputs[0], list)
    items = inputs if batch and isinstance(inputs, list) else [inputs]
    texts = [item[0] if isinstance(item, list) and len(item) == 1 else item for item in items]
    if not all(isinstance(text, str) for text in texts):
        pair = any(isinstance(text, list) and len(text) == 2 for text in texts)
        raise _invalid(
            "pairs of texts are not classified; send a batch as [[text], [text]]"
            if pair
            else "'inputs' is not a text, [text], or a batch [[text], [text], ...]"
        )
    return AskedItems(_items(texts, limits), batch=batch, probabilities=True)


def read_vllm(body: Mapping[str, object], limits: Limits) -> AskedItems:
    """A request as vLLM's ``/classify`` takes it: ``input`` is a text or a list of them, or there are ``messages``.

    Raises:
        RefusedError: when it is none.
    """
    if "messages" in body:
        items: list[object] = [{"messages": body["messages"]}]
    else:
        given = body.get("input")
        items = given if isinstance(given, list) else [given]
        if not items or not all(isinstance(item, str) for item in items):
            raise _invalid("'input' is not a text or a list of texts (token ids are not taken)")
    return AskedItems(_items(items, limits), batch=True, probabilities=True, model=_model(body))


def _items(values: Sequence[object], limits: Limits) -> tuple[Asked, ...]:
    if len(values) > limits.items:
        raise RefusedError("too_large", f"{len(values):,} items; at most {limits.items:,} are taken at once")
    return tuple(asked_of(value, limits.text_characters) for value in values)


def _invalid(message: str) -> RefusedError:
    return RefusedError("invalid_request", message)


def _boolean(body: Mapping[str, object], name: str) -> bool:
    found = body.get(name, False)
    if found is None or isinstance(found, bool):
        return bool(found)
    raise _invalid(f"'{name}' is not true or false")


def _number(body: Mapping[str, object], name: str, low: float, high: float) -> float | None:
    found = body.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not low <= found <= high:
        raise _invalid(f"'{name}' is not a number from {low:g} to {high:g}")
    return float(found)


def _model(body: Mapping[str, object]) -> str | None:
    found = body.get("model")
    if found is not None and not isinstance(found, str):
        raise _invalid("'model' is not a text")
    return found


def paired(asked: AskedItems, said: Sequence[Said]) -> Iterator[tuple[Asked, Said | None]]:
    """Every item with what was said of it; ``None`` for those without a text."""
    left = iter(said)
    return ((item, None if item.text is None else next(left)) for item in asked.items)


def classify_answer(asked: AskedItems, said: Sequence[Said], model: ServedModel) -> tuple[object, Counter[str]]:
    """Our answer, and how many items have which status."""
    predictions = [_prediction(item, one, asked) for item, one in paired(asked, said)]
    versions = {one.taxonomy or model.taxonomy for one in said} or {model.taxonomy}
    document = {
        "model": model.id,
        "taxonomy": versions.pop() if len(versions) == 1 else None,
        "predictions": predictions,
    }
    return document, Counter(str(each["status"]) for each in predictions)


def _prediction(item: Asked, said: Said | None, asked: AskedItems) -> dict[str, object]:
    found: dict[str, object] = {"topic": None, "subtopic": None, "confidence": None}
    if said is None:
        return {**found, "status": item.status, "problem": item.problem}
    if said.topic is None:
        return {**found, "status": "failed", "problem": said.status, "taxonomy": said.taxonomy}
    least, sure = asked.threshold, said.confidence
    stands = said.stands if least is None else sure is None or sure >= least
    found = {
        "topic": said.topic,
        "subtopic": said.subtopic,
        "confidence": sure,
        "status": "ok" if stands else "review",
    }
    if said.taxonomy is not None:
        found["taxonomy"] = said.taxonomy
    if asked.probabilities:
        found["probabilities"] = said.probabilities
    return found


def predict_answer(asked: AskedItems, said: Sequence[Said]) -> object:
    """The answer of text-embeddings-inference: every topic with its score, the likeliest first.

    Raises:
        RefusedError: when an item has no answer, which this shape cannot say.
    """
    rows = []
    for probabilities in _all_probabilities(asked, said):
        ordered = sorted(probabilities.items(), key=lambda pair: -pair[1])
        rows.append([{"score": score, "label": topic} for topic, score in ordered])
    return rows if asked.batch else rows[0]


def vllm_answer(asked: AskedItems, said: Sequence[Said], model: ServedModel) -> object:
    """The answer of vLLM: for every text the likeliest topic and the probabilities of all, in the model's order.

    Raises:
        RefusedError: as :func:`predict_answer`.
    """
    data = []
    for at, probabilities in enumerate(_all_probabilities(asked, said)):
        label = max(probabilities, key=lambda topic: probabilities[topic])
        probs = list(probabilities.values())
        data.append({"index": at, "label": label, "probs": probs, "num_classes": len(probs)})
    tokens = sum(tokens_of(text, model.reads_tokens) for text in asked.texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens, "completion_tokens": 0, "prompt_tokens_details": None}
    named = {"id": f"classify-{uuid4().hex}", "object": "list", "created": int(time.time()), "model": model.id}
    return {**named, "data": data, "usage": usage}


def _all_probabilities(asked: AskedItems, said: Sequence[Said]) -> list[Mapping[str, float]]:
    found = []
    for at, (item, one) in enumerate(paired(asked, said)):
        if one is None:
            raise _invalid(f"item {at}: {item.problem}")
        if one.topic is None:
            raise RefusedError("failed", f"item {at} failed ({one.status}); '/v1/classify' answers the others")
        if one.probabilities is None:
            raise _invalid("this model gives no probabilities, which this shape needs; ask '/v1/classify'")
        found.append(one.probabilities)
    return found


def models_answer(model: ServedModel) -> object:
    """``GET /v1/models``, as OpenAI's clients read it."""
    about = {"kind": model.kind, "topics": model.topics, "taxonomy": model.taxonomy}
    one = {"id": model.id, "object": "model", "created": model.loaded, "owned_by": "topicsmith", **about}
    return {"object": "list", "data": [one]}
