"""Every trace is kept or rejected, with every rule that fired and the values it looked at."""

import json
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotfactory_filters import predicates
from cotfactory_filters.decide import decide
from cotfactory_filters.rules import DEFAULTS, NOT_SELECTED, OVER_QUOTA, merge
from cotfactory_schemas import Rule
from cotfactory_schemas.recipe import SelectSettings

ALL = SelectSettings()


def trace(trace_id: str, **measured: Any) -> dict[str, Any]:
    return {
        "trace_id": trace_id,
        "problem_id": "p",
        "kind": "reasoning",
        "domain": "math",
        "finish_reason": "stop",
        "status": "correct",
        "completion_tokens": 100,
        **measured,
    }


def reject(condition: str, limit: float | None = None) -> Rule:
    return Rule(reject_if=condition, limit=limit, because="the test says so")


def decided(
    traces: list[dict[str, Any]],
    rules: dict[str, Rule],
    selection: SelectSettings = ALL,
    pairs: tuple[tuple[str, str, float], ...] = (),
    seed: int = 0,
) -> dict[str, dict[str, Any]]:
    with duckdb.connect(":memory:") as connection:
        measures = pl.DataFrame(traces, infer_schema_length=None).to_arrow()
        connection.register("given", measures)
        connection.execute("CREATE TABLE measures AS SELECT * FROM given")
        connection.execute("CREATE TABLE pairs (a VARCHAR, b VARCHAR, jaccard DOUBLE)")
        for pair in pairs:
            connection.execute("INSERT INTO pairs VALUES (?, ?, ?)", pair)
        predicates.lock(connection)
        rows = decide(connection, rules, selection, seed).to_pylist()
    return {
        row["trace_id"]: {**row, "values": json.loads(row["values"], parse_constant=int)}
        for row in rows
    }


def test_a_rejected_trace_names_every_rule_that_fired_and_the_values_they_read() -> None:
    rules = {
        "long": reject("completion_tokens > $limit", 50),
        "cut": reject("finish_reason = 'length'"),
        "other": reject("status = 'timeout'"),
    }
    found = decided([trace("a", finish_reason="length")], rules)["a"]
    assert not found["kept"]
    assert found["rules"] == ["long", "cut"]
    assert found["values"] == {"completion_tokens": 100, "finish_reason": "length"}


def test_words_of_another_script_are_rejected_where_the_language_is_written_in_latin_letters() -> (
    None
):
    found = decided(
        [
            trace("stray", language="en", language_languages=["en", "zh"]),
            trace("greek", language="en", language_languages=["en", "el"]),
            trace("french", language="en", language_languages=["en", "fr"]),
            trace("english", language="en", language_languages=["en"]),
            trace("chinese", language="zh", language_languages=["zh", "en"]),
            trace("answer", language="en", language_languages=["en", "zh"], kind="non_reasoning"),
        ],
        {"stray_script": DEFAULTS["stray_script"]},
    )
    assert [name for name, row in found.items() if not row["kept"]] == ["stray"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.5, 1.5),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        ("NaN?", "NaN?"),
        (None, None),
    ],
)
def test_values_are_json_whatever_was_measured(value: object, written: object) -> None:
    found = decided([trace("a", odd=value)], {"any": reject("odd IS NULL OR odd IS NOT NULL")})
    assert found["a"]["values"] == {"odd": written}


def test_a_kept_trace_has_no_rules_and_no_values() -> None:
    found = decided([trace("a")], {"long": reject("completion_tokens > 500")})["a"]
    assert (found["kept"], found["rules"], found["values"]) == (True, [], {})


@settings(deadline=None)  # each example opens a database
@given(
    tokens=st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=8),
    limit=st.integers(0, 9),
    per_problem=st.none() | st.integers(1, 3),
)
def test_kept_and_rejected_are_all_and_a_null_rejects_nothing(
    tokens: list[int | None], limit: int, per_problem: int | None
) -> None:
    traces = [trace(str(i), completion_tokens=n) for i, n in enumerate(tokens)]
    traces.append(trace("typed", completion_tokens=1))
    selection = SelectSettings(per_problem=per_problem)
    found = decided(traces, {"long": reject("completion_tokens > $limit", limit)}, selection)
    assert found.keys() == {t["trace_id"] for t in traces}
    for row in found.values():
        assert row["kept"] is (row["rules"] == [])
    for i, n in enumerate(tokens):
        assert ("long" in found[str(i)]["rules"]) is (n is not None and n > limit)


