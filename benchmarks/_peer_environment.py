"""Environments in which rivals run: each its own, so that none of them can change what the project installs."""

import subprocess
import sys
from pathlib import Path


def environment(folder: Path, peer: str, requirement: str) -> Path:
    """The Python of the peer's environment, made where it is missing.

    Raises:
        RuntimeError: with the last line that the installer said.
    """
    python = folder / peer / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / peer)], check=True)
    installed = subprocess.run(
        [python, "-m", "pip", "install", "-q", requirement], capture_output=True, text=True, check=False
    )
    if installed.returncode:
        raise RuntimeError(installed.stderr.strip().splitlines()[-1][:300])
    return python
