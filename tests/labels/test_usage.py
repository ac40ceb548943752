"""What one annotator did and cost."""

import numpy as np
import pytest

from topicsmith.labels.usage import annotator_use
from topicsmith.records import Annotation, Usage


def _row(number: int, cost: float | None, output: int | None = None, model: str | None = None) -> Annotation:
    usage = Usage(cost_usd=cost, output_tokens=output, cached_tokens=2 if cost else None)
    return Annotation(f"q{number}", "m:x", "A", None, "labelled", usage=usage, served_model=model)


def test_pending_rows_cost_nothing_and_do_not_dilute_the_mean() -> None:
    cells = [_row(0, 0.01, 10, "x-1"), _row(1, 0.03, 30, "x-2"), Annotation("q2", "m:x", None, None, "pending")]
    use = annotator_use("m:x", cells, np.array([True, False, False]), np.array([True, True, False]), None, np.arange(3))
    assert [use.cost_usd, use.usd_per_1k, use.usd_per_1k_kept] == pytest.approx([0.04, 20, 40])
    assert use.output_tokens_mean == 20
    assert use.served_models == {"x-1": 1, "x-2": 1}
    assert (use.cached_tokens, use.reasoning_tokens) == (4, None)
    assert use.catch_all_rate is None


def test_an_unknown_price_is_not_zero() -> None:
    nothing = np.array([False])
    use = annotator_use("m:x", [_row(0, None)], nothing, nothing, None, np.arange(len(nothing)))
    assert (use.cost_usd, use.usd_per_1k, use.output_tokens) == (None, None, None)
    free = annotator_use("m:x", [_row(0, 0.0)], nothing, nothing, None, np.arange(len(nothing)))
    assert (free.cost_usd, free.usd_per_1k, free.usd_per_1k_kept) == (0.0, 0.0, None)
