"""The verifier for Python programs."""

from collections.abc import Iterator
from typing import Any

import pytest

import answers
from answers import trace
from cotfactory_filters.verify import make_verifier
from cotfactory_filters.verify.code import CodeSettings, CodeVerifier
from cotfactory_filters.verify.sandbox import Limits, sandbox
from cotfactory_schemas import Problem, Verdict

LIMITS = Limits(cpu_s=2, wall_s=4, memory_mib=256, output_kib=512)
DOUBLE = "assert double(2) == 4\nassert double(-3) == -6\nassert double(0) == 0"


@pytest.fixture(scope="module")
def verifier() -> Iterator[CodeVerifier]:
    made = CodeVerifier(CodeSettings(limits=LIMITS))
    made.prepare()
    yield made
    made.close()


def problem(**checks: Any) -> Problem:
    return answers.problem(None, "code", checks=checks)


def judged(verifier: CodeVerifier, program: str, **checks: Any) -> Verdict:
    return verifier.verify(problem(**checks), trace(f"So:\n```python\n{program}\n```\nDone."))


def test_a_right_program_is_correct_and_says_how_it_was_held(verifier: CodeVerifier) -> None:
    said = judged(verifier, "def double(x):\n    return 2 * x", tests=DOUBLE)
    assert (said.status, said.method, said.found) == ("correct", "values", "fenced")
    assert said.extracted == "def double(x):\n    return 2 * x"
    assert "seccomp" in said.detail
    assert "256 MiB" in said.detail


def test_a_wrong_program_is_incorrect_and_the_test_is_named(verifier: CodeVerifier) -> None:
    said = judged(verifier, "def double(x):\n    return x * x", tests=DOUBLE)
    assert said.status == "incorrect"
    assert "test 2 of 3" in said.detail


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("def double(x):\n    raise KeyError(x)", "KeyError"),
        ("def other(x):\n    return 2 * x", "double"),
        ("def double(x):\n    return 2 * x\ndouble(", "SyntaxError"),
        ("raise RuntimeError('no')", "RuntimeError"),
        ("import no_such_module", "ModuleNotFoundError"),
        ("def double(x, y):\n    return 2 * x", "TypeError"),
    ],
)
def test_a_failing_program_is_incorrect_and_its_error_named(
    verifier: CodeVerifier, program: str, says: str
) -> None:
    said = judged(verifier, program, tests=DOUBLE)
    assert said.status == "incorrect"
    assert says in said.detail


def test_a_hanging_program_is_a_timeout(verifier: CodeVerifier) -> None:
    said = judged(verifier, "def double(x):\n    while True: pass", tests=DOUBLE)
    assert said.status == "timeout"


PLAIN = {
    "list": ("[1, [2, 3]]", "[1, [2, 3]]", True),
    "tuple is no list": ("(1, 2)", "[1, 2]", False),
    "set": ("{3, 1}", "{1, 3}", True),
    "frozenset equals set": ("frozenset({1})", "{1}", True),
    "dictionary": ("{(1, 2): 'a', 'b': None}", "{'b': None, (1, 2): 'a'}", True),
    "counter equals dictionary": (
        "__import__('collections').Counter('aab')",
        "{'a': 2, 'b': 1}",
        True,
    ),
    "true equals one": ("1", "True", True),
    "float equals integer": ("2.0", "2", True),
    "float exactly": ("0.1 + 0.2", "0.3", False),
    "nan equals nothing": ("float('nan')", "None", False),
    "infinite": ("float('inf')", "1e999", True),
    "great integer": ("10 ** 5000", "0", False),
    "string of surrogates": ("'\\ud800'", "'\\ud800'", True),
    "bytes": ("b'ab'", "b'ab'", True),
    "complex": ("1j * 1j", "(-1+0j)", True),
    "fraction equals number": ("__import__('fractions').Fraction(4, 2)", "2", True),
    "decimal equals number": ("__import__('decimal').Decimal('2.50')", "2.5", True),
    "generator is no list": ("(x for x in [1])", "[1]", False),
    "range is no list": ("range(2)", "[0, 1]", False),
    "keys are no list": ("{1: 2}.keys()", "[1]", False),
    "deque is no list": ("__import__('collections').deque([1])", "[1]", False),
    "function": ("print", "None", False),
    "deep nesting": ("eval('[' * 80 + ']' * 80)", "[]", False),
}


