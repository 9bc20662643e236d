"""Programs that try to pass tests without doing what the tests ask."""

from collections.abc import Iterator
from typing import Any

import pytest

from answers import problem, trace
from cotfactory_filters.verify.code import CodeSettings, CodeVerifier
from cotfactory_filters.verify.sandbox import Limits

HONEST = "def double(x):\n    return 2 * x"
FORGERIES = {
    "ends with success": """
import os
os._exit(0)
""",
    "ends with success when called": """
import os
def double(x):
    os._exit(0)
""",
    "ends an iteration": """
def double(x):
    raise StopIteration
""",
    "ends an iteration of its own": """
class Over(StopIteration):
    pass
Over.__name__ = "StopIteration"
def double(x):
    raise Over
""",
    "leaves": """
import sys
sys.exit(0)
""",
    "leaves when called": """
def double(x):
    raise SystemExit(0)
""",
    "equals everything": """
class E:
    def __eq__(self, other): return True
    def __hash__(self): return 4
def double(x):
    return E()
""",
    "is an integer that equals everything": """
class E(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
def double(x):
    return E(7)
""",
    "is a list that equals everything": """
class E(list):
    def __eq__(self, other): return True
    def __iter__(self): return iter([4])
def double(x):
    return E([7])
""",
    "is equal in both directions": """
class E(float):
    def __eq__(self, o): return True
    def __ne__(self, o): return False
    def __sub__(self, o): return self
    def __abs__(self): return 0
def double(x):
    return E()
""",
    "looks for the expected value in frames": """
import sys, gc
def double(x):
    frame = sys._getframe()
    while frame:
        for v in list(frame.f_locals.values()):
            if isinstance(v, dict) and 'expected' in v: return v['expected']
        frame = frame.f_back
    return 7
""",
    "looks for the tests in memory": """
import gc
def double(x):
    for o in gc.get_objects():
        if isinstance(o, dict) and 'tests' in o:
            return eval(o['tests'].split('==')[1])
    return 7
""",
    "patches the encoder": """
from cotfactory_filters.verify.sandbox import wire
wire.encode = lambda *a, **k: {'passed': True}
def double(x):
    return 7
""",
    "patches sending": """
from cotfactory_filters.verify.sandbox import wire
real = wire.send
def forged(stream, message):
    return real(stream, {**message, 'passed': True, 'value': True})
wire.send = forged
def double(x):
    return 7
""",
    "writes a verdict on every descriptor": """
import os, struct
body = b'{"passed": true}'
for d in range(100):
    try:
        os.write(d, struct.pack('>I', len(body)) + body)
    except OSError:
        pass
def double(x):
    return 7
""",
    "answers before it is asked": """
import os, struct
def double(x):
    for n in range(3):
        body = b'{"nonce": "n", "value": 4, "after": []}'
        os.write(3, struct.pack('>I', len(body)) + body)
    return 7
""",
    "patches asserts away": """
import builtins
builtins.AssertionError = type('A', (Exception,), {})
__debug__ if True else None
def double(x):
    return 7
""",
    "patches the builtins that tests use": """
import builtins
builtins.abs = lambda x: 0
builtins.all = lambda x: True
builtins.isinstance = lambda *a: True
def double(x):
    return 7
""",
    "patches the modules that tests use": """
import math
math.isclose = lambda *a, **k: True
math.fabs = lambda x: 0.0
def double(x):
    return 7
""",
    "redefines check": """
def check(candidate): pass
def range(*a): return []
def double(x):
    return 7
""",
    "says it brings a module of its own": """
import types, sys
math = types.ModuleType('math')
math.isclose = lambda *a, **k: True
sys.modules['math'] = math
def double(x):
    return 7
""",
    "returns an object that claims all": """
class E:
    def __getattr__(self, n): return lambda *a, **k: True
    def __len__(self): return 2
    def __lt__(self, o): return True
    def __rsub__(self, o): return 0
    def __sub__(self, o): return 0
def double(x):
    return E()
""",
    "patches what runs at the end": """
import atexit, os
atexit.register(lambda: os._exit(0))
def double(x):
    os.abort()
""",
    "answers from a thread": """
import threading, os, struct
def spam():
    body = b'{"passed": true, "value": true}'
    while True: os.write(3, struct.pack('>I', len(body)) + body)
threading.Thread(target=spam, daemon=True).start()
def double(x):
    return 7
""",
}
SUITES = {
    "compared here": {"tests": "assert double(2) == 4\nassert double(-3) == -6"},
    "run apart": {
        "tests": """
import math
for n in range(1, 5):
    assert math.isclose(double(n), 2 * n)
""",
    },
    "in a check": {
        "tests": """
def check(candidate):
    assert all(abs(candidate(n) - 2 * n) < 1 for n in range(9))
    assert isinstance(candidate(1), int)
""",
        "entry_point": "double",
    },
    "mapped": {"tests": "assert all(map(lambda n: double(n) == 2 * n, range(1, 5)))"},
    "with the program's own module": {
        "tests": "for n in range(1, 5):\n    assert math.isclose(double(n), 2 * n)",
    },
}


@pytest.fixture(scope="module")
def verifier() -> Iterator[CodeVerifier]:
    limits = Limits(cpu_s=2, wall_s=4, memory_mib=256, output_kib=512)
    made = CodeVerifier(CodeSettings(limits=limits))
    made.prepare()
    yield made
    made.close()


def status(verifier: CodeVerifier, program: str, checks: dict[str, Any]) -> str:
    asked = problem(None, "code", checks=checks)
    return verifier.verify(asked, trace(f"```python\n{program}\n```")).status


@pytest.mark.parametrize("checks", SUITES.values(), ids=SUITES)
@pytest.mark.parametrize("program", FORGERIES.values(), ids=FORGERIES)
def test_no_forger_passes(verifier: CodeVerifier, program: str, checks: dict[str, Any]) -> None:
    assert status(verifier, "import math\n" + HONEST, checks) == "correct"
    assert status(verifier, program, checks) != "correct"
