"""What processes share and add; real groups of two are tested in test_workers.py."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from topicsmith.classifiers.torch_common.distributed import ALONE, Group


def test_every_item_is_computed_by_one_process() -> None:
    items = list(range(7))
    shares = [Group(rank, 3).share(items) for rank in range(3)]
    assert shares == [[0, 3, 6], [1, 4], [2, 5]]
    assert ALONE.share(items) == items


def test_chance_differs_between_processes_and_not_for_one_alone() -> None:
    assert ALONE.seed(13) == 13
    assert len({Group(rank, 4).seed(13) for rank in range(4)}) == 4


def test_alone_nothing_is_added() -> None:
    values = np.arange(3.0)
    assert ALONE.add(values) is values
    assert ALONE.add_gradients([], 2.5) == 2.5


PROGRAM = textwrap.dedent(
    """
    import json, os, sys
    from pathlib import Path
    import numpy as np, torch
    from topicsmith.classifiers.torch_common.distributed import join
    group = join(Path(sys.argv[1]), on_processor=True)
    used, unused = torch.nn.Parameter(torch.zeros(2, 3)), torch.nn.Parameter(torch.zeros(1))
    used.grad = torch.full((2, 3), float(group.rank + 1))
    loss = group.add_gradients([used, unused], 0.5)
    added = group.add(np.array([[1.0, group.rank]]))
    print(json.dumps([group.size, loss, used.grad.tolist(), unused.grad is None, added.tolist()]))
    torch.distributed.destroy_process_group()
    """
)


@pytest.mark.slow
def test_two_processes_add_gradients_losses_and_arrays(tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path / "meet")],
            env={**os.environ, "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    said = [process.communicate(timeout=120)[0] for process in processes]
    assert said[0] == said[1] == "[2, 1.0, [[3.0, 3.0, 3.0], [3.0, 3.0, 3.0]], true, [[2.0, 1.0]]]\n"
