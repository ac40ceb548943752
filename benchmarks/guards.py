"""Takes each guard against a fault out of a copy of the source and shows that its test then fails.

    python benchmarks/guards.py

A guard is a piece of one file and what stands in its place without it. The result is ``results/guards.json``.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent

GUARDS = [
    ("01", "pacing.py", "max(self._gate, now + wait)", "now", "test_upstream.py::test_fault_01"),
    ("02", "pacing.py", "asked > self.settings.longest_wait_s", "False",
     "test_upstream.py::test_fault_02_a_wait_longer"),
    ("02", "providers/responses.py", "math.isfinite(wait) and 0 < wait <= LONGEST_WAIT_S", "True",
     "test_upstream.py::test_fault_02_a_wait_that"),
    ("03", "concurrency.py", "self._taken -= 1", "self._taken -= 0", "test_upstream.py::test_fault_03"),
    ("04", "dispatch.py", "QuotaExhausted | AuthRefused | Untrusted", "AuthRefused | Untrusted",
     "test_upstream.py::test_fault_04"),
    ("05", "dispatch.py", "QuotaExhausted | AuthRefused | Untrusted", "QuotaExhausted | Untrusted",
     "test_upstream.py::test_fault_05_a_refused_key"),
    ("06", "dispatch.py", "isinstance(failure, Transient | Malformed)", "True", "test_upstream.py::test_fault_06"),
    ("07", "pacing.py", "attempt >= self.settings.attempts", "True", "test_upstream.py::test_fault_07_a_passing"),
    ("08", "client.py", "ssl=self._settings.tls or True", "ssl=False", "test_upstream.py::test_fault_08"),
    ("09", "client.py", "ClientTimeout(total=self._settings.total_s,", "ClientTimeout(total=None,",
     "test_upstream.py::test_fault_09"),
    ("10", "dispatch.py", '"Idempotency-Key": row.key.hex()', '"Idempotency-Key": str(row.calls)',
     "test_upstream.py::test_fault_10"),
    ("11", "client.py", "if not reader.eof:", "if False:", "../llm/test_client.py::test_a_packed_body"),
    ("12", "providers/responses.py", "if not isinstance(value, dict):", "if False:", "test_upstream.py::test_fault_12"),
    ("14", "client.py", "allow_redirects=False", "allow_redirects=True", "test_upstream.py::test_fault_14"),
    ("17", "batch.py", "result.custom_id in seen or result.custom_id not in ours", "False",
     "../llm/test_batch.py::test_strange_lines"),
    ("18", "breaker.py", "self.closed = False\n", "pass\n", "../llm/test_pacing.py::test_a_provider_down"),
    ("20", "purse.py", "if most is None:", "if False:", "test_upstream.py::test_fault_20"),
    ("21", "../labels/prompted.py", 'return request if again == "same" else', "return None and",
     "test_content.py::test_fault_21"),
    ("31", "recorder.py", "self._ledger.save(self._purse", "(lambda *_: None)(self._purse",
     "test_process.py::test_fault_31"),
    ("32", "dispatch.py", "while self._tasks and (left", "while False and (left", "test_process.py::test_fault_32"),
    ("33", "ledger_file.py", "if checksum(key, value) != check:", "if False:",
     "test_process.py::test_fault_33_a_flipped"),
    ("36", "../runs.py", "fcntl.LOCK_EX | fcntl.LOCK_NB", "fcntl.LOCK_SH | fcntl.LOCK_NB",
     "test_process.py::test_fault_36_a_second"),
    ("37", "ledger.py", "repr(parameters), request.system, request.user", "repr(parameters), request.user",
     "test_process.py::test_fault_37"),
    ("38", "dispatch.py", "key = answer_key(self._provider.name, ask.request)",
     "key = answer_key(self._provider.name + str(len(rows)), ask.request)", "test_process.py::test_fault_38"),
    ("39", "client.py", "MachineFull if error.errno in MACHINE_FULL else Transient", "BadRequest",
     "test_process.py::test_fault_39"),
    ("41", "ledger_file.py", "elif found != sorted", "elif False and found != sorted",
     "test_process.py::test_fault_41_a_file"),
    ("43", "ledger_file.py", "elif version != VERSION:", "elif False:",
     "test_process.py::test_fault_43_a_ledger_of_a_later"),
]  # fmt: skip


def fails_without(name: str, old: str, new: str, test: str) -> bool:
    """Whether ``test`` fails when ``old`` is ``new`` in the file ``name`` of ``topicsmith/llm``."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("src", "tests"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        file = copy / "src" / "topicsmith" / "llm" / name
        text = file.read_text()
        assert old in text, f"{name} has no {old!r}"
        file.write_text(text.replace(old, new, 1))
        path, _, start = test.partition("::")
        command = [sys.executable, "-m", "pytest", "-q", "-x", str(copy / "tests" / "faults" / path), "-k", start]
        paths = f"{copy / 'src'}:{copy}"
        try:
            done = subprocess.run(
                command, cwd=copy, env={"PYTHONPATH": paths, "PATH": "/usr/bin:/bin"}, capture_output=True, timeout=60,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return True  # it hangs without its guard
        assert done.returncode in {0, 1}, done.stdout.decode()[-500:]
        return done.returncode == 1


def main() -> None:
    """Take out every guard, one at a time."""
    found = []
    for fault, name, old, new, test in GUARDS:
        failed = fails_without(name, old, new, test)
        found.append({"fault": fault, "file": name, "guard": old, "test": test, "fails_without": failed})
        print(json.dumps(found[-1]), flush=True)
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "guards.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
