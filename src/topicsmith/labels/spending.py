"""What one annotator did and cost: statuses, use of the catch-all, tokens and money."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.labels.intervals import Estimate, wilson
from topicsmith.records import Annotation


@dataclass(frozen=True)
class AnnotatorUse:
    """One annotator over all rows.

    ``catch_all`` counts its answers that are the catch-all, ``catch_all_rate`` their share of its topics, and
    ``catch_all_rate_disagreed`` that share among the rows on which annotators disagree. ``cost_usd`` adds up what is
    known; ``cost_unknown`` counts answered rows whose price is not, and while there is one the figures per 1,000 are
    unknown. ``usd_per_1k`` is per 1,000 rows, ``usd_per_1k_kept`` per 1,000 rows on which all agree.
    """

    name: str
    rows: int
    labelled: int
    statuses: dict[str, int]
    catch_all: int
    catch_all_rate: Estimate | None
    catch_all_rate_disagreed: Estimate | None
    cost_usd: float | None
    cost_unknown: int
    usd_per_1k: float | None
    usd_per_1k_kept: float | None
    input_tokens: int | None
    output_tokens: int | None
    output_tokens_mean: float | None
    served_models: dict[str, int]


def annotator_use(
    name: str,
    cells: Sequence[Annotation],
    agreed: NDArray[np.bool_],
    complete: NDArray[np.bool_],
    catch_all: str | None,
) -> AnnotatorUse:
    """Count what the annotator ``name`` did in ``cells``, one per row; ``agreed`` and ``complete`` mark rows."""
    topics = [cell.topic for cell in cells if cell.status == "labelled"]
    disagreed = [cell.topic for cell, at in zip(cells, complete & ~agreed, strict=True) if at]
    answered = [cell for cell in cells if cell.status != "pending"]
    costs = [cell.usage.cost_usd for cell in answered if cell.usage.cost_usd is not None]
    total = sum(costs) if costs else None
    known = total if costs and len(costs) == len(answered) else None
    outputs = [cell.usage.output_tokens for cell in answered if cell.usage.output_tokens is not None]
    inputs = [cell.usage.input_tokens for cell in answered if cell.usage.input_tokens is not None]
    kept = int(agreed.sum())
    uses = topics.count(catch_all) if catch_all is not None else 0
    return AnnotatorUse(
        name=name,
        rows=len(cells),
        labelled=len(topics),
        statuses=dict(sorted(Counter(cell.status for cell in cells).items())),
        catch_all=uses,
        catch_all_rate=wilson(uses, len(topics)) if catch_all is not None else None,
        catch_all_rate_disagreed=wilson(disagreed.count(catch_all), len(disagreed)) if catch_all is not None else None,
        cost_usd=total,
        cost_unknown=len(answered) - len(costs) if costs else 0,
        usd_per_1k=1000 * known / len(answered) if known is not None else None,
        usd_per_1k_kept=1000 * known / kept if known is not None and kept else None,
        input_tokens=sum(inputs) if inputs else None,
        output_tokens=sum(outputs) if outputs else None,
        output_tokens_mean=sum(outputs) / len(outputs) if outputs else None,
        served_models=dict(sorted(Counter(cell.served_model for cell in answered if cell.served_model).items())),
    )
