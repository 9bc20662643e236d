"""DuckDB as we open it; names and texts as SQL."""

import duckdb


def database() -> duckdb.DuckDBPyConnection:
    """Opens a database in memory that draws no progress bar over what we print."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET enable_progress_bar = false")
    return connection


def quoted(identifier: str) -> str:
    """Returns a SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Returns a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
