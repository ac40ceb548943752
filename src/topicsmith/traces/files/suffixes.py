"""Which files are read, by the ends of their names."""

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
PACKED = (".gz", ".zst")
ARCHIVES = (".zip", ".bz2", ".xz", ".7z", ".tar", ".tgz", ".rar", ".lz4")
