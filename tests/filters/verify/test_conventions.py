"""Answers as schools of other languages write them."""

import time

import pytest

from answers import problem, trace
from cotfactory_filters.verify.base import NoSettings
from cotfactory_filters.verify.math import MathVerifier

VERIFIER = MathVerifier(NoSettings())


def is_correct(reference: str, answer: str, language: str) -> bool:
    asked = problem(reference, language=language)
    return VERIFIER.verify(asked, trace(f"<answer>{answer}</answer>")).status == "correct"


SAME = {
    "fr": [
        ("]0;1[", r"\left]0\,;\,1\right["),
        ("]0;1[", "(0,1)"),
        ("[0;1[", "[0,1)"),
        ("[0,5;1,5[", r"[\frac12;\frac32["),
        (r"]-\infty;-1[\cup]1;+\infty[", "|x|>1"),
        (r"x\in]1;2[", "1<x<2"),
        (r"]1;2]", "]1,2]"),
        ("[a;b[", "[a,b)"),
        (r"\mathbb R_+^*", "x>0"),
        (r"\mathbb{R}^{*}_{+}", "]0;+\\infty["),
        (r"\mathbb{R}^+", "[0;+\\infty["),
        (r"\mathbb{R}^*", r"\mathbb{R}\setminus\{0\}"),
        ("1 234,5", "1234.5"),
        ("1{,}5", "1,5"),
        ("S = {1 ; 2}", r"\{1,2\}"),
        (r"\{1,5;2\}", "2; 1,5"),
        ("A(2;3)", "(2;3)"),
        (r"\vec{u}(1;2)", "(1,2)"),
        ("A(1;2), B(3;4)", "B(3;4), A(1;2)"),
        ("1h30", "90 min"),
        ("1 h 30 min", "1,5 h"),
        ("14h30", "14:30"),
        ("12 mètres carrés", "12 m^2"),
        ("pas de solution", r"\emptyset"),
    ],
    "de": [
        ("1.234,5", "1234,5"),
        ("12.000", "12000"),
        ("12.000", "12"),
        ("1.000.000", "1000000"),
        ("P(2|3)", "(2;3)"),
        (r"\mathbb{L}=\{-1;4\}", "4 und -1"),
        ("7 : 2", "3,5"),
        ("1,5 Stunden", "90 Minuten"),
        ("12 Quadratmeter", "12 m²"),
        ("3 Millionen", "3000000"),
    ],
    "es": [
        ("x = 2 y x = 3", "3; 2"),
        (r"2 \text{ o } 3", "3, 2"),
        (r"\operatorname{sen} 2x", r"2 \sin x \cos x"),
        ("1'5", "1,5"),
        ("12 dólares", r"\$12"),
        ("2 horas", "120 minutos"),
    ],
    "ar": [("٣٫٥", "3.5")],
    "it": [("2 e 3", "3; 2"), ("2e", "2 e")],
    "ru": [
        (r"(-\infty;2)\cup(3;+\infty)", "x < 2 или x > 3"),
        ("-1 и 4", "4; -1"),
        (r"\arctg 1", r"\frac{\pi}{4}"),
        ("5 см", "50 мм"),
        ("36 км/ч", "10 м/с"),
        ("1 м 20 см", "120 см"),
        ("5 млн", "5000000"),
        ("5 тыс. рублей", "5000 рублей"),
        ("нет решений", "∅"),
        (r"\pi k, k \in \mathbb{Z}", r"\pi n, n\in\mathbb Z"),
        (r"\frac{\pi}{2}+\pi k", r"\frac{\pi}{2}+\pi n, n\in\mathbb Z"),
        (r"\pm\frac{\pi}{3}+2\pi k, k\in Z", r"\pm\frac{\pi}{3}+2\pi n, n\in\mathbb Z"),
    ],
    "zh": [
        ("x=1或x=2", "x=2或x=1"),
        ("x＝1或2", "1，2"),
        ("（－∞，2）∪（3，＋∞）", "x<2或x>3"),
        ("12厘米", "0.12米"),
        ("12平方米", "12m²"),
        ("3.5万", "35000"),
        ("1.2万元", "12000元"),
        ("3又1/2", "7/2"),
        ("3分之2", r"\frac{2}{3}"),
        ("无解", r"\emptyset"),
        ("{x|x＞1}", "(1,+∞)"),
        ("a＞b", "b<a"),
        ("3小时", "180分钟"),
    ],
    "ja": [("３億5000万", "350000000"), ("２時間", "120分"), ("x≦2", r"x \le 2")],
    "en": [
        ("]0,1[", "(0,1)"),
        ("5 million dollars", r"\$5,000,000"),
        ("5 million", "5"),
        ("1 hour 30 minutes", "90 minutes"),
        ("2 ft 6 in", "30 inches"),
        ("60^\\circ", r"\frac{\pi}{3}"),
        ("2:4", "1:2"),
        ("3:2", "1.5"),
        ("[[1,2],[3,4]]", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}"),
        (r"\begin{vmatrix}1&2\\3&4\end{vmatrix}", "-2"),
        (r"x \in \{1,2\}", "2, 1"),
        ("all real numbers", r"(-\infty,\infty)"),
        (r"\mathbb{R}_{>0}", r"(0,\infty)"),
        (r"{5 \choose 2}", "10"),
        (r"2,\quadx", "2, x"),
        ("x^2_i", "x_i^2"),
        ("[1, [2, 3]]", "[1,[2,3]]"),
        (r"x \equiv 3 \pmod{7}", "x \\equiv 3 (mod 7)"),
        (r"3 \pmod 7", "3"),
        (r"\begin{cases} x=1 \\ y=2 \end{cases}", "y=2, x=1"),
        (r"9.8 \, m/s^2", "9.8"),
        ("3.0e8 m/s", r"3\times10^8\text{ m/s}"),
        ("0.1666...", r"\frac{1}{6}"),
        (r"k\pi", r"n\pi"),
        (r"\frac{ch}{\lambda}", r"\frac{hc}{\lambda}"),
        (r"\operatorname{sh} x", r"\sinh x"),
        ("an + b", "b + na"),
        ("2 years", "24 months"),
        ("2 years", "2"),
        (r"\arctan 1", r"45^\circ"),
        ("2[x+1]", "2x+2"),
    ],
}
OTHER = {
    "fr": [
        ("]0;1[", "[0;1]"),
        ("]0;1[", "[0;1["),
        (r"]-\infty;2]", r"]-\infty;2["),
        ("[1,2]", "]1,2["),
        (r"\{1,5;2\}", r"\{1;5;2\}"),
        ("3,5", "35"),
        ("3,5", "3;5"),
        ("(2,3)", "(3,2)"),
        ("A(1;2), B(3;4)", "A(3;4), B(1;2)"),
        ("M(1;2)", "N(1;2)"),
        (r"\mathbb{R}_+", "x>0"),
        ("12 m²", "12 m³"),
    ],
    "de": [("1.500", "15000"), ("3 Millionen", "3 Milliarden"), ("P(2|3)", "(3;2)")],
    "es": [("x=2, y=3", "x=3, y=2"), ("12 metros cuadrados", "12 m")],
    "ru": [(r"2\pi n, n\in Z", r"\pi n, n\in Z"), ("5 см", "5 мм")],
    "zh": [("a＞b", "a<b"), ("3万", "3"), ("2亿", "2万")],
    "en": [
        ("a=1, b=2", "a=2, b=1"),
        ("(x,y)=(1,2)", "x=2, y=1"),
        ("ABC", "CBA"),
        ("5 million", "5 billion"),
        ("3 thousand", "4000"),
        ("1:2", "2:1"),
        ("60^\\circ", r"\frac{\pi}{6}"),
        ("1 hour 30 minutes", "1 hour"),
        ("[[1,2],[3,4]]", r"\begin{pmatrix}1&3\\2&4\end{pmatrix}"),
        ("no solution", "0"),
        ("k(1,2)", "(1,2)"),
        (r"x \equiv 3 \pmod 7", r"x \equiv 4 \pmod 7"),
        (r"3 \pmod 7", r"3 \pmod 5"),
        (r"\begin{cases} x=1 \\ y=2 \end{cases}", "x=2, y=1"),
        ("5 m/s", "5 m/s^2"),
        ("0.25...", r"\frac{1}{4}"),
        ("kx", "nx"),
        ("2 years", "2 months"),
        (r"\textcircled{1}\textcircled{3}", r"-\textcircled{1}\textcircled{3}"),
    ],
}


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [(*pair, language) for language, pairs in SAME.items() for pair in pairs],
)
def test_the_same_answer_is_correct_both_ways(one: str, other: str, language: str) -> None:
    assert is_correct(one, other, language)
    assert is_correct(other, one, language)


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [(*pair, language) for language, pairs in OTHER.items() for pair in pairs],
)
def test_another_answer_is_never_correct(one: str, other: str, language: str) -> None:
    assert not is_correct(one, other, language)
    assert not is_correct(other, one, language)


@pytest.mark.parametrize(
    ("answer", "correct"),
    [("C", True), ("(C) 12", True), ("12", True), ("D", False), ("13", False)],
)
def test_a_choice_given_with_its_value_is_answered_by_either(answer: str, *, correct: bool) -> None:
    assert is_correct(r"\textbf{(C)}\ 12", answer, "en") is correct


def test_the_language_decides_what_a_comma_is() -> None:
    assert is_correct("3,14", "3.14", "fr")
    assert not is_correct("3,14", "3.14", "en")
    assert is_correct("1,234", "1234", "en")


@pytest.mark.parametrize("language", ["en", "fr", "de", "es", "zh"])
@pytest.mark.parametrize(
    "part",
    [
        *("]0;1[", "[;", "(1|2", "1 h 3", "3億5000", "1万", "1 y ", "1.234", "{,}", "1'", "1:2:"),
        *(r"\text{ y }", r"\mathbb{R}_+", r"{a\choose ", "5 feet and ", "A(1;2)", r"k\in Z,"),
    ],
)
def test_what_repeats_for_ever_is_read_or_refused_at_once(part: str, language: str) -> None:
    began = time.process_time()
    is_correct("]0;1[", (part * 1000)[:1900], language)
    assert time.process_time() - began < 1