def test_selection_keeps_the_best_of_a_problem_and_rejects_the_others_by_name() -> None:
    traces = [trace("a", completion_tokens=30), trace("b", completion_tokens=10)]
    traces += [trace("c", completion_tokens=5, status="incorrect")]
    traces += [trace("d", completion_tokens=90, problem_id="q")]
    rules = {"wrong": reject("status <> 'correct'")}
    found = decided(traces, rules, SelectSettings(per_problem=1))
    assert {t for t, row in found.items() if row["kept"]} == {"b", "d"}
    assert found["a"]["rules"] == [NOT_SELECTED]
    assert found["a"]["values"] == {"rank": 2}
    assert found["c"]["rules"] == ["wrong"]


def test_the_order_of_selection_is_the_recipes() -> None:
    traces = [trace("a", completion_tokens=30), trace("b", completion_tokens=10)]
    selection = SelectSettings(per_problem=1, order_by=("completion_tokens DESC",))
    assert decided(traces, {}, selection)["a"]["kept"]


def domains(**counts: int) -> list[dict[str, Any]]:
    """Two traces for each problem, so many traces for each domain."""
    return [
        trace(f"{domain}{i}", problem_id=f"{domain}{i // 2}", domain=domain)
        for domain, count in counts.items()
        for i in range(count)
    ]


def kept_by_domain(found: dict[str, dict[str, Any]]) -> dict[str, int]:
    kept = [trace_id.rstrip("0123456789") for trace_id, row in found.items() if row["kept"]]
    return {domain: kept.count(domain) for domain in ("math", "code", "logic")}


def test_quotas_bound_a_domain_and_leave_the_others() -> None:
    found = decided(domains(math=20, code=9), {}, SelectSettings(quotas={"math": 5}))
    assert kept_by_domain(found) == {"math": 5, "code": 9, "logic": 0}
    over = [row for row in found.values() if not row["kept"]]
    assert {tuple(row["rules"]) for row in over} == {(OVER_QUOTA,)}
    assert sorted(row["values"]["domain_rank"] for row in over) == list(range(6, 21))


def test_a_mix_is_as_large_as_its_scarcest_domain_allows() -> None:
    selection = SelectSettings(mix={"math": 2, "code": 1})
    found = decided(domains(math=20, code=6, logic=4), {}, selection)
    assert kept_by_domain(found) == {"math": 12, "code": 6, "logic": 4}


def test_a_mix_counts_what_rules_and_quotas_leave() -> None:
    selection = SelectSettings(mix={"math": 1, "code": 1}, quotas={"code": 3}, per_problem=1)
    found = decided(domains(math=20, code=20), {}, selection)
    assert kept_by_domain(found) == {"math": 3, "code": 3, "logic": 0}


def test_a_larger_quota_keeps_what_a_smaller_one_kept_and_a_seed_shuffles() -> None:
    def kept(quota: int, seed: int = 0) -> set[str]:
        rows = decided(domains(math=40), {}, SelectSettings(quotas={"math": quota}), seed=seed)
        return {trace_id for trace_id, row in rows.items() if row["kept"]}

    assert kept(10) < kept(20) < kept(40)
    assert kept(10) != kept(10, seed=1)


def group(trace_id: str, exact: str | None = None, **measured: Any) -> dict[str, Any]:
    groups = {"dedup_exact": exact, "dedup_cluster": "g", "dedup_problem_exact": None}
    return trace(trace_id, **groups | measured)


def duplicates_only() -> dict[str, Rule]:
    return {name: DEFAULTS[name] for name in ("not_correct", "duplicate", "near_duplicate")}


def test_a_group_of_duplicates_keeps_the_correct_then_the_shortest() -> None:
    traces = [
        group("a", completion_tokens=5, status="incorrect"),
        group("b", completion_tokens=50),
        group("c", completion_tokens=40),
    ]
    found = decided(traces, duplicates_only(), pairs=(("b", "c", 0.875),))
    assert {t for t, row in found.items() if row["kept"]} == {"c"}
    assert found["b"]["values"] == {"near_duplicate_of": "c", "near_duplicate_jaccard": 0.875}
    assert found["a"]["values"]["near_duplicate_jaccard"] is None


