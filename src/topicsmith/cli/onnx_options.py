"""``topicsmith export --onnx``: a run's encoder as a folder for onnxruntime."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from topicsmith.classifiers.onnx.write import Precision
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.errors import ProjectError, UserError
from topicsmith.export.onnx_folder import changed_text, export_onnx, is_export
from topicsmith.loading import load
from topicsmith.progress import TerminalProgress
from topicsmith.run_tables import RunTables
from topicsmith.runs import RunFolder
from topicsmith.statistics.intervals import Interval

PRECISIONS = ("fp32", "int8")


@dataclass(frozen=True, kw_only=True)
class OnnxExportDocument(JsonDocument):
    """``export --onnx``: what was written, and how its answers on validation rows differ from the trained one's."""

    out: str
    candidate: str
    precision: str
    rows: int
    changed: int
    share_changed: Interval
    largest_difference: float
    alone_and_in_company: float
    crossed_threshold: int | None


@dataclass(frozen=True)
class OnnxOptions:
    """What the command line says; ``most_changed`` as it was typed."""

    candidate: str | None
    precision: str
    most_changed: str
    out: Path | None
    force: bool
    as_json: bool


def write_onnx(run: RunFolder, options: OnnxOptions) -> None:
    """Export, and say how the answers differ.

    Raises:
        UserError: when options cannot be meant, or the answers differ by more than they allow.
    """
    if options.precision not in PRECISIONS:
        raise ProjectError(f"--precision {options.precision}: not known; use one of {', '.join(PRECISIONS)}")
    most = share_of(options.most_changed)
    classifier = load(run.path, options.candidate)
    candidate = classifier.folder.name
    out = options.out or Path(f"{candidate}-{options.precision}")
    if out.exists() and not options.force:
        raise UserError(f"{out}: already exists; add '--force' to overwrite it, or name another place")
    if out.is_symlink() or (out.exists() and not is_export(out)):
        raise UserError(f"{out}: is not what 'export --onnx' wrote, and stays; name another place")
    texts = [query.text for split, query in RunTables(run).held_out if split == "validation"]
    precision = cast("Precision", options.precision)
    check = export_onnx(classifier, texts, out, precision, most, TerminalProgress(options.as_json))
    if options.as_json:
        show(
            OnnxExportDocument(
                command="export",
                out=str(out),
                candidate=candidate,
                precision=precision,
                rows=check.rows,
                changed=check.changed,
                share_changed=check.share,
                largest_difference=check.largest,
                alone_and_in_company=check.alone,
                crossed_threshold=check.crossed,
            )
        )
        return
    sys.stderr.write(
        f"{out}: {candidate} in {precision}; {changed_text(check)} are answered otherwise, probabilities differ by up "
        f"to {check.largest:.1e}; ts.load('{out}')\n"
    )


def share_of(text: str) -> float:
    """The share that ``text`` stands for: ``0.5%`` or ``0.005``.

    Raises:
        ProjectError: when it is no share.
    """
    number, percent, rest = text.strip().partition("%")
    try:
        share = float(number) / (100 if percent else 1)
    except ValueError:
        share = -1.0
    if rest or not 0 <= share <= 1:
        raise ProjectError(f"--most-changed {text}: not a share of answers; write it as 0.5% or 0.005")
    return share
