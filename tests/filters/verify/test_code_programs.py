"""Finding the program in a response, and reading the tests of a problem."""

import pytest

from cotfactory_filters.verify.assertions import read_suite
from cotfactory_filters.verify.programs import final_program

NONE: frozenset[str] = frozenset()
F = frozenset({"f"})


def fenced(*programs: str, language: str = "python") -> str:
    return "\n".join(f"Some words.\n```{language}\n{program}\n```\n" for program in programs)


def source(response: str, wanted: frozenset[str] = NONE) -> str | None:
    found = final_program(response, wanted)
    return None if found is None else found.source


def test_the_last_block_that_defines_what_is_wanted_is_taken() -> None:
    response = fenced("def f():\n    return 1", "def f():\n    return 2", "print(f())")
    assert source(response, F) == "def f():\n    return 2"


def test_without_a_fitting_block_the_last_one_is_judged() -> None:
    assert source(fenced("def g(): pass", "def h(): pass"), F) == "def h(): pass"


def test_a_whole_program_is_the_last_that_reads_its_input() -> None:
    response = fenced("print(int(input()) + 1)", "assert solve(3) == 4")
    assert source(response) == "print(int(input()) + 1)"


def test_blocks_in_other_languages_do_not_count() -> None:
    response = fenced("def f(): return 1") + fenced("f() // 1", language="cpp")
    assert source(response, F) == "def f(): return 1"
    assert source(fenced("int f();", language="c"), F) is None


def test_a_block_that_is_no_python_goes_behind_one_that_is() -> None:
    response = fenced("def f(): return 1") + "\n```\nf() gives 1\n```"
    assert source(response, F) == "def f(): return 1"


@pytest.mark.parametrize("opener", ["```", "```py", "```Python", "~~~python", "````python"])
def test_fences_of_all_kinds_are_read(opener: str) -> None:
    closer = opener.rstrip("pyPthon")
    assert source(f"x\n{opener}\ndef f(): pass\n{closer}\ny", F) == "def f(): pass"


def test_an_indented_block_is_put_right() -> None:
    assert (
        source("1. So:\n   ```python\n   def f():\n       pass\n   ```", F) == "def f():\n    pass"
    )


def test_a_block_that_was_never_closed_is_said_to_be() -> None:
    found = final_program("```python\ndef f():\n    return 1\n", F)
    assert found is not None
    assert found.found == "fenced_open"
    assert found.source.strip().endswith("return 1")


def test_a_response_that_is_all_program_needs_no_fence() -> None:
    found = final_program("\ndef f():\n    return 1\n", F)
    assert found is not None
    assert found.found == "whole"
    assert final_program("The function f returns one.", F) is None
    assert final_program("", F) is None


def test_simple_asserts_are_compared_without_running_them() -> None:
    suite = read_suite(
        "assert f(1, [2], k={'a': -1}) == (1, None)\nassert not f('')\n"
        "assert f(0) is None\nassert 3 == f(2)\nassert f(9)",
        "",
        None,
    )
    assert suite.cases is not None
    assert [(c.args, c.relation, c.expected) for c in suite.cases] == [
        ([1, [2]], "equal", (1, None)),
        ([""], "false", None),
        ([0], "identical", None),
        ([2], "equal", 3),
        ([9], "true", None),
    ]
    assert suite.wanted == F


@pytest.mark.parametrize(
    "tests",
    [
        "assert abs(f(1) - 1) < 1e-6",
        "assert f(1) == g(1)",
        "assert sorted(f([2, 1])) == [1, 2]",
        "for n in range(3):\n    assert f(n) == n",
        "x = [1]\nassert f(x) == 1",
        "assert f(*[1, 2]) == 3",
        "assert f(1) == 1 == f(1)",
        "if True:\n    assert f(1)",
        "",
    ],
)
def test_all_other_tests_must_be_run(tests: str) -> None:
    assert read_suite(tests, "", None).cases is None


def test_checks_and_their_callers_are_followed() -> None:
    check = "META = {'a': 1}\ndef check(candidate):\n    'Doc.'\n    assert candidate(1) == 2\n"
    called = read_suite(check + "def test_check():\n    check(f)\ntest_check()", "", None)
    assert called.cases is not None
    assert [case.name for case in called.cases] == ["f"]
    uncalled = read_suite(check, "", "Solution().f")
    assert uncalled.cases is not None
    assert [case.name for case in uncalled.cases] == ["Solution().f"]
    assert uncalled.check == "Solution().f"
    assert uncalled.wanted == {"Solution"}


def test_a_check_that_calls_itself_does_not_run_for_ever() -> None:
    assert read_suite("def a():\n    b()\ndef b():\n    a()\na()", "", None).cases is None


def test_what_prelude_and_tests_define_is_not_asked_of_the_program() -> None:
    tests = "import math\nx = math.pi\nfor n in range(3):\n    assert f(helper(n), x) == len([n])"
    assert read_suite(tests, "def helper(n): return n", None).wanted == F


@pytest.mark.parametrize("tests", ["assert (", "\0", "(" * 10_000, "assert f() == 1\n  x"])
def test_tests_that_are_no_python_are_refused(tests: str) -> None:
    with pytest.raises(ValueError, match="the tests cannot be read"):
        read_suite(tests, "", None)
