"""The published figures, as the source has them."""

from topicsmith.report.reference.data import read_published


def test_figures_of_the_source() -> None:
    published = read_published()
    assert published.source == "Orq.ai, Can a 4B Model Match a 14B Model?, 2025-12-05"
    assert (published.agreement, published.kappa, published.labelling_usd_per_1k) == (0.778, 0.72, 2.62)
    assert (published.ratio_before, published.ratio_after) == (23.0, 3.8)
    assert (published.query_median, published.trace_median) == (62, 3457)
    assert dict(published.labelling_usd) == {"Gemini 2.5 Pro": 4.53, "Claude Sonnet 4.5": 21.63}
    assert ("Qwen3-0.6B", "v1", 56.5) in published.throughput


def test_a_cost_belongs_to_the_prompt_it_was_published_for() -> None:
    costs = {(r.model, r.prompt): r.usd_per_1k for r in read_published().results}
    assert costs["Qwen3-14B", "v3"] == 0.4
    assert costs["Qwen3-14B", "v1"] is None
    assert costs["GLM-4.5-Air-FP8", None] == 0.2
    assert costs["GPT-4.1-nano", "v3"] == 0.135
