"""Names and texts as SQL."""


def quoted(identifier: str) -> str:
    """Returns a SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Returns a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
