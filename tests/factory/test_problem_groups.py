"""Groups of the same problem: typed twice, told twice, and chains of both."""

import random
from collections.abc import Mapping

import polars as pl

from cotfactory.dedup.problems import problem_groups

TYPED = (
    "Let $f(x)=x^2-6x+k$ for a real number $k$. Find the greatest integer $k$ such that the "
    "equation $f(x)=0$ has two distinct real solutions, and write down both of them."
)
TYPED_AGAIN = (
    "Let \\(f(x) = x^2 - 6 x + k\\) for a real number \\(k\\). Find the largest integer \\(k\\) "
    "such that the equation \\[f(x) = 0\\] has two distinct real solutions, and write down both of "
    "them.\nhttps://example.org/graph/k7f2\n~Someone9"
)
TOLD_ANEW = (
    "A quadratic equation is given by $f(x)=0$ with $f(x)=x^2-6x+k$. Determine the maximum value "
    "of the constant $k$, where $k$ is an integer, for which its solutions are real and distinct."
)
OTHER = TYPED.replace("greatest", "least")


def clusters(texts: Mapping[str, str]) -> dict[str, str | None]:
    frame = pl.DataFrame(
        {
            "problem_id": [*texts],
            "reference": [None] * len(texts),
            "messages": [[{"role": "user", "content": text}] for text in texts.values()],
        },
        schema_overrides={"reference": pl.String},
    )
    found = problem_groups(frame.lazy(), threshold=0.6, shingle_words=5)
    return dict(zip(found["problem_id"], found["problem_cluster"], strict=True))


def test_typings_and_tellings_of_a_problem_are_one_group() -> None:
    found = clusters({"p1": TYPED, "p2": TYPED_AGAIN, "p3": TOLD_ANEW, "p4": OTHER})
    assert found == {"p1": "p1", "p2": "p1", "p3": "p1", "p4": None}


def test_groups_do_not_depend_on_the_order_of_the_problems() -> None:
    texts = {"p1": TYPED, "p2": TYPED_AGAIN, "p3": TOLD_ANEW, "p4": OTHER, "p5": "What is 2 + 3?"}
    expected = clusters(texts)
    for seed in range(4):
        order = random.Random(seed).sample(sorted(texts), len(texts))
        assert clusters({name: texts[name] for name in order}) == expected
