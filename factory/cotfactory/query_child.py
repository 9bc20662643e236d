"""The child process of a query: reads a request on stdin, writes an Arrow stream to stdout."""

import io
import json
import os
import re
import resource
import signal
import sys
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from cotfactory.sql import database, literal, quoted
from cotfactory_filters.verify.sandbox import syscalls

REFUSED = 3
BATCH_ROWS = 1024
# Room for the libraries themselves and for the batches on their way out.
OVERHEAD_MIB = 2048
_EXPLAIN = re.compile(r"\s*explain(\s+analyze)?\s", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """One query: the views' SELECTs by name, the files these may read, and the limits."""

    sql: str
    views: dict[str, str]
    files: list[str]
    memory_mib: int
    cpu_s: int
    parent: int


class RefusedError(Exception):
    """The SQL is not what this child runs."""


def main() -> int:
    """Answers the one request on stdin."""
    syscalls.die_with_parent(signal.SIGKILL)
    request = Request(**json.load(sys.stdin))
    if os.getppid() != request.parent:
        return 0  # it ended before it could take us with it
    mib = 1 << 20
    data = (request.memory_mib + OVERHEAD_MIB) * mib
    resource.setrlimit(resource.RLIMIT_DATA, (data, data))
    # The parent keeps the time; this ends a child that has lost it all the same.
    resource.setrlimit(resource.RLIMIT_CPU, (request.cpu_s, request.cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        connection = sandbox(request)
        check(connection, request.sql)
        rows = connection.sql(request.sql).to_arrow_reader(BATCH_ROWS)
        with (
            os.fdopen(1, "wb") as out,
            pa.ipc.new_stream(pa.PythonFile(out), rows.schema) as stream,
        ):
            for batch in rows:
                stream.write_batch(batch)
    except (RefusedError, duckdb.Error, pa.ArrowInvalid) as error:
        print(error, file=sys.stderr)  # noqa: T201 - how a child speaks to its parent
        return REFUSED
    return 0


def _send(rows: pa.RecordBatchReader, out: io.BufferedWriter) -> None:
    with pa.ipc.new_stream(pa.PythonFile(out), rows.schema) as stream:
        for batch in rows:
            stream.write_batch(batch)


def sandbox(request: Request) -> duckdb.DuckDBPyConnection:
    """Opens a database that reads the request's files, and no other file or variable, for good."""
    connection = database()
    files = ", ".join(literal(file) for file in request.files)
    for setting in (
        "temp_directory = ''",
        f"memory_limit = '{request.memory_mib:d}MiB'",
        "python_enable_replacements = false",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        f"allowed_paths = [{files}]",
    ):
        connection.execute(f"SET {setting}")
    for name, select in request.views.items():
        connection.execute(f"CREATE VIEW {quoted(name)} AS {select}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def check(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Lets one SELECT through, DESCRIBE, SUMMARIZE and EXPLAIN of one among them.

    Allowed paths may be written as well as read, so COPY must not come this far.
    """
    kinds = _kinds(connection, sql)
    if kinds == [duckdb.StatementType.EXPLAIN]:
        kinds = _kinds(connection, _EXPLAIN.sub("", sql, count=1))
    if len(kinds) != 1:
        raise RefusedError(f"give one statement, not {len(kinds)}.")
    if kinds != [duckdb.StatementType.SELECT]:
        raise RefusedError(
            f"a run is read only: {kinds[0].name} is refused. Use one SELECT statement."
        )


def _kinds(connection: duckdb.DuckDBPyConnection, sql: str) -> list[duckdb.StatementType]:
    return [statement.type for statement in connection.extract_statements(sql)]


if __name__ == "__main__":
    sys.exit(main())
