"""Personal data and secrets: patterns that should not be published unseen."""

from typing import ClassVar

import polars as pl

from cotfactory_filters.annotate.base import Annotator
from cotfactory_schemas import Settings

_LOCAL = r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*"
_EMAIL = _LOCAL + r"[A-Za-z0-9-]{1,63}\.[A-Za-z]{2,24}\b"
# Reserved by RFC 2606: nobody's.
_RESERVED = _LOCAL + r"(?:example\.(?:com|org|net)|[A-Za-z0-9-]{1,63}\.(?:example|test|invalid))\b"
# With a country code, or ten digits grouped as in North America; bare digits are arithmetic.
_PHONE = (
    r"(?:^|[^\w.+])(?:\+\d{1,3}[ .-]\(?\d{1,4}\)?(?:[ .-]\d{2,4}){2,4}|\+\d{10,14}"
    r"|\(\d{3}\) ?\d{3}[-.]\d{4}|\d{3}-\d{3}-\d{4}|\d{3}\.\d{3}\.\d{4})(?:$|[^\w.-])"
)
_LEAKED = (
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}"
    r"|\bgithub_pat_[A-Za-z0-9_]{60,}"
    r"|\bglpat-[A-Za-z0-9_-]{20,}"
    r"|\bhf_[A-Za-z0-9]{30,}"
    r"|\bsk-[A-Za-z0-9_-]{20,}"
    r"|\bsk_live_[A-Za-z0-9]{20,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bAIza[A-Za-z0-9_-]{35}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
)


class Pii(Annotator[Settings]):
    """Counts patterns of personal data and secrets in thought and answer.

    Columns: `emails` (without reserved domains such as example.com), `phones` (with a country
    code or in North American grouping), `secrets` (keys and tokens by their public prefixes).
    They are flags to look at, not proof.
    """

    name = "pii"
    version = 1
    reads = ("reasoning", "response")
    schema: ClassVar = {"emails": pl.Int32(), "phones": pl.Int32(), "secrets": pl.Int32()}

    def annotate(self, traces: pl.DataFrame) -> pl.DataFrame:
        """Matches regular expressions; they have no backtracking, so any text is safe."""
        return traces.select(
            emails=_in_both(_EMAIL) - _in_both(_RESERVED),
            phones=_in_both(_PHONE),
            secrets=_in_both(_LEAKED),
        )


def _in_both(pattern: str) -> pl.Expr:
    sections = (pl.col(name).fill_null("") for name in Pii.reads)
    return pl.sum_horizontal(text.str.count_matches(pattern).cast(pl.Int32) for text in sections)
