"""What an audit says, for a person at a console."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from topicsmith.audit.estimation.truth import FEWEST_OF_A_TOPIC
from topicsmith.audit.report import CANDIDATE, LABELS
from topicsmith.audit.run import DrawnSheet

Figures = Mapping[str, Any]
_MOST = 12


def drawn_lines(drawn: DrawnSheet, run: Path, sheet: Path) -> list[str]:
    """What a person should know before starting to fill in ``sheet``."""
    rows = f"{len(drawn.rows):,} rows in {sheet}, {drawn.test_rows:,} of them test rows"
    fill = f"{rows}: fill in the column 'topic' ('?' where you cannot tell), then"
    lines = [fill, f"  topicsmith audit {run} --answers {sheet}"]
    if drawn.expected is not None:
        who = f"the accuracy of {drawn.candidate}" if drawn.candidate else "an accuracy"
        also = f", {drawn.expected.earlier:,} answered before included" * (drawn.expected.earlier > 0)
        lines.append(
            f"expected: {drawn.test_rows:,} test rows{also} tell {who} to about "
            f"±{_points(drawn.expected.half_width)} points for rows like these, ±{_points(drawn.expected.these)} for "
            f"these {drawn.expected.rows:,} test rows; each '?' widens it"
        )
    if drawn.source == "all" and drawn.candidate is not None:
        lines.append("candidates are judged on test rows only; '--from test' asks about no others")
    if drawn.replaced:
        lines.append("an earlier sheet without answers counts no more; answer this one")
    return lines


def as_text(report: Mapping[str, object]) -> str:
    """``report`` of :func:`topicsmith.audit.run.judge` for a person."""
    figures = cast("dict[str, dict[str, Any]]", report["accuracy"])
    told = f"{report['answered']:,} of {report['drawn']:,} rows answered, {report['answered_test']:,} of them test rows"
    lines = [f"{told}; {report['undecided']:,} could not be decided"]
    if report["undecided"]:
        lines.append("undecided rows are not left out: intervals reach from all of them wrong to all of them right")
    lines += [str(note) for note in cast("Sequence[str]", report["notes"])]
    lines += ["", f"Right, of {report['of']}; candidates of the test rows (95 %: rows like these | these very rows)"]
    lines += _table([(name, _accuracy(name, figure)) for name, figure in figures.items()])
    lines += _labels(figures.get(LABELS))
    lines += _between(report)
    lines += _topics(report)
    return "\n".join(lines) + "\n"


def _accuracy(name: str, figure: Figures) -> str:
    text = _told(figure)
    if name.startswith(CANDIDATE) and figure.get("agreed_only"):
        text += f", agreed rows alone say {figure['agreed_only']['value']:.1%}"
    return text


def _told(figure: Figures, sign: str = "") -> str:
    text = f"{_share(figure['value'], sign)}  ({_share(figure['low'], sign)} to {_share(figure['high'], sign)} | "
    text += f"{_share(figure['these_low'], sign)} to {_share(figure['these_high'], sign)})"
    if figure["best"] - figure["worst"] > 5e-4:
        text += f"  undecided rows put it between {_share(figure['worst'], sign)} and {_share(figure['best'], sign)}"
    return f"{text}  of {figure['n']:,} rows, {figure['audited']:,} audited"


def _labels(figure: Figures | None) -> list[str]:
    """The labels' figure counts a row without one as wrong; the two figures that it is made of."""
    if figure is None or not figure.get("precision"):
        return []
    found = figure["precision"]
    ends = f"({found['low']:.1%} to {found['high']:.1%})"
    return [
        f"labels: {figure['coverage']:.1%} of rows have one; where there is one, {found['value']:.1%} are right {ends}"
    ]


def _between(report: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    if report["differences"]:
        lines += ["", "More often right than the others, on the same rows"]
        lines += _table([(f"{d['first']} less {d['second']}", _told(d, "+")) for d in report["differences"]])
    known = [(name, found) for name, found in report["macro_f1"].items() if found]
    if report["macro_f1"]:
        lines += ["", "Macro F1"]
        lines += _table([(name, _told(found)) for name, found in known])
        missing = [name for name in report["macro_f1"] if name not in dict(known)]
        if missing:
            lines.append(f"none for {', '.join(missing)}: some topic it answers has no audited row")
    return lines


def _topics(report: Mapping[str, Any]) -> list[str]:
    topics = sorted(report["topics"], key=lambda entry: -entry["share"]["value"])
    lines = ["", f"Topics, share of {report['of']} (labels say)"]
    rows = []
    for entry in topics[:_MOST]:
        share, own = entry["share"], entry["label_recall"]
        recall = (
            f"labels find {own['value']:.1%} ({own['low']:.1%} to {own['high']:.1%}) of it"
            if own
            else f"{entry['audited']} audited rows of it, under {FEWEST_OF_A_TOPIC}: nothing more is said of it"
        )
        ends = f"({share['low']:.1%} to {share['high']:.1%})"
        rows.append((entry["topic"], f"{share['value']:.1%}  {ends}  ({entry['share_of_labels']:.1%})  {recall}"))
    lines += _table(rows)
    if topics[_MOST:]:
        lines.append(f"... and {len(topics) - _MOST} smaller ones; '--json' has them all")
    return lines


def _table(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in rows), default=0)
    return [f"{name:<{width}}  {text}" for name, text in rows]


def _share(value: float, sign: str = "") -> str:
    return f"{round(value, 4) + 0.0:{sign}.1%}"  # the sum makes -0.0 a 0


def _points(share: float) -> str:
    return f"{100 * share:.1f}"
