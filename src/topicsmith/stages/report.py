"""The report stage: the page, and the tables behind it."""

from topicsmith.atomic_files import write_bytes
from topicsmith.project import Project
from topicsmith.report.content import read_content
from topicsmith.report.page import render
from topicsmith.report.tables.catalogue import write_tables
from topicsmith.stages.base import Outcome, StageContext


def settings(project: Project) -> object:
    """The project's name and its targets."""
    return {"name": project.name, "targets": project.targets.model_dump()}


def report(context: StageContext) -> Outcome:
    """Write the page and the tables behind it."""
    run = context.run
    content = read_content(run, context.project.name)
    write_bytes(run.file("report.html"), render(content).encode())
    tables = write_tables(content, run.file("tables"))
    return Outcome(f"{run.file('report.html')}", {"tables": len(tables)})