def test_a_group_never_loses_its_last_trace_to_another_rule() -> None:
    traces = [group("a", completion_tokens=5), group("b", completion_tokens=50)]
    rules = {**duplicates_only(), "short": reject("completion_tokens < 10")}
    found = decided(traces, rules)
    assert found["b"]["kept"]
    assert found["a"]["rules"] == ["near_duplicate", "short"]


def test_the_same_words_are_told_from_nearly_the_same_words() -> None:
    traces = [group("a", "x"), group("b", "x"), group("c", None)]
    found = decided(traces, duplicates_only())
    assert found["a"]["kept"]
    assert found["b"]["rules"] == ["duplicate", "near_duplicate"]
    assert found["c"]["rules"] == ["near_duplicate"]


def test_traces_without_a_twin_are_nobodys_duplicates() -> None:
    traces = [group("a", dedup_cluster=None), group("b", dedup_cluster=None), group("c", "x")]
    assert all(row["kept"] for row in decided(traces, duplicates_only()).values())


def test_traces_with_the_same_words_share_what_was_measured_of_one() -> None:
    traces = [
        group("a", "a", completion_tokens=50),
        group("b", "a", completion_tokens=40),
        group("c", completion_tokens=30),
    ]
    found = decided(traces, duplicates_only(), pairs=(("a", "c", 0.875),))
    alike = {t: row["values"]["near_duplicate_jaccard"] for t, row in found.items() if t != "c"}
    assert alike == {"a": 0.875, "b": 0.875}


def test_of_two_equal_problems_the_one_with_more_good_traces_is_kept() -> None:
    same = {"dedup_cluster": None, "dedup_problem_exact": "p"}
    traces = [
        group("a", **same, status="incorrect"),
        group("b", **same),
        group("c", **same, problem_id="q"),
        group("d", **same, problem_id="q"),
    ]
    found = decided(traces, {**duplicates_only(), "equal": DEFAULTS["duplicate_problem"]})
    assert {t for t, row in found.items() if row["kept"]} == {"c", "d"}
    assert found["b"]["values"] == {"problem_duplicate_of": "q"}


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("longest > 3", r"wrong\.reject_if: reads the column 'longest'.*wrong=null"),
        ("length_chars > 3", r"filter\.annotators\.length"),
        ("duplicate_of = ''", r"filter\.annotators\.minhash"),
        ("completion_token > 3", "Did you mean 'completion_tokens'"),
        ("completion_tokens >", "not SQL"),
        ("true) FROM (SELECT 1", "one SQL expression"),
        ("true), (false", "one SQL expression"),
        ("true); DROP TABLE measures; SELECT (1", "Only SELECT"),
        ("true); SELECT (1", "one SQL expression"),
        ("true) UNION SELECT (false", "one SQL expression"),
        ("(SELECT true)", "no SELECT"),
        ("completion_tokens", "is BIGINT, not a condition"),
        ("count(*) > 1", "GROUP BY"),
        ("completion_tokens > $limit", "no limit"),
        ("CAST(finish_reason AS INTEGER) = 1", r"wrong\.reject_if: .*Could not convert"),
        ("getenv('HOME') = ''", r"wrong\.reject_if"),
    ],
)
def test_a_bad_predicate_is_an_error_that_names_the_rule(condition: str, message: str) -> None:
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        decided([trace("a")], {"wrong": reject(condition)})


def test_a_predicate_reaches_no_file() -> None:
    for condition in ("read_text('/etc/hostname') IS NOT NULL", "list_contains(glob('/*'), 'x')"):
        with pytest.raises(ValueError, match=r"wrong\.reject_if"):
            decided([trace("a")], {"wrong": reject(condition)})


def test_the_parameters_of_a_lambda_are_no_columns() -> None:
    condition = "len(list_filter(['a'], lambda word: word = finish_reason)) > 0"
    assert decided([trace("a")], {"own": reject(condition)})["a"]["kept"]


def test_a_recipe_replaces_adds_and_switches_off_rules() -> None:
    own = reject("completion_tokens > 9")
    merged = merge(DEFAULTS, {"truncated": None, "not_correct": own, "mine": own})
    assert "truncated" not in merged
    assert merged["not_correct"] == merged["mine"] == own
    assert list(merged)[-1] == "mine"
    with pytest.raises(ValueError, match="no such rule"):
        merge(DEFAULTS, {"trunkated": None})
    with pytest.raises(ValueError, match="Choose another"):
        merge(DEFAULTS, {NOT_SELECTED: own})
