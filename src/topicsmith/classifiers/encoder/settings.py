"""What can be chosen for the kind ``encoder``."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from topicsmith.classifiers.encoder.tokenization import LongTexts
from topicsmith.project import CandidateSettings

RECIPES: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "fast": {"epochs": 2, "freeze": "half"},
        "standard": {},
        "best": {"epochs": 8, "freeze": "none", "consistency": 1.0, "averaging": 0.995},
    }
)
"""What each recipe sets; a key that the project file has goes before it. Measured by ``benchmarks/recipes.py``."""


class EncoderSettings(CandidateSettings):
    """How to train. ``docs/encoder.md`` explains every key.

    ``recipe`` names the values of the keys that are not given themselves.

    ``learning_rate: null`` is 5e-5 for encoders as wide as BERT-base and 2e-4 for narrower ones;
    ``head_learning_rate: null`` is ten times that. ``freeze`` as a number keeps all embeddings and that many of
    the lowest layers as they are, as ``half`` the lower half of them.
    """

    recipe: Literal["fast", "standard", "best"] = "standard"
    model: str = "distilbert/distilbert-base-uncased"
    pooling: Literal["auto", "model", "layer", "mean"] = "auto"
    max_tokens: int | None = Field(default=None, ge=8)
    long_texts: LongTexts = "head"
    epochs: int = Field(default=5, ge=1)
    batch_size: int = Field(default=32, ge=1)
    learning_rate: float | None = Field(default=None, gt=0)
    head_learning_rate: float | None = Field(default=None, gt=0)
    layer_decay: float = Field(default=1.0, gt=0, le=1)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup: float = Field(default=0.1, ge=0, lt=1)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    consistency: float = Field(default=0.0, ge=0)
    averaging: float = Field(default=0.0, ge=0, lt=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    early_stopping: int | None = Field(default=3, ge=1)
    weighting: Literal["copies", "loss", "balanced"] = "copies"
    freeze: Literal["none", "word_embeddings", "half"] | Annotated[int, Field(ge=1)] = "word_embeddings"
    seeds: int = Field(default=1, ge=1, le=20)
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    processes: Annotated[int, Field(ge=1, le=64)] | Literal["auto"] = 1

    @model_validator(mode="before")
    @classmethod
    def _from_recipe(cls, given: Any) -> Any:
        recipe = given.get("recipe", "standard") if isinstance(given, Mapping) else None
        return {**RECIPES[recipe], **given} if isinstance(recipe, str) and recipe in RECIPES else given
