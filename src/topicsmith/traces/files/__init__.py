"""From bytes to rows: sources, streams, CSV, JSON, Parquet."""
