"""Readability of thoughts."""

from typing import Any

import pytest

from trace_batch import annotated_thought


def readability(thought: str) -> dict[str, Any]:
    return annotated_thought("readability", thought)


def test_plain_prose_has_no_marks() -> None:
    row = readability("I add them. It costs $5, or 2 * 3 < 7.")
    assert row["longest_paragraph"] == row["longest_line"] == 38
    marks = ("code_blocks", "markdown_marks", "unbalanced_latex", "replacement_chars", "mojibake")
    assert [row[name] for name in marks] == [0] * 5
    assert row["open_fence"] is False


def test_paragraphs_end_at_blank_lines_and_lines_at_line_feeds() -> None:
    row = readability("éé\néé\n\nabc")
    assert (row["longest_paragraph"], row["longest_line"]) == (5, 3)


def test_code_blocks_are_pairs_of_fences() -> None:
    row = readability("a\n```python\nx = 1\n```\nb\n  ```\ny")
    assert (row["code_blocks"], row["open_fence"]) == (1, True)


def test_inline_code_is_no_block() -> None:
    assert readability("use ``` here")["code_blocks"] == 0


@pytest.mark.parametrize("text", ["# Title", "## Step 1", "| a | b |", "---", "a **b** c", "***"])
def test_markdown_is_marked(text: str) -> None:
    assert readability(f"x\n{text}\ny")["markdown_marks"] == 1


@pytest.mark.parametrize(
    ("text", "unbalanced"),
    [
        (r"\(a\) and \[b\]", 0),
        (r"\(a and \[b", 2),
        (r"\begin{cases}1\end{cases}", 0),
        (r"\begin{cases}1", 1),
        (r"\begin{matrix}1\\[2pt]2\end{matrix}", 0),
        ("$$x$$", 0),
        ("$$x", 1),
        ("it costs $5", 0),
    ],
)
def test_latex_that_is_not_closed_is_counted(text: str, unbalanced: int) -> None:
    assert readability(text)["unbalanced_latex"] == unbalanced


@pytest.mark.parametrize("text", ["cafÃ©", "itâ€™s", "Â°", "Ã¤hnlich"])
def test_wrongly_decoded_text_is_mojibake(text: str) -> None:
    assert readability(text)["mojibake"] == 1


@pytest.mark.parametrize("text", ["café", "«ça»", "it’s", "Ähnlich über", "São Tomé", "é\u00a0»"])
def test_accents_are_not_mojibake(text: str) -> None:
    assert readability(text)["mojibake"] == 0


def test_replacement_characters_are_counted() -> None:
    assert readability("a\ufffdb\ufffd")["replacement_chars"] == 2


def test_symbols_are_a_share_of_the_characters() -> None:
    assert readability("a+b=✓☺")["symbol_ratio"] == pytest.approx(4 / 6)
    assert readability("")["symbol_ratio"] == 0


def test_loops_compress_and_noise_does_not() -> None:
    noise = "".join(chr(97 + i * i * 7919 % 8191 % 26) for i in range(2000))
    assert readability("so it goes " * 200)["compression_ratio"] < 0.05
    assert readability(noise)["compression_ratio"] > 0.5
    assert readability("short")["compression_ratio"] is None
