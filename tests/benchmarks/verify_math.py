"""Verdicts on mathematical answers per CPU second, beside math-verify, in one run.

Run: python tests/benchmarks/verify_math.py [--pairs FILE.jsonl] [--count N]

Pairs are made in the proportions that answers to MATH-500, GSM8K and olympiad problems have (four
in five are plain numbers), half of them wrong; FILE.jsonl brings others (columns gold and
prediction). CPU time is that of the pool's workers and of this process together.

1. distinct: every pair once.
2. needing algebra: only those that neither string nor number comparison decides.
3. repeated: each pair seven times, as the samples of a run repeat each other's answers.
4. pathological: one answer in a hundred would run for hours; no verdict may take longer than the
   limit and half a second.
"""

import argparse
import json
import logging
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from math_verify import parse, verify

from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Message, Problem, Trace, Verdict
from cotfactory_schemas.recipe import VerifySettings

Pair = tuple[str, str]

TIMEOUT_S = 3.0
REPEATS = 7
SHARE_OF_NUMBERS = 0.8
HANGS = (
    "9^{9^{9^9}}",
    r"\sum_{k=1}^{10^9} \frac{1}{k}",
    "((10^8)!)!",
    r"\frac{1}{" * 25 + "2" + "}" * 25,
    r"\int_0^1 x^x e^{x^{x^x}} dx",
    "(" * 60 + "1" + ")" * 60,
)


def number_pair(random_: random.Random) -> Pair:
    """Two spellings of a number, or of two."""
    n, d = random_.randint(1, 9999), random_.randint(2, 60)
    gold, same = random_.choice(
        [
            (str(n), rf"{n}"),
            (str(n), rf"${n:,}$"),
            (str(n), rf"{n}\text{{ cm}}"),
            (rf"\frac{{{n}}}{{{d}}}", rf"\dfrac{{{n}}}{{{d}}}"),
            (rf"\frac{{{n}}}{{{d}}}", f"{n}/{d}"),
            (f"{n / 100}", f"{n / 100:.3f}"),
            (rf"{n}\%", f"{n}"),
            (rf"{n % 180}^\circ", f"{n % 180}"),
        ]
    )
    return (gold, same) if random_.random() < 0.5 else (gold, str(n + random_.randint(1, 9)))


def formula_pair(random_: random.Random) -> Pair:
    """Two forms of an expression, a collection or a region, or of two."""
    a, b, c = (random_.randint(2, 40) for _ in range(3))
    gold, same, other = random_.choice(
        [
            (rf"{a}\sqrt{{{b}}}", rf"\sqrt{{{a * a * b}}}", rf"\sqrt{{{a * a * b + 1}}}"),
            (rf"\frac{{{a}\pi}}{{{b}}}", rf"{a}\pi/{b}", rf"\frac{{{a + 1}\pi}}{{{b}}}"),
            (f"x^2-{a * a}", rf"(x-{a})(x+{a})", f"x^2+{a * a}"),
            (f"({a}, {b})", rf"\left({a},\, {b}\right)", f"({b + 1}, {a})"),
            (rf"[{a}, {a + b})", rf"{a} \le x < {a + b}", rf"[{a}, {a + b}]"),
            (f"{a}, {b}, {a + b}", rf"\{{{a + b}, {b}, {a}\}}", f"{a}, {b}"),
            (rf"{a} \pm \sqrt{{{b}}}", rf"{a}+\sqrt{{{b}}}, {a}-\sqrt{{{b}}}", f"{a}"),
            (rf"\frac{{{a}}}{{x+{b}}}", rf"\frac{{{2 * a}}}{{2x+{2 * b}}}", f"{a}/(x-{b})"),
            (rf"{a}e^{{-{b}t}}+{c}", rf"{c} + \frac{{{a}}}{{e^{{{b}t}}}}", rf"{a}e^{{{b}t}}+{c}"),
            (f"y = {a}x + {b}", f"{a}x - y + {b} = 0", f"y = {a}x - {b}"),
            (rf"\log_{{{a}}} {a**3}", "3", "4"),
            (rf"\begin{{pmatrix}} {a} \\ {b} \end{{pmatrix}}", f"({a}, {b})", f"({a}, {b + 1})"),
            (rf"\sin {a}x \cos {a}x", rf"\frac{{\sin {2 * a}x}}{{2}}", rf"\sin {2 * a}x"),
            (rf"{a}^{{{c}}}-{b}", rf"-{b}+{a}^{{{c}}}", rf"{a}^{{{c}}}+{b}"),
        ]
    )  # fmt: skip
    return (gold, same) if random_.random() < 0.5 else (gold, other)


def made_pairs(count: int) -> list[Pair]:
    """`count` different pairs, the same in every run."""
    random_ = random.Random(7)
    pairs: dict[Pair, None] = {}
    while len(pairs) < count:
        make = number_pair if random_.random() < SHARE_OF_NUMBERS else formula_pair
        pairs[make(random_)] = None
    return list(pairs)