@pytest.mark.parametrize(("result", "expected", "equal"), PLAIN.values(), ids=PLAIN)
def test_values_compare_as_they_would_in_python(
    verifier: CodeVerifier, result: str, expected: str, *, equal: bool
) -> None:
    said = judged(verifier, f"def f():\n    return {result}", tests=f"assert f() == {expected}")
    assert said.method == "values"
    assert said.status == ("correct" if equal else "incorrect")


RUN_TESTS = {
    "loops": "import random\nfor n in range(20):\n    assert double(n) == n + n",
    "tolerances": "assert abs(double(0.1) - 0.2) < 1e-9",
    "two results": "assert double(1) + double(2) == 6",
    "its own variables": "x = [1, 2]\nassert double(x) == [1, 2, 1, 2]\nassert x == [1, 2]",
    "its own helper": "def four():\n    return 4\nassert double(2) == four()",
    "a caught error": "try:\n    double(None)\n    assert False\nexcept TypeError:\n    pass",
    "a module that the program imports": "assert math.isclose(double(0.5), 1.0)",
    "keywords": "for n in range(3):\n    assert double(x=n) == 2 * n",
}


@pytest.mark.parametrize("tests", RUN_TESTS.values(), ids=RUN_TESTS)
def test_tests_that_must_run_do_so_apart_from_the_program(
    verifier: CodeVerifier, tests: str
) -> None:
    right = judged(verifier, "import math\ndef double(x):\n    return 2 * x", tests=tests)
    assert (right.status, right.method) == ("correct", "tests"), right.detail
    wrong = judged(verifier, "import math\ndef double(x):\n    return 7", tests=tests)
    assert wrong.status == "incorrect"


def test_what_a_program_does_to_its_arguments_is_seen(verifier: CodeVerifier) -> None:
    tests = "x = [3, 1, 2]\norder(x)\nassert x == [1, 2, 3]"
    assert judged(verifier, "def order(x):\n    x.sort()", tests=tests).status == "correct"
    assert judged(verifier, "def order(x):\n    sorted(x)", tests=tests).status == "incorrect"


def test_objects_of_the_program_stay_there_and_can_be_tested(verifier: CodeVerifier) -> None:
    program = """
class Node:
    def __init__(self, value):
        self.value, self.left = value, None

class Stack:
    def __init__(self): self.items = []
    def push(self, item): self.items.append(item)
    def pop(self): return self.items.pop()
    def __len__(self): return len(self.items)

def depth(node):
    return 0 if node is None else 1 + depth(node.left)
"""
    tree = (
        "root = Node(1)\nroot.left = Node(2)\nassert depth(root) == 2\nassert root.left.value == 2"
    )
    assert judged(verifier, program, tests=tree).status == "correct"
    stack = "s = Stack()\ns.push(4)\ns.push(5)\nassert s.pop() == 5\nassert len(s) == 1"
    assert judged(verifier, program, tests=stack).status == "correct"
    wrong = "s = Stack()\ns.push(4)\nassert s.pop() == 5"
    assert judged(verifier, program, tests=wrong).status == "incorrect"


