"""The project file."""

from tests.fuzz.harness import Target
from topicsmith.errors import UserError
from topicsmith.project_file import read_project

TARGET = Target(read_project, (UserError,), ".yaml")