def asked(pair: Pair, index: int) -> tuple[Problem, Trace]:
    """A problem and a trace that answers it in a box, after some text."""
    problem = Problem(
        messages=(Message(role="user", content=""),),
        reference=pair[0],
        verifier="math",
        source="benchmark",
    )
    text = "We compute it step by step. " * 40 + rf"So the answer is $\boxed{{{pair[1]}}}$."
    trace = Trace(
        trace_id=str(index),
        problem_id="",
        sample=0,
        teacher="",
        model="",
        raw=text,
        response=text,
        finish_reason="stop",
    )
    return problem, trace


def cpu_seconds() -> float:
    """CPU time of this process and of the children it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def warm_up(pool: VerifierPool) -> None:
    """Has the worker import what it needs."""
    pool.submit(*asked(("x", r"\unknown"), 0)).result()


def ours(pairs: Sequence[Pair]) -> tuple[float, list[Verdict]]:
    """CPU seconds for the verdicts, without starting the worker; and the verdicts."""
    questions = [asked(pair, i) for i, pair in enumerate(pairs)]
    started = cpu_seconds()
    with VerifierPool(VerifySettings(timeout_s=TIMEOUT_S)) as pool:
        warm_up(pool)
    start_up = cpu_seconds() - started
    started = cpu_seconds()
    with VerifierPool(VerifySettings(timeout_s=TIMEOUT_S)) as pool:
        warm_up(pool)
        verdicts = list(pool.verify_all(questions))
    return max(cpu_seconds() - started - start_up, 1e-3), verdicts


def theirs(pairs: Sequence[Pair]) -> tuple[float, list[bool]]:
    """CPU seconds of math-verify as its documentation uses it, and what it says."""
    texts = [asked(pair, 0)[1].response for pair in pairs]
    started = cpu_seconds()
    said = [
        verify(parse(f"${gold}$"), parse(text))
        for (gold, _), text in zip(pairs, texts, strict=True)
    ]
    return cpu_seconds() - started, said


def compare(name: str, pairs: Sequence[Pair], goal: float) -> None:
    """Prints one line: rates, ratio and goal."""
    cpu, verdicts = ours(pairs)
    their_cpu, said = theirs(pairs)
    ratio = their_cpu / cpu
    agree = sum((v.status == "correct") == s for v, s in zip(verdicts, said, strict=True))
    methods = Counter(v.method for v in verdicts).most_common(4)
    print(
        f"{name:<16} {len(pairs):>6} pairs  ours {len(pairs) / cpu:>8,.0f}/s  math-verify "
        f"{len(pairs) / their_cpu:>6,.0f}/s  ratio {ratio:>6.1f} (goal {goal:g})  "
        f"agree {agree / len(pairs):.1%}  {dict(methods)}"
    )


def pathological(pairs: Sequence[Pair]) -> None:
    """Prints the longest verdict when one answer in a hundred hangs."""
    mixed = [
        (gold, HANGS[i // 100 % len(HANGS)]) if i % 100 == 0 else (gold, answer)
        for i, (gold, answer) in enumerate(pairs)
    ]
    started = time.monotonic()
    with VerifierPool(VerifySettings(timeout_s=TIMEOUT_S)) as pool:
        warm_up(pool)
        verdicts = list(pool.verify_all(asked(pair, i) for i, pair in enumerate(mixed)))
    wall = time.monotonic() - started
    longest = max(v.seconds for v in verdicts)
    statuses = Counter(v.status for v in verdicts)
    print(
        f"{'pathological':<16} {len(mixed):>6} pairs  {len(mixed) / wall:>6,.0f}/s wall  longest "
        f"verdict {longest:.2f} s (goal {TIMEOUT_S + 0.5:g})  {dict(statuses)}"
    )


def read_pairs(path: Path) -> list[Pair]:
    """Reads the distinct pairs of a JSONL file."""
    rows = [json.loads(line) for line in path.read_bytes().split(b"\n") if line.strip()]
    return list(dict.fromkeys((row["gold"], row["prediction"]) for row in rows))


def main(arguments: Sequence[str]) -> None:
    """Runs all four."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--count", type=int, default=600)
    given = parser.parse_args(arguments)
    logging.disable(logging.ERROR)
    pairs = read_pairs(given.pairs) if given.pairs else made_pairs(given.count)
    theirs(pairs[:3])  # its imports are not its rate
    decided_by_text = {"string", "rational"}
    hard = [
        p for p, v in zip(pairs, ours(pairs)[1], strict=True) if v.method not in decided_by_text
    ]
    repeated = [pair for pair in pairs for _ in range(REPEATS)]
    random.Random(1).shuffle(repeated)
    compare("distinct", pairs, 10)
    compare("needing algebra", hard, 3)
    compare("repeated", repeated, 20)
    pathological(pairs)


if __name__ == "__main__":
    main(sys.argv[1:])
