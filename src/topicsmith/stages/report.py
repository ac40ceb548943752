"""report: the page, and the tables behind it."""

from topicsmith.atomic_files import write_bytes
from topicsmith.json_file import interpreting
from topicsmith.project import Project
from topicsmith.report.content import read_content
from topicsmith.report.page import render
from topicsmith.report.tables.catalogue import write_tables
from topicsmith.stages.base import Stage, StageContext, StageResult, writes


def settings(project: Project) -> object:
    """The project's name, its targets and what the page is to show."""
    return {"name": project.name, "targets": project.targets.model_dump(), "report": project.report.model_dump()}


def report(context: StageContext) -> StageResult:
    """Write the page and the tables behind it."""
    run = context.run
    with interpreting(run.path, cure="one of its JSON files was edited: remove it and run again"):
        content = read_content(run, context.project.name, published=context.project.report.published)
    write_bytes(run.file("report.html"), render(content).encode())
    tables = write_tables(content, run.file("tables"))
    return StageResult(f"{run.file('report.html')}", {"tables": len(tables)})


STAGE = Stage(
    name="report",
    after=("ingest", "label", "agree", "balance", "evaluate"),
    settings=settings,
    writes=writes("report.html"),
    rooms=("report", "reference"),
    run=report,
    also_reads=("audit_report.json", "bench.json"),
)
