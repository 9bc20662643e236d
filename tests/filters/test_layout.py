"""The layout reader."""

import time

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cotfactory_filters import layout
from cotfactory_filters.layout import (
    TEMPLATES,
    Layout,
    can_restore,
    compose,
    raw_expression,
    raw_sql,
    read,
    read_fields,
    read_parted,
)
from cotfactory_schemas import Trace

TAGS = sorted(
    {
        *(part for template in TEMPLATES.values() for part in template if part),
        "<|begin_of_solution|>",
        "</Output>",
        "<answer>",
        "</answer>",
        "\\end{think}",
        "</think",
        "\n",
        "\u2028",
        "\ud800",
        "x < y",
    }
)
plain_text = st.text(st.characters(exclude_characters="<>[]|◁▷\\"), max_size=30)
tag_soup = st.lists(st.one_of(st.sampled_from(TAGS), plain_text), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<think>\na\n</think>\n\nb", Layout("think", "\na\n", "\n\nb")),
        ("a</think>b", Layout("think_headless", "a", "b")),
        ("<think>a", Layout("think_open", "a", "", closed=False)),
        ("<think></think>b", Layout("think", "", "b")),
        ("\n <think>a</think>b", Layout("think", "a", "b")),
        (
            "<think>a</think>\n<answer>7</answer>",
            Layout("think", "a", "\n<answer>7</answer>"),
        ),
        ("<thinking>a</thinking>b", Layout("thinking", "a", "b")),
        ("a</thinking>b", Layout("thinking_headless", "a", "b")),
        ("<thought>a</thought>b", Layout("thought", "a", "b")),
        ("[THINK]a[/THINK]b", Layout("think_brackets", "a", "b")),
        (
            "<Thought>\na\n</Thought>\n<Output>\nb\n</Output>",
            Layout("thought_output", "\na\n", "\nb\n"),
        ),
        (
            "<|begin_of_thought|>a<|end_of_thought|>\n\n<|begin_of_solution|>b<|end_of_solution|>",
            Layout("begin_of_thought", "a", "b"),
        ),
        ("<|begin_of_thought|>a", Layout("begin_of_thought_open", "a", "", closed=False)),
        ("no tags, 1 < 2", Layout("plain", "", "no tags, 1 < 2")),
        ("<answer>7</answer>", Layout("plain", "", "<answer>7</answer>")),
        ("", Layout("plain", "", "")),
    ],
)
def test_each_layout_is_read_into_thought_and_answer(raw: str, expected: Layout) -> None:
    assert read(raw) == expected


@pytest.mark.parametrize(
    ("raw", "reasoning", "response"),
    [
        ("<think>a\\end{think}\n<answer>7</answer>", "a", "\n<answer>7</answer>"),
        ("<think>a.\\end{think>\n<answer>7</answer>", "a.", "\n<answer>7</answer>"),
        ("<think>a\n\n<answer>7</answer>", "a\n", "\n<answer>7</answer>"),
        ("<think>a</think>1<think>b</think>2", "a", "1<think>b</think>2"),
        ("<think>a<think>b</think>c", "a<think>b", "c"),
        ("Sure:\n<think>a</think>b", "a", "b"),
        ("a quoted <think> tag</think>b", "a quoted <think> tag", "b"),
        ("first <|begin_of_thought|>a<|end_of_thought|>b", "a", "b"),
        ("<|begin_of_thought|>a\n<|begin_of_solution|>b", "a\n", "b"),
        ("<Thought>a</Thought> so <Output>b</Output>", "a", "b"),
    ],
)
def test_a_malformed_text_is_read_and_marked(raw: str, reasoning: str, response: str) -> None:
    read_as = read(raw)
    assert (read_as.reasoning, read_as.response) == (reasoning, response)
    assert read_as.closed
    assert not read_as.clean


def test_instructions_quoted_in_a_thought_do_not_end_it() -> None:
    raw = "<think>It wants <answer>…</answer>, so let me add 2 and 3. That"
    assert read(raw) == Layout("think_open", raw.removeprefix("<think>"), "", closed=False)


def test_a_tag_in_prose_is_no_thought() -> None:
    raw = "Wrap it in a <think> tag."
    assert read(raw) == Layout("plain", "", raw, clean=False)


@pytest.mark.parametrize("name", TEMPLATES)
@given(reasoning=plain_text, response=plain_text)
def test_what_was_composed_is_read_back(name: str, reasoning: str, response: str) -> None:
    if name.endswith("_open"):
        response = ""
    if name == "plain":
        reasoning = ""
    read_as = read(compose(name, reasoning, response))
    assert (read_as.name, read_as.reasoning, read_as.response) == (name, reasoning, response)
    assert read_as.clean
    assert read_as.closed is not name.endswith("_open")


@given(tag_soup)
def test_any_text_is_read_into_substrings(raw: str) -> None:
    read_as = read(raw)
    assert read_as.reasoning in raw
    assert read_as.response in raw
    assert read_as.name in TEMPLATES
    assert read_as.closed is not read_as.name.endswith("_open")
    assert read_as.closed or not read_as.response


