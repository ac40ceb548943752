"""The published experiment's training and serving by model size, and what follows from its figures by arithmetic.

It published some figures of some sizes. What stands between them is worked out here and marked ``derived``:

* its price of training is flat over size, so every size up to 14B costs what it paid for 4B and 14B alike;
* with 50 requests always under way, the mean time of one is 50 divided by the requests a second (Little's law);
* a dedicated endpoint costs the same an hour whatever runs on it, so cost per 1,000 follows from requests a second.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONCURRENT = 50


@dataclass(frozen=True)
class PublishedTraining:
    """What training a model of ``parameters`` cost; ``derived`` where no bill for that size was published."""

    model: str
    parameters: float | None
    usd: float
    minutes: float | None
    derived: bool


@dataclass(frozen=True)
class PublishedServing:
    """One model with one prompt at 50 concurrent requests; ``derived`` names what was not published as such."""

    model: str
    parameters: float
    prompt: str
    per_s: float
    latency_s: float
    usd_per_1k: float
    derived: tuple[str, ...]


def published_training(document: Mapping[str, Any]) -> tuple[PublishedTraining, ...]:
    """The bills, and beside them what the price per token says of the other sizes of the same family."""
    paid = document["training"]["paid"]
    bills = [
        PublishedTraining(str(e["model"]), _billions(e["parameters_b"]), float(e["usd"]), e.get("minutes"), False)
        for e in paid
    ]
    tuned = next(bill for bill in bills if bill.parameters == 14e9)
    rates = document["training"]["usd_per_m"]
    usual = float(rates[0]["usd"])
    others = [
        PublishedTraining(f"{size:g}B", size * 1e9, tuned.usd * float(rate["usd"]) / usual, None, True)
        for rate in rates
        for size in dict.fromkeys((float(rate["from_b"]), float(rate["to_b"])))
        if size * 1e9 not in {bill.parameters for bill in bills}
    ]
    return tuple(sorted([*bills, *others], key=lambda each: (each.parameters is None, each.parameters or 0.0)))


def published_serving(document: Mapping[str, Any]) -> tuple[PublishedServing, ...]:
    """Requests a second, mean time and cost of every model and prompt for which one of them was published."""
    rates: dict[tuple[str, str], float] = {
        (model, prompt): float(rate)
        for model, prompts in document["requests_per_second_at_50"].items()
        for prompt, rate in prompts.items()
    }
    faster = document["faster_than_14b"]
    stated = set(rates)
    key = (str(faster["model"]), str(faster["prompt"]))
    rates[key] = rates["Qwen3-14B", key[1]] * float(faster["times"])
    costs = document["usd_per_1k"]
    per_second = float(costs["Qwen3-14B"]) / 1000 * rates["Qwen3-14B", "v3"]  # dollars a second of the endpoint
    found = []
    for (model, prompt), per_s in rates.items():
        known = prompt == "v3" and model in costs  # the published costs are those of the reasoning prompt
        usd = float(costs[model]) if known else 1000 * per_second / per_s
        derived = [*([] if (model, prompt) in stated else ["per_s"]), "latency_s", *([] if known else ["usd_per_1k"])]
        found.append(PublishedServing(model, _size(model), prompt, per_s, CONCURRENT / per_s, usd, tuple(derived)))
    return tuple(sorted(found, key=lambda each: (each.parameters, each.prompt)))


def _billions(value: float | None) -> float | None:
    return None if value is None else float(value) * 1e9


def _size(model: str) -> float:
    found = re.search(r"(\d+(?:\.\d+)?)B", model)
    assert found is not None, model
    return float(found.group(1)) * 1e9
