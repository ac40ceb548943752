"""Labels numbered rows by two annotators, as ``topicsmith run`` does: a process of its own, to be killed.

python label_child.py URL LEDGER ROWS OUT
"""

import os
import signal
import sys
from pathlib import Path

from topicsmith.atomic_files import write_bytes
from topicsmith.errors import TopicsmithError
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.annotate import annotate, make_annotators
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.progress import TerminalProgress
from topicsmith.records import Query
from topicsmith.taxonomy import Taxonomy, Topic


def main(url: str, ledger: str, rows: int, out: str) -> None:
    """Label the rows and write ``out``: a line for each query and annotator."""
    os.environ |= {
        "OPENAI_API_KEY": "sk-canary-openai",
        "OPENAI_BASE_URL": f"{url}/v1",
        "ANTHROPIC_API_KEY": "sk-canary-anthropic",
        "ANTHROPIC_BASE_URL": url,
    }
    settings = LabelingSettings(annotators=["openai:m-one", "anthropic:m-two"], concurrency=50)
    taxonomy = Taxonomy((Topic("Science"), Topic("Travel"), Topic("Other")), "Other")
    progress = TerminalProgress()
    context = AnnotatorContext(taxonomy, settings, Path(out).parent, Path(ledger), progress)
    queries = [Query(f"q{n}", f"row {n} of the traces", f"t{n}") for n in range(rows)]
    found = annotate(make_annotators(context), queries, progress)
    lines = [f"{a.query_id} {a.annotator} {a.topic} {a.status} {a.usage.output_tokens}" for a in found]
    write_bytes(Path(out), ("\n".join(lines) + "\n").encode())


def _terminate(*_: object) -> None:
    raise SystemExit(143)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _terminate)
    try:
        main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
    except TopicsmithError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
