"""``kind: prompted``: any annotator's model asked with a prompt, as a candidate; every answer through the ledger."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from topicsmith.classifiers.base import Charge, FitContext, FittedModel, Predictions, Traits
from topicsmith.classifiers.prompted.settings import PromptedSettings
from topicsmith.classifiers.tensors import read_json
from topicsmith.dataset.subset import subset
from topicsmith.errors import ModelFolderError, ProjectError, first_line
from topicsmith.json_file import COPY_AGAIN, checked
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.annotate import make_annotator
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.labels.run_ledger import candidate_account, ledger_of, run_of
from topicsmith.llm.prompts import Prompt, load_prompt
from topicsmith.llm.types import PAID_SERVICES, provider_of
from topicsmith.progress import Progress, SilentProgress
from topicsmith.project import CandidateSettings
from topicsmith.records import (
    Annotation,
    AnnotationStatus,
    Example,
    Prediction,
    PredictionStatus,
    Query,
    TrainSet,
    Usage,
    ValidationSet,
)
from topicsmith.service_settings import ServiceSettings
from topicsmith.taxonomy import Taxonomy, to_document
from topicsmith.taxonomy_file import from_document
from topicsmith.yaml_loaders import PlainDumper

if TYPE_CHECKING:
    from topicsmith.llm.types import ChatRequest

CONFIG = "prompted.json"
PROMPT = "prompt.yaml"

_STATUS: Mapping[AnnotationStatus, PredictionStatus] = {
    "labelled": "ok",
    "abstained": "abstained",
    "refused": "refused",
    "filtered": "refused",
    "truncated": "truncated",
    "unparsable": "unparsable",
    "off_taxonomy": "off_taxonomy",
    "too_large": "failed",
    "failed": "failed",
    "pending": "failed",
}


@dataclass(frozen=True)
class PromptSetup:
    """Whom to ask and how: everything but where answers are kept."""

    name: str
    model: str
    prompt: Prompt
    taxonomy: Taxonomy
    answer: Literal["json", "xml"]
    examples: tuple[Example, ...]
    budget_usd: float | None
    concurrency: int
    service: ServiceSettings | None = None


@dataclass(frozen=True)
class _Saved:
    """What of a saved setup stands in ``config.json`` as it is."""

    name: str
    model: str
    answer: Literal["json", "xml"]
    examples: tuple[Example, ...]
    budget_usd: float | None
    concurrency: int


class PromptedClassifier:
    """Asks a model about every text; a text asked before is answered from the ledger."""

    def __init__(
        self, asking: PromptSetup, ledger: Path, progress: Progress, run: str = "", purpose: str = "classify"
    ) -> None:
        """Keep paid answers in ``ledger``, counted towards ``purpose`` in the run of that name."""
        self.asking, self.ledger, self.progress = asking, ledger, progress
        self.run, self.purpose = run, purpose

    def spend_as(self, purpose: str) -> None:
        """Count what is paid from now on towards ``purpose``."""
        self.purpose = purpose

    def of_model(self, model: str) -> "PromptedClassifier":
        """The same asked of another model."""
        asking = replace(self.asking, model=model)
        return PromptedClassifier(asking, self.ledger, self.progress, self.run, self.purpose)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics it knows, in order."""
        return self.asking.taxonomy.names

    def predict(self, texts: Sequence[str]) -> Predictions:
        """One prediction per text, in order; whatever a model does but answer is a status.

        Raises:
            BudgetSpentError: when ``budget_usd`` is spent; what was answered is kept.
        """
        from tempfile import TemporaryDirectory

        distinct = {text: str(number) for number, text in enumerate(dict.fromkeys(texts))}
        queries = [Query(query_id, text, query_id) for text, query_id in distinct.items()]
        self.ledger.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory() as folder:
            write_prompt(self.asking.prompt, Path(folder) / PROMPT)
            annotator = make_annotator(self.asking.model, self._context(Path(folder)))
            found = {annotation.query_id: _prediction(annotation) for annotation in annotator.annotate(queries)}
        return Predictions(tuple(found.get(distinct[text], Prediction(None, status="failed")) for text in texts))

    def all_answered(self, texts: Sequence[str]) -> bool:
        """Whether the ledger holds an answer for every text, so that nothing needs to be asked."""
        from topicsmith.llm.ledger.ledger import Ledger, answer_key

        if not self.ledger.exists():
            return False
        service = self.asking.model.partition(":")[0]
        keys = [answer_key(service, request) for request in self._requests(texts)]
        with Ledger(self.ledger) as ledger:
            return len(ledger.find(keys)) == len(set(keys))

    def usage(self, texts: Sequence[str]) -> list[list[Usage]]:
        """What each distinct text took by the ledger: an entry per answer, two where it was asked once more."""
        from topicsmith.llm.ledger.ledger import Ledger
        from topicsmith.llm.requests.answer_room import keys_of

        if not self.ledger.exists():
            return [[] for _ in dict.fromkeys(texts)]
        service = self.asking.model.partition(":")[0]
        keys = [keys_of(service, request) for request in self._requests(texts)]
        with Ledger(self.ledger) as ledger:
            paid = ledger.find([key for row in keys for key in row])
        return [[paid[key].answer.usage for key in row if key in paid] for row in keys]

    def _requests(self, texts: Sequence[str]) -> "list[ChatRequest]":
        """What is asked about each of the distinct ``texts``."""
        from topicsmith.labels.questions import Questions
        from topicsmith.llm.shaping import body_digest

        asking = self.asking
        model = asking.model.partition(":")[2]
        shape = body_digest(asking.service)
        questions = Questions(model, asking.prompt, asking.taxonomy, asking.answer, asking.examples, shape=shape)
        return [questions.ask(Query("", text, "")).request for text in dict.fromkeys(texts)]

    def _context(self, folder: Path) -> AnnotatorContext:
        asking = self.asking
        settings = LabelingSettings(
            prompt=PROMPT, answer=asking.answer, budget_usd=asking.budget_usd, concurrency=asking.concurrency,
            services={} if asking.service is None else {asking.model: asking.service},
        )  # fmt: skip
        return AnnotatorContext(
            asking.taxonomy,
            settings,
            folder,
            self.ledger,
            self.progress,
            account=candidate_account(self.purpose, asking.name, self.run),
            examples=asking.examples,
        )

    def save(self, folder: Path) -> None:
        """Write whom to ask and how, as JSON and YAML; no key is written."""
        asking = self.asking
        document = {
            "name": asking.name,
            "model": asking.model,
            "taxonomy": to_document(asking.taxonomy),
            "answer": asking.answer,
            "examples": [asdict(example) for example in asking.examples],
            "budget_usd": asking.budget_usd,
            "concurrency": asking.concurrency,
            "service": None if asking.service is None else asking.service.model_dump(mode="json"),
        }
        (folder / CONFIG).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        write_prompt(asking.prompt, folder / PROMPT)


