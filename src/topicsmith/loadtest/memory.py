"""How much memory what answers has held at most: this process, or a server on this machine found by its port.

Read from Linux's ``/proc``; elsewhere, and for servers on other machines, nothing is known.
"""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

PROC = Path("/proc")
_LISTENING = "0A"


def peak_memory_mb(process: str = "self", proc: Path = PROC) -> float | None:
    """The most memory a process has held; ``None`` where the system does not say."""
    try:
        lines = (proc / process / "status").read_text().splitlines()
    except OSError:
        return None
    line = next((line for line in lines if line.startswith("VmHWM:")), None)
    return int(line.split()[1]) / 1024 if line else None


def server_memory_mb(address: str, proc: Path = PROC) -> float | None:
    """The most memory the processes that listen at ``address`` have held; ``None`` when it is not on this machine."""
    parts = urlsplit(address)
    if not _is_here(parts.hostname or ""):
        return None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    sockets = {f"socket:[{inode}]" for inode in _listening(port, proc)}
    held = [peak_memory_mb(path.name, proc) for path in proc.glob("[0-9]*") if sockets & _open_files(path)]
    known = [memory for memory in held if memory is not None]
    return sum(known) if known else None


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _listening(port: int, proc: Path) -> set[str]:
    """The inodes of the sockets that listen on ``port``."""
    found = set()
    for name in ("tcp", "tcp6"):
        path = proc / "net" / name
        rows = [line.split() for line in path.read_text().splitlines()[1:]] if path.exists() else []
        found |= {row[9] for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port}
    return found


def _open_files(process: Path) -> set[str]:
    """What a process has open; nothing of one that is gone or somebody else's."""
    try:
        return {str(link.readlink()) for link in (process / "fd").iterdir()}
    except OSError:
        return set()