def test_a_check_function_is_called_with_the_entry_point(verifier: CodeVerifier) -> None:
    tests = "def check(candidate):\n    assert candidate(3) == 6\n    assert candidate(1) == 2"
    right = "def double(x):\n    return x + x"
    said = judged(verifier, right, tests=tests, entry_point="double")
    assert (said.status, said.method) == ("correct", "values")
    method = "class Solution:\n    def double(self, x):\n        return x + x"
    said = judged(verifier, method, tests=tests, entry_point="Solution().double")
    assert (said.status, said.method) == ("correct", "values")
    said = judged(verifier, method, tests=tests, entry_point="double")
    assert (said.status, said.method) == ("correct", "values")
    loop = "def check(candidate):\n    for n in range(9):\n        assert candidate(n) == n + n"
    for entry_point in ("Solution().double", "double"):
        said = judged(verifier, method, tests=loop, entry_point=entry_point)
        assert (said.status, said.method) == ("correct", "tests")


def test_the_prelude_is_there_for_program_and_tests(verifier: CodeVerifier) -> None:
    prelude = "from typing import List\ndef poly(xs: List[int]) -> int:\n    return sum(xs)"
    program = "def f(xs: List[int]) -> int:\n    return poly(xs)"
    tests = "for n in range(3):\n    assert f([n, n]) == poly([n, n])"
    said = judged(verifier, program, tests=tests, prelude=prelude)
    assert (said.status, said.method) == ("correct", "tests")


def test_tests_that_lean_on_the_programs_helpers_are_marked(verifier: CodeVerifier) -> None:
    program = "def encode(s):\n    return s[::-1]\ndef decode(s):\n    return s[::-1]"
    tests = "for s in ('ab', 'c'):\n    assert decode(encode(s)) == s"
    assert judged(verifier, program, tests=tests).method == "tests_with_helpers"


SUM_IO = [{"input": "1 2\n", "output": "3\n"}, {"input": "5 -7\n", "output": "-2\n"}]


def test_a_whole_program_is_judged_by_its_output(verifier: CodeVerifier) -> None:
    right = judged(verifier, "print(sum(map(int, input().split())))", io=SUM_IO)
    assert (right.status, right.method) == ("correct", "output")
    wrong = judged(verifier, "print(3)", io=SUM_IO)
    assert wrong.status == "incorrect"
    assert "test 2 of 2" in wrong.detail


THREADED = """
import sys, threading
def main():
    print(sum(map(int, sys.stdin.buffer.read().split())))
threading.stack_size(1 << 26)
threading.Thread(target=main).start()
"""


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("import sys\nprint(3 if '1' in sys.stdin.read() else -2)", "correct"),
        ("def main():\n    print(sum(map(int, input().split())))\nmain()", "correct"),
        ("if __name__ == '__main__':\n    print(sum(map(int, input().split())))", "correct"),
        ("import sys\nsys.stdout.write(str(eval(input().replace(' ', '+'))))\nexit()", "correct"),
        (THREADED, "correct"),
        ("print(sum(map(int, input().split())))\nraise ValueError", "incorrect"),
        ("import sys\nprint(sum(map(int, input().split())))\nsys.exit(3)", "incorrect"),
        ("while True: print(3)", "incorrect"),
        ("input()\ninput()", "incorrect"),
        ("import time\ntime.sleep(100)", "timeout"),
    ],
)
def test_whole_programs_of_all_kinds(verifier: CodeVerifier, program: str, status: str) -> None:
    assert judged(verifier, program, io=SUM_IO).status == status


@pytest.mark.parametrize(
    ("written", "expected", "status"),
    [
        ("1  2\\n3", "1 2 3\n", "correct"),
        ("0.3333333", "0.333333333", "correct"),
        ("0.33", "0.333333333", "incorrect"),
        ("1.0", "1", "incorrect"),
        ("yes", "YES", "incorrect"),
        ("1e-1", "0.1", "correct"),
        ("nan", "0.5", "incorrect"),
        ("1 2", "1 2 3", "incorrect"),
    ],
)
def test_outputs_compare_word_by_word(
    verifier: CodeVerifier, written: str, expected: str, status: str
) -> None:
    io = [{"input": "", "output": expected}]
    assert judged(verifier, f"print('{written}')", io=io).status == status