class PromptedKind:
    """The door to ``kind: prompted``."""

    Settings = PromptedSettings
    traits = Traits(trained=False, remote=True, updatable=True, title="a prompted language model")

    def cost(self, settings: CandidateSettings) -> Charge:
        """By the token at the paid services; what else is asked runs on a machine of one's own."""
        assert isinstance(settings, PromptedSettings)
        model = settings.model if settings.service is None else settings.service.asked(settings.model)
        return Charge("tokens", model) if provider_of(model) in PAID_SERVICES else Charge()

    def check(self, settings: CandidateSettings, project_folder: Path) -> None:
        """Look whether the prompt is there and has a place for the examples."""
        assert isinstance(settings, PromptedSettings)
        _prompt_of(settings, project_folder)

    def fit(
        self,
        settings: CandidateSettings,
        train: TrainSet,
        validation: ValidationSet,  # the door's signature
        context: FitContext,
    ) -> FittedModel:
        """Choose the examples to show; nothing is asked yet.

        Raises:
            ProjectError: when the prompt has no place for examples, or there are too few rows to show.
        """
        assert isinstance(settings, PromptedSettings)
        prompt = _prompt_of(settings, context.project_folder)
        shown: tuple[Example, ...] = ()
        if settings.examples:
            shown = tuple(replace(row, copies=1) for row in subset(train, settings.examples, settings.seed))
        asking = PromptSetup(
            settings.name,
            settings.model,
            prompt,
            context.taxonomy,
            settings.answer,
            shown,
            settings.budget_usd,
            settings.concurrency,
            settings.service,
        )
        return PromptedClassifier(asking, context.ledger, context.progress, context.run, "evaluate")

    def load(self, folder: Path) -> FittedModel:
        """Load what was saved; answers are kept in the project's ledger where the folder lies in a run."""
        path = folder / CONFIG
        try:
            saved: dict[str, Any] = read_json(path)
            fixed = checked(_Saved, saved, path, ModelFolderError, COPY_AGAIN)
            service = None if saved.get("service") is None else ServiceSettings.model_validate(saved["service"])
            prompt, taxonomy = load_prompt(PROMPT, folder), from_document(saved["taxonomy"], path)
            asking = PromptSetup(
                fixed.name, fixed.model, prompt, taxonomy, fixed.answer, fixed.examples, fixed.budget_usd,
                fixed.concurrency, service,
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise ModelFolderError(f"{path}: cannot be read ({first_line(exc)}); copy the folder again") from None
        run = run_of(folder)
        return PromptedClassifier(asking, ledger_of(folder), SilentProgress(), run.name if run else "")


KIND = PromptedKind()


def _prompt_of(settings: PromptedSettings, project_folder: Path) -> Prompt:
    prompt = load_prompt(settings.prompt, project_folder)
    if settings.examples and "{examples}" not in prompt.system + prompt.user:
        raise ProjectError(
            f"candidate '{settings.name}': 'examples: {settings.examples}' but the prompt '{settings.prompt}' has "
            "no place {examples}; use 'prompt: v2'"
        )
    return prompt


def write_prompt(prompt: Prompt, path: Path) -> None:
    """Write ``prompt`` as the YAML file that :func:`load_prompt` reads."""
    document = {
        "name": prompt.name,
        "reasoning": prompt.reasoning,
        "quote": prompt.quote,
        "system": prompt.system,
        "user": prompt.user,
        "json": prompt.json_form,
        "xml": prompt.xml_form,
    }
    path.write_text(yaml.dump(document, Dumper=PlainDumper, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _prediction(annotation: Annotation) -> Prediction:
    return Prediction(
        annotation.topic,
        annotation.confidence,
        _STATUS[annotation.status],
        annotation.subtopic,
        annotation.usage.output_tokens,
        annotation.latency_s,
    )
