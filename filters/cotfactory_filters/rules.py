"""The shipped rules, and how a recipe's own rules are laid over them.

A rule is data: a SQL predicate over the measures table (docs/filtering.md lists its columns), a
limit, and the reason that people read. The order here is the order of the funnel.
"""

from collections.abc import Mapping

from cotfactory_schemas import Rule

NOT_SELECTED = "not_selected"
OVER_QUOTA = "over_quota"
SELECTION: Mapping[str, str] = {
    NOT_SELECTED: "the problem had better traces",
    OVER_QUOTA: "the domain has its share",
}
"""What fires for traces that passed every rule and lost the selection, and why."""

PLACES: Mapping[str, str] = {NOT_SELECTED: "rank", OVER_QUOTA: "domain_rank"}
"""The value that is recorded with it: the trace's place among its problem's or its domain's."""

_THOUGHT = "kind = 'reasoning' AND "
_OTHER_SCRIPTS = "'zh', 'ja', 'ko', 'ru', 'ar', 'he', 'hi', 'th'"
"""Languages by their script: not Greek, whose letters are mathematics."""


def _rule(reject_if: str, because: str, limit: float | None = None) -> Rule:
    return Rule(reject_if=reject_if, limit=limit, because=because)


DEFAULTS: Mapping[str, Rule] = {
    "engine_error": _rule("finish_reason = 'error'", "the engine gave no answer"),
    "truncated": _rule(
        "finish_reason = 'length' OR format_truncated", "the text ends before its thought does"
    ),
    "not_correct": _rule(
        "status NOT IN ('correct', 'unverifiable')", "the verifier did not find the right answer"
    ),
    "unverifiable": _rule(
        _THOUGHT + "coalesce(status, 'unverifiable') = 'unverifiable'",
        "nothing says whether the answer is right",
    ),
    "no_thought": _rule(_THOUGHT + "format_empty_thought", "there is no thought to learn from"),
    "no_answer": _rule("format_empty_response", "there is nothing after the thought"),
    "stray_tags": _rule("NOT format_clean", "tags of the thought stand where they should not"),
    "loop": _rule("repetition_loop_repeats >= $limit", "the text goes round in circles", 6),
    "counting_loop": _rule(  # shorter rounds may be moves of a puzzle or rows of a table
        "repetition_numbered_loop_period >= 60 AND repetition_numbered_loop_repeats >= $limit",
        "the text tries one number after the other and comes to no end",
        10,
    ),
    "mixed_language": _rule(
        _THOUGHT + "language_share < $limit",
        "too many words of the thought are in another language than the problem's",
        0.99,
    ),
    "stray_script": _rule(
        _THOUGHT + f"language NOT IN ({_OTHER_SCRIPTS}) AND "
        f"list_has_any(language_languages, [{_OTHER_SCRIPTS}])",
        "words in another writing system stray into the thought",
    ),
    "long_paragraph": _rule(
        _THOUGHT + "readability_longest_paragraph > $limit",
        "a paragraph of the thought is too long to read",
        4000,
    ),
    "code_blocks": _rule(
        _THOUGHT + "domain <> 'code' AND readability_code_blocks > $limit",
        "the thought holds blocks of code",
        0,
    ),
    "broken_characters": _rule(
        "readability_replacement_chars + readability_mojibake > $limit",
        "characters were lost or decoded wrongly",
        0,
    ),
    "secrets": _rule("pii_secrets > $limit", "the text holds what looks like a key", 0),
    "contaminated": _rule(
        "greatest(contamination_problem_share, contamination_trace_share) >= $limit",
        "the problem or the trace repeats an item of a benchmark",
        0.5,
    ),
    "duplicate_problem": _rule(
        "problem_duplicate_of IS NOT NULL",
        "traces of another problem that asks the same were kept instead",
    ),
    "duplicate": _rule(
        "duplicate_of IS NOT NULL", "another trace with the same words was kept instead"
    ),
    "near_duplicate": _rule(
        "near_duplicate_of IS NOT NULL",
        "another trace with nearly the same words was kept instead",
    ),
}


def merge(defaults: Mapping[str, Rule], changes: Mapping[str, Rule | None]) -> dict[str, Rule]:
    """Lays a recipe's rules over the defaults: same name replaces, null switches off.

    Raises:
        ValueError: null for a rule that is not there, or a name that is taken.
    """
    merged = dict(defaults)
    for name, rule in changes.items():
        if name in SELECTION:
            raise ValueError(
                f"filter.rules.{name}: the name stands for traces that lost the selection. "
                "Choose another."
            )
        if rule is not None:
            merged[name] = rule
        elif merged.pop(name, None) is None:
            raise ValueError(
                f"filter.rules.{name}: null switches a rule off, but there is no such rule. "
                f"There are: {', '.join(defaults)}."
            )
    return merged
