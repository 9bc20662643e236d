"""Mathematical answers are compared by meaning."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answers import problem, trace
from cotfactory_filters.verify.base import NoSettings
from cotfactory_filters.verify.math import MathVerifier

VERIFIER = MathVerifier(NoSettings())


def status(reference: str, answer: str, **fields: Any) -> str:
    asked = problem(reference, **fields)
    return VERIFIER.verify(asked, trace(f"<answer>{answer}</answer>")).status


SAME = {
    "numbers": [
        ("1/2", "0.5"),
        ("1/2", r"$\frac12$"),
        ("073", "73"),
        ("-3", "−3"),
        ("7", "７"),
        ("0.25", ".25"),
        ("1234", "1,234"),
        ("1234", r"1{,}234"),
        ("1234567", r"1,\!234,\!567"),
        ("1000", "1 000"),
        (r"\frac{7}{3}", r"2\frac{1}{3}"),
        ("3/2", "1 1/2"),
        ("0.006", r"6 \times 10^{-3}"),
        ("1.5e8", r"1.5 \cdot 10^8"),
        (r"\frac{1}{6}", r"0.1\overline{6}"),
        (r"\frac{1}{33}", r"0.\overline{03}"),
        ("31", "0x1f"),
        ("½", r"\frac{1}{2}"),
        ("12", r"12^{\text{th}}"),
    ],
    "floats": [("2.303", "2.3029999999999997"), ("1/3", "0.333333"), (r"\sqrt{2}", "1.41421356")],
    "units": [
        ("10", r"10\text{ cm}^{2}"),
        (r"\$12.50", "12.5"),
        ("5 km", "5000 m"),
        (r"90\text{ km/h}", r"25 \mathrm{~m} / \mathrm{s}"),
        ("12", "12 apples"),
        ("90", r"90^\circ"),
        (r"576\pi\;m^{2}", r"576\pi"),
        (r"27 \mathrm{~min}", "27 min"),
        (r"11.6 \mathrm{lb} / \mathrm{in}^{2}", "11.6"),
        ("10 ft x 18 ft", r"10 \text{ ft} \times 18 \text{ ft}"),
    ],
    "percent": [(r"28\%", "28 percent"), ("0.28", r"28\%"), ("0.28", "28 pct")],
    "algebra": [
        ("x^2-1", "(x-1)(x+1)"),
        (r"\frac{x}{2}", "0.5x"),
        (r"\sqrt{8}", r"2\sqrt2"),
        (r"\sin 2x", r"2\sin x\cos x"),
        (r"\cot x", r"\frac{\cos x}{\sin x}"),
        (r"\log_2 8", "3"),
        (r"\binom{5}{2}", "10"),
        ("5!", "120"),
        (r"\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5}", "1"),
        ("a x + c e^{-x}", "ax + Ce^{-x}"),
        (r"\lambda_{\text{red}}/2", r"\frac{\lambda_{red}}{2}"),
        (r"\frac{1}{3}x^3 + C", r"\frac{x^3 + 1}{3} + C"),
        ("|x-1|", "|1-x|"),
        (r"\lfloor 7/2 \rfloor", "3"),
        ("4 + 3i", "3i + 4"),
        ("x²y", "y x^2"),
    ],
    "names": [
        ("5", "x = 5"),
        ("f(x) = 2x + 3", "2x+3"),
        ("f(x) = 2x + 3", "y = 2x + 3"),
        ("1.68, 0.45", "a = 1.68, b = 0.45"),
        ("x=1, y=2", "y=2, x=1"),
        ("2", r"\frac{4}{2} = 2"),
    ],
    "equations": [
        ("x - 2y = 3", "2x - 4y - 6 = 0"),
        (r"m\frac{dv}{dt} + bv = f", r"\frac{dv}{dt} = \frac{f - bv}{m}"),
        ("y = 2x + 1", "2x - y + 1 = 0"),
    ],
    "collections": [
        ("1, 2, 3", r"\{3, 2, 1\}"),
        ("(1, 2)", r"\left( 1, \frac{4}{2} \right)"),
        (r"\text{2 and 3}", "3, 2"),
        (r"1 \pm \sqrt2", r"1-\sqrt2, 1+\sqrt2"),
        (r"x = 1 \pm \sqrt2", r"1-\sqrt2, 1+\sqrt2"),
        (r"y = \pm 2x", "y = 2x, y = -2x"),
        (r"2^{3^2}", "2^3^2"),
        ("2^3^2", "512"),
        (r"\begin{pmatrix} 1 \\ 1/2 \end{pmatrix}", r"\begin{bmatrix} 1 \\ 0.5 \end{bmatrix}"),
        (r"\frac12\begin{pmatrix} 2 & 4 \end{pmatrix}", r"\begin{pmatrix} 1 & 2 \end{pmatrix}"),
        (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", "(1, 2)"),
        ("3:4", "3 : 4"),
    ],
    "regions": [
        ("x > 0", r"(0, \infty)"),
        (r"x \ge \frac12", r"\{\frac12\} \cup (\frac12, \infty)"),
        (r"x \neq 2", r"(-\infty, 2) \cup (2, \infty)"),
        (r"-2 \le x < 7", r"x \in [-2, 7)"),
        ("x < 1 or x > 3", r"(-\infty,1)\cup(3,\infty)"),
        (r"\mathbb{R} \setminus \{1\}", r"x \ne 1"),
        ("(1, 3)", r"(1,2] \cup (2,3)"),
        ("|x| < 2", "(-2, 2)"),
        (r"1 \le |z| \le \frac32", r"z \in [-\frac32, -1] \cup [1, \frac32]"),
    ],
    "words": [
        (r"\text{Friday}", "friday"),
        (r"\text{Friday}", r"\(\text{Friday}\)"),
        ("yes", "Yes."),
        (r"\text{(C)}", r"\text{(C) Plane}"),
        ("8:34 pm", "20:34"),
        ("baseball team", "baseballteam"),
    ],
    "prose": [
        ("34", "the largest $n$ is 34"),
        (r"\frac25", r"每份应该是 (\frac{2}{5}) 吨"),
    ],
    "damage": [(r"\frac12", r"\\frac{1}{2}"), (r"\frac12", "0 + \x0crac{1}{2}"), ("5", "5\u200b")],
}

DIFFERENT = [
    ("1/2", "0.51"),
    ("1/3", "0.33"),
    ("1000.001", "1000.002"),
    ("5", "5.001"),
    ("5 km", "5 m"),
    ("12 cm", "12 kg"),
    (r"\frac{1}{2004!}", r"\frac{1}{2006!}"),
    ("0", r"10^{-500}"),
    ("1", r"1 + 10^{-400}"),
    ("1, 2", "1, 2, 3"),
    ("(1, 2)", "(2, 1)"),
    ("[2, 3]", "(2, 3)"),
    (r"(2, \infty)", r"[2, \infty)"),
    (r"x \ge 5", r"x \le 5"),
    ("x", r"\sqrt{x^2}"),
    ("x^2", "2^x"),
    ("x = 5", "y = 5"),
    ("f(x)", "f(y)"),
    ("2x", "2y"),
    ("7 = 11a + c", "11a + c"),
    ("1:2", "2:1"),
    ("0x10", "-0x2"),
    ("123_5", "123_6"),
    (r"\begin{pmatrix} 1 & 2 \end{pmatrix}", r"\begin{pmatrix} 2 & 1 \end{pmatrix}"),
    (r"\{1,3,5\}", r"\{1,3\}"),
    (r"\text{Friday}", r"\text{Monday}"),
    (r"\text{(A)}", r"\text{(B)}"),
    (r"\infty", r"-\infty"),
    ("20:34", "08:34"),
    ("2,4,6", "2,4"),
    (r"\frac{\sqrt3}{2}", "0.866"),
    ("e^2", "7.389"),
    (r"\sqrt{-1}", "1"),
    ("10", "100"),
    (r"(0,9) \cup (9,36)", r"-(0,9) \cup (9,36)"),
    ("y = x, y = -x", "y = 8x, y = -x"),
    ("10 ft x 18 ft", "10 ft x 15 ft"),
    (r"111,\! 111,\! 111", r"111,\! 111"),
    ("x > 3", "y > 3"),
    ("(1, -2)", "[1, -2)"),
    (r"\text{C}", r"-\text{C}"),
    ("2, 2, 3", "2, 3, 3"),
    ("a = 3", "a > 2"),
    (r"x + \text{ something } 3", "x"),
]


@pytest.mark.parametrize(("one", "other"), [pair for pairs in SAME.values() for pair in pairs])
def test_the_same_answer_is_correct_both_ways(one: str, other: str) -> None:
    assert status(one, other) == "correct"
    assert status(other, one) == "correct"


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_answer_is_never_correct(one: str, other: str) -> None:
    assert status(one, other) != "correct"
    assert status(other, one) != "correct"


def test_every_reference_answers_itself() -> None:
    pairs = [pair for pairs in SAME.values() for pair in pairs] + DIFFERENT
    answers = {answer for pair in pairs for answer in pair}
    assert {a for a in answers if status(a, a) != "correct"} == set()


def test_a_percentage_counts_as_its_number_only_where_one_is_asked_for() -> None:
    assert status("10", r"10\%", prompt="By how many percent?") == "correct"
    assert status("10", r"10\%", prompt="How many apples?") == "incorrect"
    assert status(r"10\%", "10", prompt="How sure are you?") == "correct"


def test_a_comma_is_decimal_in_languages_that_write_it_so() -> None:
    assert status("3.5", "3,5", language="de") == "correct"
    assert status("1234.5", "1.234,5", language="de") == "correct"
    assert status("3.5", "3,5", language="en") != "correct"


def test_a_reference_may_be_a_whole_solution() -> None:
    assert status(r"We add. So it is $\boxed{7}$.", "7") == "correct"
    assert status("48/2 = 24\n#### 72", "72") == "correct"


def test_a_verdict_says_how_it_came_about() -> None:
    verdict = VERIFIER.verify(problem("x^2-1"), trace(r"So \boxed{(x-1)(x+1)}."))
    assert (verdict.status, verdict.method, verdict.found) == ("correct", "formula", "boxed")
    assert verdict.extracted == "(x-1)(x+1)"


numbers = st.fractions(-1000, 1000, max_denominator=999)


@given(numbers, numbers)
def test_fractions_are_equal_exactly_when_their_values_are(one: Any, other: Any) -> None:
    written = rf"\frac{{{other.numerator}}}{{{other.denominator}}}"
    assert (status(str(one), written) == "correct") == (one == other)


expressions = st.recursive(
    st.integers(-9, 9).map(str) | st.sampled_from(["x", "y", r"\pi", "e", r"\sqrt{2}", "0.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: rf"\frac{{{p[0]}}}{{{p[1]}}}"),
        st.tuples(inner, inner).map(lambda p: rf"({p[0]}) + ({p[1]})"),
        st.tuples(inner, inner).map(lambda p: rf"({p[0]}) \cdot ({p[1]})"),
        inner.map(lambda e: rf"\sin({e})"),
        inner.map(lambda e: rf"\sqrt{{{e}}}"),
        inner.map(lambda e: f"({e})^2"),
    ),
    max_leaves=8,
)


@given(expressions)
def test_any_expression_answers_itself_however_it_is_spaced(expression: str) -> None:
    assert status(expression, expression) == "correct"
    assert status(expression, expression.replace("(", r"\left( ").replace(")", r"\right)")) in (
        "correct",
        "unparsable",  # 1/0 has no value to compare
    )


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    asked = VERIFIER.question(problem("x+1"), trace(text))
    if isinstance(asked, tuple):
        VERIFIER.quick(asked[0])
