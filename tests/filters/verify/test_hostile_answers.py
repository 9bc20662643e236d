"""Answers that try to execute code, to hang, or to eat memory: each costs its limit at most."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from answers import problem, trace
from cotfactory_filters.verify.base import NoSettings
from cotfactory_filters.verify.math import MathVerifier
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas.recipe import VerifySettings

TIMEOUT_S = 2.0
GRACE_S = 0.5

CODE = [
    "__import__('os').system('touch CANARY')",
    "__import__('subprocess').getoutput('touch CANARY')",
    "(lambda: open('CANARY','w'))()",
    "open('CANARY','w').write('x')",
    "exec(\"open('CANARY','w')\")",
    "eval(\"open('CANARY','w')\")",
    "[x for x in ().__class__.__base__.__subclasses__() if open('CANARY','w')]",
    "().__class__.__mro__[1].__subclasses__()[100]('touch CANARY',shell=True)",
    "print(open('CANARY','w'))",
    "getattr(__import__('os'),'system')('touch CANARY')",
    "breakpoint() or open('CANARY','w')",
    "x.__class__.__init__.__globals__['os'].system('touch CANARY')",
    "Symbol('x').__reduce__()[0]('CANARY','w')",
    "lambdify(x, \"__import__('os').system('touch CANARY')\")(1)",
    "S(\"__import__('os').system('touch CANARY')\")",
    "sympify(\"open('CANARY','w')\")",
    r"\text{__import__('os').system('touch CANARY')}",
    r"\operatorname{open}('CANARY','w')",
    r"\input{CANARY}\immediate\write18{touch CANARY}",
    "$(touch CANARY)",
    "`touch CANARY`",
    "; touch CANARY;",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "cos\nsystem\n(S'touch CANARY'\ntR.",
    "!!python/object/apply:os.system ['touch CANARY']",
    "'; DROP TABLE verdicts; --",
]

HANGS = {
    "power tower": "9^{9^{9}}",
    "taller tower": "9^{9^{9^{9^{9}}}}",
    "big power": "2^{10^9}",
    "big power in Python": "2**(10**9)",
    "big factorial": "(10^8)!",
    "factorial of factorial": "((10!)!)!",
    "nested logs": r"\log_2 \log_2 2^{2^{4096}}",
    "big binomial": r"\binom{10^6}{5 \cdot 10^5}",
    "long sum": "+".join(["1"] * 100_000),
    "long product": r"\cdot".join(["7"] * 900),
    "nested parentheses": "(" * 60 + "1" + ")" * 60,
    "many nested parentheses": "(" * 900 + "1" + ")" * 900,
    "unclosed parentheses": "(" * 1_500,
    "nested fractions": r"\frac{1}{" * 25 + "2" + "}" * 25,
    "many nested fractions": r"\frac{1}{" * 150 + "2" + "}" * 150,
    "large set": r"\{" + ",".join(str(i) for i in range(400)) + r"\}",
    "large set of roots": r"\{" + ",".join(rf"\sqrt{{{i}}}" for i in range(150)) + r"\}",
    "minus signs": "1" + "-" * 1_500,
    "roots of roots": r"\sqrt{" * 200 + "2" + "}" * 200,
    "long digits": "9" * 1_999,
    "exponent": "1e999999999",
    "expansion": r"(x+y+z)^{5000}",
    "expansion of many": r"\prod" + "".join(f"(x_{i}+1)" for i in range(100)),
    "sum to a million": r"\sum_{k=1}^{10^{9}} \frac{1}{k}",
    "integral": r"\int_0^1 x^x e^{x^{x^x}} dx",
    "limit": r"\lim_{n\to\infty} (1+\frac{1}{n})^{n!}",
    "trigonometric tower": r"\sin(" * 39 + "x" + ")" * 39,
    "modulus": r"7^{10^{18}} \mod 10^{9}",
    "many signs": " \\pm ".join(["1"] * 40),
    "alternating bars": "|" * 500 + "x" + "|" * 500,
    "many boxes": r"\boxed{" * 300,
    "zero division": r"\frac{1}{0}",
    "zero to the zero": "0^{0^{0}}",
    "gamma": r"\Gamma(10^{10})",
    "primorial": "10^{100}!",
    "matrix": r"\begin{pmatrix}" + r"\\".join("1 & 2" for _ in range(200)) + r"\end{pmatrix}",
    "invisible": "\u200b\u202e" * 500 + "1",
    "full width": "９＾９＾９＾９",
    "null": "\x001\x00",
    "surrogates": "\ud800\udfff1",
}

SLOW_REGEXES = {
    "blanks": " " * 1_900,
    "commas": "1," * 900,
    "thousands": "1,000" * 380,
    "spaced thousands": "1 000 " * 300,
    "backslashes": "\\" * 1_900,
    "escapes in JSON": '"answer": "' + '\\"' * 900,
    "asterisks": "**a" * 600,
    "dollars": "$a" * 900,
    "letters": "a" * 1_900,
    "words": "ab " * 600,
    "answer is": "answer is " * 190,
}


@pytest.fixture(scope="module")
def pool() -> Iterator[VerifierPool]:
    """One pool for all, so that what an answer breaks would show in the next."""
    with VerifierPool(VerifySettings(timeout_s=TIMEOUT_S, memory_mib=1024)) as pool:
        warm = pool.submit(problem("x"), trace(r"\boxed{\unknown{1}}"))
        warm.result()
        yield pool


@pytest.mark.parametrize("code", CODE)
def test_code_in_an_answer_is_never_executed(
    pool: VerifierPool, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    canary = tmp_path / "CANARY"
    hostile = code.replace("CANARY", str(canary))
    for reference, answer in (("4", hostile), ("x+1", hostile), (hostile, "x+1")):
        verdict = pool.submit(problem(reference), trace(f"<answer>{answer}</answer>")).result()
        assert verdict.status != "correct"
    assert not canary.exists()
    assert not (tmp_path / "CANARY").exists()


@pytest.mark.parametrize("answer", HANGS.values(), ids=HANGS.keys())
def test_a_heavy_answer_costs_its_time_at_most(pool: VerifierPool, answer: str) -> None:
    for reference in ("x+1", "17"):
        verdict = pool.submit(problem(reference), trace(f"<answer>{answer}</answer>")).result(60)
        assert verdict.status != "correct"
        assert verdict.seconds < TIMEOUT_S + GRACE_S


@pytest.mark.parametrize("text", SLOW_REGEXES.values(), ids=SLOW_REGEXES.keys())
def test_no_text_makes_finding_or_reading_slow(text: str) -> None:
    verifier = MathVerifier(NoSettings())
    started = time.process_time()
    for response in (text, f"<answer>{text}</answer>", text * 50):
        asked = verifier.question(problem("17"), trace(response))
        if isinstance(asked, tuple):
            verifier.quick(asked[0])
    assert time.process_time() - started < 0.5


def test_after_all_of_them_the_pool_still_judges(pool: VerifierPool) -> None:
    verdict = pool.submit(problem("x^2-1"), trace(r"\boxed{(x+1)(x-1)}")).result()
    assert (verdict.status, verdict.method) == ("correct", "formula")
