"""The page: what it tells, in which order, and that nothing foreign becomes markup."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

import orjson
import pytest

from topicsmith.report.content import read_content
from topicsmith.report.page import render
from topicsmith.runs import RunFolder


class _Parser(HTMLParser):
    """Collects tags, ids and the text that is seen."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag in {"style", "script"}

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "script"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words).replace("\u202f", " "))


def parse(page: str) -> _Parser:
    parser = _Parser()
    parser.feed(page)
    parser.close()
    return parser


def page_of(run: RunFolder) -> str:
    return render(read_content(run, "my-topics"))


def test_sections_stand_in_the_order_a_reader_asks(run: RunFolder) -> None:
    ids = [attributes["id"] for tag, attributes in parse(page_of(run)).tags if tag == "section"]
    assert ids == [
        "answer", "incoming", "labels", "rows", "candidates", "cost", "confidence", "topics", "published", "methods",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [
        "Deploy tfidf: correct on 77.0 % (58.0 to 89.0) of all rows, by a person's audit.",
        "71.1 to 86.7 at 95 %",  # its interval
        "$0.0021",  # its cost of 1,000 texts
        "2.62 ms",  # its latency
        "73.3 to 88.3",  # the interval of the best
        "$0.031",
        "14.7 ms",
        "it would look like 94.7 %.",
        "tfidf, topic by topic, weakest first",  # of what is to be deployed, as the advice on topics is
        "To tell tfidf from minilm takes about 2,300 more test rows",
        "none is safe",  # no threshold keeps the wished error
        "1,000 queries from 1,012 traces",
        "no user message 9",
        "968",  # groups of near-copies
        "75.0 %",  # agreement
        "0.661",  # kappa
        "92.4 %",  # agreed labels that are right
        "agreed rows 94.7 %",  # the flattering accuracy, marked
        "350 → 310",  # the largest topic, balanced
        "15.2 → 3.78",  # imbalance
        "6 of 50 rows",  # the commonest confusion
        "14 texts stand in two splits",
        "1 min 15 s",  # the label stage
        "77.8 %",  # the published agreement
    ],
)
def test_exact_figures_are_told(run: RunFolder, told: str) -> None:
    assert told in parse(page_of(run)).text


def test_without_advice_the_best_is_deployed(without: Callable[[str], RunFolder]) -> None:
    text = parse(page_of(without("advice.json"))).text
    assert "Deploy minilm: correct on 79.0 % (60.0 to 90.0) of all rows, by a person's audit." in text
    assert "About 2,300 more test rows would separate 2 tfidf from the best" in text


def test_the_headline_is_corrected_for_having_been_chosen(without: Callable[[str], RunFolder]) -> None:
    run = without("audit_report.json")
    text = parse(page_of(run)).text
    assert "Deploy tfidf: correct on 80.0 % (71.1 to 86.7) of 100 test rows; it may be the most accurate" in text
    evaluations = orjson.loads(run.file("evaluations.json").read_bytes())
    chosen = next(e for e in evaluations if e["candidate"] == "tfidf" and e["split"] == "test")
    chosen["chosen_accuracy"] = {"value": 0.775, "low": 0.69, "high": 0.86, "n": 100}
    run.write_json("evaluations.json", evaluations)
    text = parse(page_of(run)).text
    assert "Deploy tfidf: correct on 77.5 % (69.0 to 86.0) of rows like the 100 test rows" in text
    assert "corrected for having been chosen on them 77.5 % (69.0 to 86.0)" in text


def test_the_median_conversation_is_told_beside_the_median_query(run: RunFolder) -> None:
    told = "The median query has 11 tokens, the median conversation 430 (39.1 times as many)"
    assert told in parse(page_of(run)).text


def test_foreign_texts_stay_text(run: RunFolder) -> None:
    parser = parse(page_of(run))
    assert "script" not in {tag for tag, _ in parser.tags}
    assert "<script>document.title='pwned'</script>" in parser.text
    assert "pay to [U+202E]gpj.exe now" in parser.text
    assert "\u202e" not in page_of(run)


