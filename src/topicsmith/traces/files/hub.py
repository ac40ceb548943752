"""Files of a data set on the Hugging Face hub, through the hub's own client and its cache."""

from fnmatch import fnmatchcase
from pathlib import Path

from topicsmith.errors import MissingExtraError, TraceError, first_line
from topicsmith.traces.files.suffixes import SUFFIXES


def split_address(address: str) -> tuple[str, str | None, str]:
    """``hf://owner/dataset@revision/path`` as repository, revision and path; ``hf://datasets/...`` means the same.

    Raises:
        TraceError: when owner or data set are missing.
    """
    parts = address.removeprefix("hf://").removeprefix("datasets/").split("/", 2)
    if len(parts) < 2 or not all(parts[:2]):
        raise TraceError(
            f"{address}: not the address of a data set; write hf://owner/dataset or hf://owner/dataset/path"
        )
    name, _, revision = parts[1].partition("@")
    return f"{parts[0]}/{name}", revision or None, parts[2].strip("/") if len(parts) == 3 else ""


def download(address: str) -> list[Path]:
    """The local copies of the files that ``address`` means: one file, a glob, a folder, or the whole data set.

    Raises:
        MissingExtraError: without the client.
        TraceError: when the hub does not have it, or cannot be reached.
    """
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import (
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
            OfflineModeIsEnabled,
        )
    except ImportError:
        raise MissingExtraError(f"reading {address}", "train") from None
    repository, revision, path = split_address(address)
    api = HfApi(library_name="topicsmith")
    try:
        names = api.list_repo_files(repository, repo_type="dataset", revision=revision)
        wanted = sorted(name for name in names if _means(path, name))
        if not wanted:
            raise TraceError(f"{address}: the data set has no such file; it has {', '.join(sorted(names)[:10])}")
        return [Path(api.hf_hub_download(repository, name, repo_type="dataset", revision=revision)) for name in wanted]
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError) as exc:
        raise TraceError(
            f"{address}: the hub did not provide it ({first_line(exc)}); check the name, HF_TOKEN and the network"
        ) from None


def _means(path: str, name: str) -> bool:
    known = name.removesuffix(".gz").removesuffix(".zst").endswith(SUFFIXES)
    return name == path or (known and (not path or name.startswith(f"{path}/") or fnmatchcase(name, path)))