@given(plain_text, plain_text)
def test_a_field_of_its_own_for_the_thought_is_the_think_layout(thought: str, answer: str) -> None:
    raw, read_as = read_fields(thought, answer)
    assert read(raw) == read_as
    assert (read_as.reasoning, read_as.response) == (thought, answer)


@pytest.mark.parametrize(
    ("reasoning", "response", "expected"),
    [
        ("cut inside", None, Layout("think_open", "cut inside", "", closed=False)),
        (None, "b", Layout("plain", "", "b")),
        ("", "<think>a</think>b", Layout("think", "a", "b")),
        ("a</think>", "b", Layout("think", "a</think>", "b", clean=False)),
        (None, None, Layout("plain", "", "")),
    ],
)
def test_fields_may_be_missing(
    reasoning: str | None, response: str | None, expected: Layout
) -> None:
    raw, read_as = read_fields(reasoning, response)
    assert read_as == expected
    assert compose(read_as.name, read_as.reasoning, read_as.response) == raw


@pytest.mark.parametrize(
    ("opening", "reasoning", "response", "raw"),
    [
        ("", "a", "b", "<think>a</think>b"),
        ("", "a", None, "<think>a"),
        ("<think>\na", " b", "c", "<think>\na b</think>c"),
        ("<think>\na", " b", None, "<think>\na b"),
        ("<think>\na", "", "c", "<think>\na</think>c"),
        ("<think>\na", "", "b</think>c", "<think>\nab</think>c"),
        ("[THINK]a", " b", "c", "[THINK]a b[/THINK]c"),
        ("Let me", " see", "c", "Let me see</think>c"),
        ("Sure.", "", " 5", "Sure. 5"),
        ("Sure.", " 5", "", "Sure. 5"),
        ("<think>a</think>b", "", " c", "<think>a</think>b c"),
        ("<think>a</think>b", " c", "", "<think>a</think>b c"),
        ("<think>a</think>b", " c", None, "<think>a</think>b c"),
        ("<think>a</think>b", "c", "d", "<think>a</think>bc</think>d"),
    ],
)
def test_what_is_parted_goes_on_exactly_where_the_opening_ends(
    opening: str, reasoning: str, response: str | None, raw: str
) -> None:
    made, read_as = read_parted(opening, reasoning, response)
    assert made == raw
    assert read_as == read(raw)


@given(plain_text.filter(bool), plain_text.filter(bool), plain_text.filter(bool), plain_text)
def test_a_thought_in_parts_is_read_like_the_whole(
    first: str, second: str, third: str, answer: str
) -> None:
    opening, _ = read_parted("", first, None)
    opening, cut = read_parted(opening, second, None)
    assert not cut.closed
    assert read_parted(opening, third, answer) == read_fields(first + second + third, answer)


def stored_rows() -> tuple[list[dict[str, str | None]], list[str | None]]:
    """Rows of `traces` whose raw text is null, then one that keeps it; and all raw texts."""
    rows: list[dict[str, str | None]] = [
        {"raw": None, "layout": name, "reasoning": "it's a", "response": "b"} for name in TEMPLATES
    ]
    kept: dict[str, str | None] = {"raw": "k", "layout": "think", "reasoning": "a", "response": ""}
    lost: dict[str, str | None] = {"raw": None, "layout": "new", "reasoning": "a", "response": "b"}
    composed: list[str | None] = [compose(name, "it's a", "b") for name in TEMPLATES]
    return [*rows, kept, lost], [*composed, "k", None]


def test_sql_puts_the_same_text_together_as_compose() -> None:
    rows, expected = stored_rows()
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t (raw VARCHAR, layout VARCHAR, reasoning VARCHAR, response VARCHAR)"
        )
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", [[*r.values()] for r in rows])
        restored = connection.execute(f"SELECT {raw_sql()} FROM t").fetchall()
    assert [r[0] for r in restored] == expected


def test_the_polars_expression_puts_the_same_text_together_as_compose() -> None:
    rows, expected = stored_rows()
    frame = pl.DataFrame(rows, schema_overrides={"raw": pl.String})
    assert frame.select(raw_expression())["raw"].to_list() == expected


@pytest.mark.parametrize(
    ("raw", "restorable"),
    [("<think>a</think>b", True), ("\n<think>a</think>b", False), ("<think>a", True)],
)
def test_only_texts_with_usual_spacing_are_restored(raw: str, *, restorable: bool) -> None:
    read_as = read(raw)
    trace = Trace(
        trace_id="t",
        problem_id="p",
        sample=0,
        teacher="f",
        model="m",
        raw=raw,
        reasoning=read_as.reasoning,
        response=read_as.response,
        layout=read_as.name,
        finish_reason="stop",
    )
    assert can_restore(trace) is restorable
    assert not can_restore(trace.model_copy(update={"layout": "of another version"}))


@pytest.mark.parametrize("tag", ["<think>", "</think", "\n<think>", "<", "<|begin_of_"])
def test_a_hostile_text_is_read_in_linear_time(tag: str) -> None:
    started = time.process_time()
    read(tag * (4_000_000 // len(tag)))
    assert time.process_time() - started < 2


def test_the_families_share_no_tag() -> None:
    tags = [tag for family in layout._FAMILIES for tag in family.tags]  # noqa: SLF001 - its law
    assert len(tags) == len(set(tags))