def test_nothing_is_loaded_from_elsewhere(run: RunFolder) -> None:
    parser = parse(page_of(run))
    loading = {"src", "srcset", "data", "poster", "action", "formaction", "style", "background"}
    assert not [(tag, a) for tag, a in parser.tags if loading & a.keys() or any(key.startswith("on") for key in a)]
    assert all((a.get("href") or "").startswith("#") for tag, a in parser.tags if tag == "a")
    assert not {"link", "iframe", "object", "embed", "img", "base", "use", "image"} & {tag for tag, _ in parser.tags}
    policy = next(a["content"] for tag, a in parser.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_every_figure_has_words_for_those_who_do_not_see_it(run: RunFolder) -> None:
    drawn = [a for _, a in parse(page_of(run)).tags if a.get("role") == "img"]
    assert len(drawn) > 8
    assert all(a.get("aria-label") for a in drawn)


def test_the_same_content_gives_the_same_bytes(run: RunFolder) -> None:
    assert page_of(run) == page_of(run)


@pytest.mark.parametrize("which", ["run", "empty_run"])
def test_the_experiment_s_figures_stand_there_only_where_they_are_asked_for(
    which: str, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(which)
    page = render(read_content(folder, "my-topics", published=False))
    assert "Orq.ai" not in page.partition('id="methods"')[0]
    assert 'href="#published"' not in page
    assert "Orq.ai" in page_of(folder)


def test_the_answer_says_how_to_use_it(run: RunFolder) -> None:
    text = parse(page_of(run)).text
    assert f"topicsmith classify runs/{run.path.name} -i FILE -o answers.jsonl" in text
    assert f"It lies in runs/{run.path.name}/classifiers/tfidf" in text


def test_the_verdict_and_what_to_look_at_first_stand_above_the_figures(run: RunFolder) -> None:
    verdict = {
        "usable": "best can be used.", "failing": "best fails completely on <b>Media</b>.", "coverage": "All labelled.",
        "next_step": "Next: label more.", "failing_topics": ["<b>Media</b>"], "alarms": ["Half got no label."],
    }  # fmt: skip
    run.write_json("verdict.json", verdict)
    try:
        page = page_of(run)
    finally:
        run.file("verdict.json").unlink()
    answer = page.partition('id="answer"')[2].partition('class="facts"')[0]
    assert "best fails completely on &lt;b&gt;Media&lt;/b&gt;." in answer
    assert "Look at this first.</b> <bdi>Half got no label.</bdi>" in answer
    assert "best can be used" not in answer  # the headline says it


def test_an_unfinished_run_says_what_is_missing(empty_run: RunFolder) -> None:
    text = parse(page_of(empty_run)).text
    for missing in ("judged candidates", "traces", "labels", "splits", "scores by topic", "stage times"):
        assert f"Not in this run: {missing}" in text


@pytest.mark.parametrize(
    "name", ["agreement.json", "label_quality.json", "statistics.json", "evaluations.json", "leaderboard.json"]
)
def test_any_document_may_be_missing(without: Callable[[str], RunFolder], name: str) -> None:
    assert "<h1>" in page_of(without(name))


def test_agreed_rows_are_marked_where_there_is_no_truth(run: RunFolder) -> None:
    found = run.read_json("evaluations.json")
    assert isinstance(found, list)
    run.write_json("evaluations.json", [{**entry, "truth": "labels"} for entry in found])
    text = parse(page_of(run)).text
    assert "Agreed rows only." in text
    for figure in ("Accuracy", "Macro F1", "Cost against accuracy", "Risk against coverage", "Learning curves"):
        assert f"{figure} agreed rows only" in text


@pytest.mark.parametrize(("holds", "said"), [(True, "yes"), (False, "no"), (None, "–")])
def test_a_threshold_whose_promise_the_test_rows_contradict_is_marked(
    run: RunFolder, holds: bool | None, said: str
) -> None:
    document = json.loads(run.file("confidence.json").read_text())
    document["calibration"][0].update(holds_on_test=holds, error={"value": 0.09, "low": 0.04, "high": 0.2, "n": 44})
    run.write_json("confidence.json", document)
    page = render(read_content(run, "my-topics"))
    row = re.search(
        r"<tr><td><bdi>minilm</bdi></td><td>true topics</td><td class=\"figure\">0\.871.*?</tr>", page, re.DOTALL
    )
    assert row is not None
    assert re.findall(r"<td>(?:<span class=\"(?:yes|no)\">)?(\w+|–)(?:</span>)?</td>", row.group()) == [said]
    warning = "The test rows contradict the target for <bdi>minilm</bdi> (9.0\u202f% wrong where at most 2.0\u202f%"
    assert (warning in page) == (holds is False)


def test_without_truth_thresholds_promise_nothing(run: RunFolder) -> None:
    document = json.loads(run.file("confidence.json").read_text())
    for entry in document["calibration"]:
        entry.update(judged_by="annotators", agreement_threshold=0.871, threshold=None, assurance=None)
    run.write_json("confidence.json", document)
    page = render(read_content(run, "my-topics"))
    assert "<b>No promise.</b>" in page
    assert "0.871, agreement only" in page
    assert "Contradicted among answered" in page
    assert "of the answers given are" not in page


def test_long_tables_show_their_first_rows_and_fold_the_rest(large_run: RunFolder) -> None:
    page = render(read_content(large_run, "my-topics"))
    cost = page[page.index('id="cost"') : page.index('id="confidence"')]
    first = cost[: cost.index("<details>")]
    assert first.count("<tr>") == 1 + 8  # the heading and eight of twenty candidates
    assert "<summary>All 20 rows</summary>" in cost
    scope = page[page.index("In scope, and the catch-all") : page.index("All 20 candidates")]
    assert scope.count("<tr>") == 1 + 8
