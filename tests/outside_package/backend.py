"""A build backend in one function, so that installing the package needs nothing from a registry."""

import base64
import hashlib
import zipfile
from pathlib import Path

NAME = "firstword-1.0"
METADATA = "Metadata-Version: 2.1\nName: firstword\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: backend\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: object = None) -> str:
    """Write the wheel: the package, its metadata and its entry points."""
    points = Path("entry_points.txt").read_text()
    files = {
        f"{NAME}.dist-info/{name}": text
        for name, text in (("METADATA", METADATA), ("WHEEL", WHEEL), ("entry_points.txt", points))
    }
    files["firstword/__init__.py"] = Path("firstword/__init__.py").read_text()
    record = f"{NAME}.dist-info/RECORD"
    lines = [f"{name},sha256={_digest(text)},{len(text.encode())}" for name, text in files.items()]
    files[record] = "\n".join([*lines, f"{record},,"]) + "\n"
    wheel = f"{NAME}-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
