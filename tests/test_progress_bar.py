"""The bar as a terminal shows it."""

import os
import pty
import subprocess
import sys

import pytest

PROGRAM = """
import time
from topicsmith.progress import TerminalProgress
with TerminalProgress().task("labelling", 4, "rows") as task:
    for _ in range(4):
        task.advance(1, usd=0.25)
        time.sleep(0.15)
"""


@pytest.mark.slow
def test_on_a_terminal_the_bar_shows_title_count_and_money() -> None:
    primary, secondary = pty.openpty()
    subprocess.run([sys.executable, "-c", PROGRAM], stderr=secondary, check=True, env={**os.environ, "TERM": "xterm"})
    os.close(secondary)
    shown = b""
    while True:
        try:
            block = os.read(primary, 65536)
        except OSError:  # what reading a closed terminal raises
            break
        if not block:
            break
        shown += block
    os.close(primary)
    text = shown.decode()
    assert "labelling" in text
    assert "$0.7500" in text