@pytest.mark.parametrize(
    ("checks", "says"),
    [
        ({}, "neither tests nor io"),
        ({"tests": "assert ("}, "cannot be read"),
        ({"tests": 5}, "checks.tests"),
        ({"io": [{"input": "1"}]}, "checks.io.0.output"),
        ({"test": "assert f() == 1"}, "checks.test"),
    ],
)
def test_a_problem_without_readable_tests_is_unverifiable(
    verifier: CodeVerifier, checks: dict[str, Any], says: str
) -> None:
    said = judged(verifier, "def f(): return 1", **checks)
    assert said.status == "unverifiable"
    assert says in said.detail


def test_a_response_without_a_program_is_unparsable(verifier: CodeVerifier) -> None:
    assert verifier.verify(problem(tests=DOUBLE), trace("I do not know.")).status == "unparsable"


def test_without_a_sandbox_nothing_runs_and_the_missing_layer_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sandbox, "STRONGEST_FIRST", (("landlock",),))
    made = CodeVerifier(CodeSettings(limits=LIMITS))
    said = judged(made, "def double(x):\n    return 2 * x", tests=DOUBLE)
    assert said.status == "unverifiable"
    assert "landlock: does not hold back" in said.detail


def test_an_unsafe_run_says_so_in_every_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "STRONGEST_FIRST", ())
    monkeypatch.delenv("HF_TOKEN", raising=False)
    made = make_verifier("code", {"allow_unsafe": True})
    assert isinstance(made, CodeVerifier)
    said = judged(made, "def double(x):\n    return 2 * x", tests=DOUBLE)
    made.close()
    assert said.status == "correct"
    assert "unsafe" in said.detail


def test_programs_import_the_packages_that_the_settings_name_and_no_others() -> None:
    program = "import numpy as np\nfrom numpy import fft\ndef f(x):\n    return int(np.sum(x))"
    tests = "assert f([1, 2]) == 3"
    allowing = CodeVerifier(CodeSettings(limits=LIMITS, modules=("numpy",)))
    said = judged(allowing, program, tests=tests)
    missing = judged(allowing, "import polars\ndef f(x):\n    return 3", tests=tests)
    allowing.close()
    assert said.status == "correct", said.detail
    assert "ModuleNotFoundError" in missing.detail
    absent = CodeVerifier(CodeSettings(limits=LIMITS, modules=("no_such_package",)))
    assert "no_such_package" in judged(absent, program, tests=tests).detail


@pytest.mark.parametrize(
    "io",
    [
        [{"input": "2\n", "output": "4\n", "type": "stdin_stdout", "fn_name": None}],
        {"inputs": ["2\n"], "outputs": ["4\n"]},
        '{"inputs": ["2\\n"], "outputs": ["4\\n"]}',
    ],
)
def test_tests_in_the_forms_of_public_sets_are_read(verifier: CodeVerifier, io: Any) -> None:
    assert judged(verifier, "print(2 * int(input()))", io=io).status == "correct"
    assert judged(verifier, "print(3 * int(input()))", io=io).status == "incorrect"


@pytest.mark.parametrize(
    ("io", "says"),
    [
        ([{"input": "[2]", "output": "4", "fn_name": "double"}], "asserts"),
        ({"inputs": ["2"], "outputs": ["4"], "fn_name": "double"}, "asserts"),
        ({"inputs": ["2", "3"], "outputs": ["4"]}, "shorter"),
        ("no JSON", "io"),
        ({"in": []}, "inputs"),
    ],
)
def test_tests_that_cannot_be_read_make_no_verdict(
    verifier: CodeVerifier, io: Any, says: str
) -> None:
    said = judged(verifier, "print(2 * int(input()))", io=io)
    assert said.status == "unverifiable"
    assert says in said.detail
