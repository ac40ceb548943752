"""A Hugging Face dataset folder: Parquet by split and a card, which ``datasets.load_dataset`` reads.

``topic`` is a ``ClassLabel`` there. Rows without a topic are in the split ``unlabelled``, where it is -1.
"""

from pathlib import Path

import polars as pl
import yaml

from topicsmith.export.formats import RowFormat
from topicsmith.export.rows import ExportRows

_UNLABELLED = "unlabelled"
_ORDER = ("train", "validation", "test", _UNLABELLED)


def _write(rows: ExportRows, path: Path) -> None:
    number = {topic: index for index, topic in enumerate(rows.topics)}
    split = pl.when(pl.col("topic").is_null()).then(pl.lit(_UNLABELLED)).otherwise(pl.col("split").fill_null("train"))
    table = rows.table.with_columns(
        split=split, topic=pl.col("topic").replace_strict(number, default=-1, return_dtype=pl.Int64)
    )
    (path / "data").mkdir(parents=True)
    present = [name for name in _ORDER if table["split"].eq(name).any()]
    for name in present:
        table.filter(pl.col("split") == name).write_parquet(path / "data" / f"{name}.parquet")
    (path / "README.md").write_text(_card(rows, table, present), encoding="utf-8")


def _card(rows: ExportRows, table: pl.DataFrame, present: list[str]) -> str:
    names = {str(index): topic for index, topic in enumerate(rows.topics)}
    kinds: dict[object, object] = {pl.String: "string", pl.Float64: "float64", pl.Int64: "int64"}
    features = [
        {"name": name, "dtype": {"class_label": {"names": names}} if name == "topic" else kinds[kind]}
        for name, kind in table.schema.items()
    ]
    files = [{"split": name, "path": f"data/{name}.parquet"} for name in present]
    head = {
        "task_categories": ["text-classification"],
        "configs": [{"config_name": "default", "data_files": files}],
        "dataset_info": {"features": features},
    }
    about = "labels" if rows.what == "labels" else f"answers of the candidate '{rows.candidate}'"
    text = (
        f"# {rows.name}\n\nThe {about} of a topicsmith run. Train on the split `train` alone: whatever was measured on "
        "`test` is worth nothing for a model that saw it."
    )
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n\n{text}\n"


FORMAT = RowFormat(
    "huggingface",
    _write,
    folder=True,
    hint="datasets.load_dataset('PATH') reads it",
)
