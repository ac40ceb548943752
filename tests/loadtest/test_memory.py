"""Memory of this process and of a server found by its port: real processes, and a file tree for what is rare."""

import socket
import subprocess
import sys
from pathlib import Path

from topicsmith.loadtest.memory import peak_memory_mb, server_memory_mb

SERVER = """
import socket, sys
held = bytearray(80_000_000)
held[::4096] = b"x" * len(held[::4096])
with socket.socket() as listening:
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    print(listening.getsockname()[1], flush=True)
    sys.stdin.read()
"""


def test_this_process_has_held_something() -> None:
    memory = peak_memory_mb()
    assert memory is None or memory > 10


def test_a_server_on_this_machine_is_found_by_its_port() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        held = server_memory_mb(f"http://127.0.0.1:{port}/v1/classify")
        assert held == peak_memory_mb(str(server.pid))
        assert held is None or 76 < held < 300
        assert server_memory_mb(f"http://localhost:{port}") == held
        server.communicate("")


def test_elsewhere_nothing_is_known(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert server_memory_mb(f"http://127.0.0.1:{unused.getsockname()[1]}") is None  # nobody listens
    assert server_memory_mb("http://192.0.2.7:8000") is None
    assert server_memory_mb("https://example.org") is None
    assert server_memory_mb("http://127.0.0.1:8000", tmp_path) is None
    assert peak_memory_mb("1", tmp_path) is None


def test_workers_that_share_a_port_are_added_up(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    row = "   0: 0100007F:1F90 00000000:0000 {} 00000000:00000000 00:00000000 00000000     0        0 {} 1\n"
    (tmp_path / "net" / "tcp").write_text(head + row.format("0A", 11) + row.format("01", 12))
    for pid, inode, held in (("7", 11, 2048), ("8", 11, 1024), ("9", 12, 4096)):
        files = tmp_path / pid / "fd"
        files.mkdir(parents=True)
        (files / "3").symlink_to(f"socket:[{inode}]")
        (tmp_path / pid / "status").write_text(f"Name: worker\nVmHWM:\t    {held} kB\n")
    assert server_memory_mb("http://127.0.0.1:8080", tmp_path) == 3.0  # 0x1F90; one in another state does not listen
