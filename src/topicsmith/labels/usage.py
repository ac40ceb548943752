"""What one annotator did and cost: statuses, use of the catch-all, tokens and money."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.records import Annotation
from topicsmith.statistics.clusters import share
from topicsmith.statistics.intervals import IntArray, Interval


@dataclass(frozen=True)
class AnnotatorUse:
    """One annotator over all rows.

    ``catch_all`` counts its answers that are the catch-all, ``catch_all_rate`` their share of its topics, and
    ``catch_all_rate_disagreed`` that share among the rows on which annotators disagree. ``cost_usd`` adds up what is
    known; ``cost_unknown`` counts answered rows whose price is not, and while there is one the figures per 1,000 are
    unknown. ``usd_per_1k`` is per 1,000 rows, ``usd_per_1k_kept`` per 1,000 rows on which all agree. Of the
    ``input_tokens``, ``cached_tokens`` were read from the provider's cache; of the ``output_tokens``,
    ``reasoning_tokens`` were thoughts; each adds up the answers that say.
    """

    name: str
    rows: int
    labelled: int
    statuses: dict[str, int]
    catch_all: int
    catch_all_rate: Interval | None
    catch_all_rate_disagreed: Interval | None
    cost_usd: float | None
    cost_unknown: int
    usd_per_1k: float | None
    usd_per_1k_kept: float | None
    input_tokens: int | None
    output_tokens: int | None
    output_tokens_mean: float | None
    served_models: dict[str, int]
    cached_tokens: int | None
    reasoning_tokens: int | None


def annotator_use(
    name: str,
    cells: Sequence[Annotation],
    agreed: NDArray[np.bool_],
    complete: NDArray[np.bool_],
    catch_all: str | None,
    groups: IntArray,
) -> AnnotatorUse:
    """Count what the annotator ``name`` did in ``cells``, one per row.

    ``agreed`` and ``complete`` mark rows, ``groups`` numbers their near-copies.
    """
    labelled = np.array([cell.status == "labelled" for cell in cells], dtype=bool)
    fell_back = np.array([cell.topic == catch_all for cell in cells], dtype=bool)
    disagreed = complete & ~agreed
    answered = [cell for cell in cells if cell.status != "pending"]
    costs = [cell.usage.cost_usd for cell in answered if cell.usage.cost_usd is not None]
    total = sum(costs) if costs else None
    known = total if costs and len(costs) == len(answered) else None
    outputs = [cell.usage.output_tokens for cell in answered if cell.usage.output_tokens]  # 0: another row's answer
    kept = int(agreed.sum())
    uses = int((fell_back & labelled).sum()) if catch_all is not None else 0
    return AnnotatorUse(
        name=name,
        rows=len(cells),
        labelled=int(labelled.sum()),
        statuses=dict(sorted(Counter(cell.status for cell in cells).items())),
        catch_all=uses,
        catch_all_rate=share(fell_back[labelled], groups[labelled]) if catch_all is not None else None,
        catch_all_rate_disagreed=share(fell_back[disagreed], groups[disagreed]) if catch_all is not None else None,
        cost_usd=total,
        cost_unknown=len(answered) - len(costs) if costs else 0,
        usd_per_1k=1000 * known / len(answered) if known is not None else None,
        usd_per_1k_kept=1000 * known / kept if known is not None and kept else None,
        input_tokens=_sum([cell.usage.input_tokens for cell in answered]),
        output_tokens=_sum([cell.usage.output_tokens for cell in answered]),
        output_tokens_mean=sum(outputs) / len(outputs) if outputs else None,
        served_models=dict(sorted(Counter(cell.served_model for cell in answered if cell.served_model).items())),
        cached_tokens=_sum([cell.usage.cached_tokens for cell in answered]),
        reasoning_tokens=_sum([cell.usage.reasoning_tokens for cell in answered]),
    )


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
