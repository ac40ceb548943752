"""The tutorial's commands, typed as they stand."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith
from tests.conftest import small_rows

PAGE = Path(__file__).parent.parent / "docs" / "tutorial.md"


@pytest.mark.slow
def test_every_command_of_the_tutorial_works(tmp_path: Path) -> None:
    rows = [f"{row['id']}-{n},{row['text']} {n},{row['topic']}" for n in range(2) for row in small_rows()]
    (tmp_path / "chats.csv").write_text("\n".join(["id,question,topic", *rows]) + "\n")
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    typed = [line for block in blocks for line in block.splitlines() if line]
    assert [shlex.split(line)[1] for line in typed] == ["init", "run", "run", "classify", "audit"]
    for line in typed:
        done = topicsmith(*shlex.split(line)[1:], cwd=tmp_path)
        assert done.returncode == 0, f"{line}: {done.stderr}"
        if "init" in line:  # the two encoders of the template take minutes that this test has not
            project = tmp_path / "my-topics" / "topicsmith.yaml"
            kept = [row for row in project.read_text().splitlines() if "minilm" not in row]
            project.write_text("\n".join(kept) + "\n")
    assert len((tmp_path / "answers.csv").read_text().splitlines()) == 361
