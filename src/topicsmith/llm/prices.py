"""What an answer, a training and a machine cost, from dated tables with their sources.

Our own table comes first, then the snapshot that the library ``genai-prices`` carries (it is never updated over the
network here). What neither knows is unknown, ``None``, and stays so in every sum: it is never zero.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from topicsmith.records import Usage
from topicsmith.service_settings import GivenPrice

_MILLION = 1_000_000
_BATCH_SHARE: Mapping[str, float] = {"openai": 0.5, "anthropic": 0.5, "google": 0.5}
_PACKAGED: Mapping[str, tuple[str, ...]] = {
    "openai": ("openai",), "anthropic": ("anthropic",), "google": ("google",),
    "together": ("together", "huggingface_together"),
}  # fmt: skip
_SIZE = re.compile(r"(?<![\w.])(\d{1,4}(?:\.\d{1,2})?)b(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens.

    Attributes:
        model: the model as it was asked for, ``provider:model``.
        input_usd: per million input tokens.
        output_usd: per million output tokens; thoughts are output.
        cached_usd: per million input tokens that were read from the provider's cache; ``None``: no other price.
        batch_share: the share of the price that the batch interface asks, ``None`` where there is none.
        up_to_tokens: the length of the input beyond which another, higher price holds; ``None``: any length.
        since: the day from which the price holds, ``None`` where the source does not say.
        source: where the price was read.
    """

    model: str
    input_usd: float
    output_usd: float
    cached_usd: float | None = None
    batch_share: float | None = None
    up_to_tokens: int | None = None
    since: date | None = None
    source: str = ""


def given_price(model_ref: str, given: GivenPrice | None) -> Price | None:
    """The price that the project file gives for ``model_ref``, where it gives one."""
    if given is None:
        return None
    return Price(model_ref, given.input, given.output, given.cached, source="the project file")


@dataclass(frozen=True, slots=True)
class Rate:
    """Dollars for something other than an answer; ``unit`` is ``million tokens`` or ``hour``."""

    usd: float
    unit: str
    since: date
    source: str

    @property
    def usd_per_minute(self) -> float:
        """The rate per minute, of one that is per hour."""
        assert self.unit == "hour", self.unit
        return self.usd / 60


def price(model_ref: str, on_date: date) -> Price | None:
    """The price of ``provider:model`` on a day, ``None`` when it is not known.

    >>> price("anthropic:claude-sonnet-4-5", date(2025, 11, 1)).output_usd
    15.0
    >>> price("vllm:Qwen/Qwen3-4B", date(2025, 11, 1)) is None
    True
    """
    provider, _, model = model_ref.partition(":")
    model = model.removeprefix("models/")  # as Google names its own
    entries = [
        entry for entry in _tables()["tokens"] if entry["provider"] == provider and _names(str(entry["id"]), model)
    ]
    entry = _latest(entries, on_date)
    if entry is not None:
        return Price(
            model_ref, float(entry["input"]), float(entry["output"]), _number(entry.get("cached")),
            _number(entry.get("batch")), entry.get("up_to"), entry["from"], str(entry["source"]),
        )  # fmt: skip
    return _packaged(provider, model, on_date)


def cost(usage: Usage, price: Price | None, *, batch: bool = False) -> float | None:
    """The dollars that an answer cost, ``None`` when a count or the price is not known.

    Cached tokens are part of ``usage.input_tokens`` and cost less where the provider says so; thoughts are part of
    ``usage.output_tokens``. In a batch the cached price stays as it is.

    >>> cost(Usage(1000, 100, cached_tokens=400), Price("x:y", 2.0, 10.0, 0.5))
    0.0024
    """
    if price is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    if price.up_to_tokens is not None and usage.input_tokens > price.up_to_tokens:
        return None
    if batch and price.batch_share is None:
        return None
    share = price.batch_share if batch and price.batch_share is not None else 1.0
    cached = min(usage.cached_tokens or 0, usage.input_tokens) if price.cached_usd is not None else 0
    paid = (usage.input_tokens - cached) * price.input_usd + usage.output_tokens * price.output_usd
    return (paid * share + cached * (price.cached_usd or 0.0)) / _MILLION


