"""The process that owns the model: it loads it, tests it, and answers one batch after the other."""

import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from topicsmith.atomic_files import sha256
from topicsmith.classifiers.base import Predictions, Updatable, spend_as, traits_of
from topicsmith.classifiers.model_folder import MANIFEST, read_manifest
from topicsmith.errors import ModelFolderError, TopicsmithError, UserError, first_line
from topicsmith.loading import Classifier, load
from topicsmith.serving.frames import packed, receive

PROBES = ("a", "my card was charged twice and I want my money back", "how do I reset my password?")
"""Texts that a model is asked before it may serve, alone and in company."""
_SAME = 1e-3
"""By how much a confidence may differ between a text alone and the same text in company."""


def main() -> None:
    """Serve the socket whose number is the first argument; end when the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server says when to end, by closing the socket
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    connection = socket.socket(fileno=int(sys.argv[1]))
    try:
        classifier = load(Path(sys.argv[2]), sys.argv[3] or None)
        spend_as(classifier.model, "classify")
        check(classifier)
        about = described(classifier)
    except Exception as exc:
        connection.sendall(packed({"error": _told(exc), "user": isinstance(exc, UserError)}))
        if os.environ.get("TOPICSMITH_DEBUG"):
            raise
        return
    connection.sendall(packed({"ready": about}))
    serve(connection, classifier)


def serve(connection: socket.socket, classifier: Classifier) -> None:
    """Answer every message until the other side is gone."""
    while isinstance(message := receive(connection), dict):
        try:
            found = said(classifier, message["texts"], probabilities=message["probabilities"])
            reply: dict[str, object] = {"said": found}
        except Exception as exc:  # noqa: BLE001  # whatever a library raises costs this batch, not the process
            reply = {"error": _told(exc)}
        try:
            connection.sendall(packed(reply))
        except ConnectionError:
            return


def _told(exc: Exception) -> str:
    """What may be said of an error: our own sentences, of others the type alone, since they may quote texts."""
    return first_line(exc) if isinstance(exc, TopicsmithError) else type(exc).__name__


def said(classifier: Classifier, texts: Sequence[str], *, probabilities: bool) -> list[list[object]]:
    """A row a text: topic, subtopic, confidence, whether it stands, status, taxonomy, probabilities by topic.

    What is not a finite number is no answer: such a text has failed.
    """
    found, stands = classifier.predict_sure(texts)
    shares = None if found.probabilities is None else found.probabilities.tolist()
    rows: list[list[object]] = []
    for at, item in enumerate(found):
        own = None if shares is None else shares[at]
        sound = (item.confidence is None or math.isfinite(item.confidence)) and (
            own is None or all(map(math.isfinite, own))
        )
        if item.topic is None or not sound:
            status = "failed" if item.status == "ok" else item.status
            rows.append([None, None, None, False, status, item.taxonomy, None])
            continue
        by_topic = dict(zip(classifier.classes_, own, strict=True)) if own is not None and probabilities else None
        rows.append([item.topic, item.subtopic, item.confidence, stands[at], item.status, item.taxonomy, by_topic])
    return rows


def check(classifier: Classifier, predict: Callable[[Sequence[str]], Predictions] | None = None) -> None:
    """Ask a model a few texts before it may serve; one that is paid by the answer is believed.

    Raises:
        ModelFolderError: when it fails, answers with what is no topic of its own or no number, or says otherwise of
            a text in company than of the same text alone.
    """
    if traits_of(classifier.kind).remote:
        return
    ask = predict or classifier.predict
    together = ask(PROBES)
    for text, item in zip(PROBES, together, strict=True):
        alone = ask([text]).items[0]
        if item.topic is None or item.topic not in classifier.classes_:
            raise ModelFolderError(f"{classifier.folder}: does not answer the test text '{text}' with a topic; {_CURE}")
        sure = (item.confidence or 0.0, alone.confidence or 0.0)
        if not all(map(math.isfinite, sure)):
            raise ModelFolderError(f"{classifier.folder}: its confidence for '{text}' is not a number; {_CURE}")
        if alone.topic != item.topic or abs(sure[0] - sure[1]) > _SAME:
            raise ModelFolderError(f"{classifier.folder}: answers '{text}' differently in company than alone; {_CURE}")


_CURE = "train the candidate again"


def described(classifier: Classifier) -> dict[str, object]:
    """What the server tells of the model, as :class:`~topicsmith.serving.records.ServedModel` has it."""
    manifest = read_manifest(classifier.folder)
    data = manifest.get("data")
    taxonomy = data.get("taxonomy") if isinstance(data, dict) else None
    if isinstance(classifier.model, Updatable):
        taxonomy = next((item.taxonomy for item in classifier.predict([PROBES[0]])), None)
    return {
        "id": f"{classifier.folder.resolve().name}@{sha256(classifier.folder / MANIFEST)[:12]}",
        "kind": classifier.kind,
        "topics": list(classifier.classes_),
        "taxonomy": taxonomy if isinstance(taxonomy, str) else None,
        "reads_tokens": traits_of(classifier.kind).reads_tokens,
        "loaded": int(time.time()),
    }


if __name__ == "__main__":
    main()
