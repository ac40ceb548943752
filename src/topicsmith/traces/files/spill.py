"""A database in a temporary file, for what may not fit in memory; made when first needed, closed when let go."""

import sqlite3
import weakref
from functools import cached_property


class Spill:
    """The database of an object; ``schema`` makes its table."""

    def __init__(self, schema: str, cache_kib: int) -> None:
        """Hold nothing yet."""
        self._schema, self._cache_kib = schema, cache_kib
        self.used = False

    @cached_property
    def database(self) -> sqlite3.Connection:
        """The connection; its file is gone when it is closed, at the latest when this object is let go."""
        self.used = True
        connection = sqlite3.connect("", isolation_level=None)
        weakref.finalize(self, connection.close)
        connection.executescript(
            f"PRAGMA cache_size = -{self._cache_kib}; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            f"{self._schema}"
        )
        return connection

    def close(self) -> None:
        """Close the database, if there is one."""
        if self.used:
            self.database.close()