def training_price(model_ref: str, on_date: date) -> Rate | None:
    """What hosted fine-tuning of ``provider:model`` costs per million billable tokens, ``None`` when not known.

    The size of the model is read from its name (``Qwen/Qwen3-14B``: 14 billion parameters).
    """
    provider, _, model = model_ref.partition(":")
    size = _SIZE.search(model)
    if size is None:
        return None
    entry = _latest(
        [
            entry
            for entry in _tables()["training"]
            if entry["provider"] == provider and entry["above_b"] < float(size.group(1)) <= entry["up_to_b"]
        ],
        on_date,
    )
    return None if entry is None else Rate(float(entry["usd_per_m"]), "million tokens", entry["from"], entry["source"])


def machine_price(name: str, on_date: date) -> Rate | None:
    """What a machine or a dedicated endpoint costs per hour, ``None`` when not known; see :func:`machines` for names.

    >>> round(machine_price("together:1x_nvidia_h100_80gb_sxm", date(2026, 11, 1)).usd_per_minute, 4)
    0.1082
    """
    entry = _latest([entry for entry in _tables()["machines"] if entry["id"] == name], on_date)
    return None if entry is None else Rate(float(entry["usd_per_hour"]), "hour", entry["from"], entry["source"])


def machines() -> tuple[str, ...]:
    """The names that :func:`machine_price` knows."""
    return tuple(dict.fromkeys(entry["id"] for entry in _tables()["machines"]))


@lru_cache(maxsize=1)
def _tables() -> dict[str, list[dict[str, Any]]]:
    text = (resources.files("topicsmith.llm") / "tables" / "prices.yaml").read_text(encoding="utf-8")
    tables: dict[str, list[dict[str, Any]]] = yaml.safe_load(text)
    return tables


def _names(entry: str, model: str) -> bool:
    return model.startswith(entry[:-1]) if entry.endswith("*") else model == entry


def _latest(entries: list[dict[str, Any]], on_date: date) -> dict[str, Any] | None:
    """The entry that holds on ``on_date``: the last to begin by then."""
    begun = [entry for entry in entries if entry["from"] <= on_date]
    return max(begun, key=lambda entry: (entry["from"], len(str(entry.get("id", "")))), default=None)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


@lru_cache(maxsize=512)
def _packaged(provider: str, model: str, on_date: date) -> Price | None:
    """The price in the snapshot of ``genai-prices``; its tiers by the length of the input become ``up_to_tokens``."""
    from genai_prices import __version__
    from genai_prices.data_snapshot import get_snapshot
    from genai_prices.types import TieredPrices

    found = None
    for name in _PACKAGED.get(provider, ()):  # nobody can know what a gateway or a server of one's own costs
        try:
            _, found = get_snapshot().find_provider_model(model, None, name, None)
        except LookupError:
            continue
        break
    if found is None:
        return None
    prices = found.get_prices(datetime.combine(on_date, time(12), UTC))
    parts = [prices.input_mtok, prices.output_mtok, prices.cache_read_mtok]
    usd = [float(part.base) if isinstance(part, TieredPrices) else _decimal(part) for part in parts]
    if usd[0] is None or usd[1] is None:
        return None
    starts = [tier.start for part in parts if isinstance(part, TieredPrices) for tier in part.tiers]
    return Price(
        f"{provider}:{model}", usd[0], usd[1], usd[2], _BATCH_SHARE.get(provider), min(starts, default=None), None,
        f"genai-prices {__version__}",
    )  # fmt: skip


def _decimal(value: object) -> float | None:
    return None if value is None else float(str(value))
