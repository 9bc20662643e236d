"""What changes in a verifier is judged again, and nothing else."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from builders import problem, trace, verdict
from cotfactory.store.parts import TABLES
from cotfactory.store.read import scan
from cotfactory.store.run import Row, Run
from cotfactory.verdicts import newest, verify
from cotfactory_filters.verify.sandbox import Limits, Sandbox, UnavailableError
from cotfactory_schemas import Recipe, tables

NUMERIC = problem("How long is it?", reference="100", verifier="numeric")
MATHS = problem("What is 2 + 3?")
NOWHERE = """
from cotfactory_filters.verify.sandbox import Sandbox, UnavailableError

def refuse(self):
    raise UnavailableError("no layer works")

Sandbox.start = refuse
"""


def judged(path: Path, **settings: Any) -> int:
    """Verifies a run of two numbers and a sum; returns how many traces were judged."""
    recipe = Recipe.model_validate({"name": "test", "verify": settings})
    rows: list[Row] = [NUMERIC, MATHS, trace(MATHS)]
    rows += [trace(NUMERIC, n, response=f"\\boxed{{{a}}}") for n, a in enumerate((100, 101))]
    with Run.open(path, recipe) as run:
        if not run.rows("traces"):
            run.append(rows)
            run.roll()
        return verify(run, lambda *_: None)


def tolerance(relative: float) -> dict[str, Any]:
    return {"numeric": {"relative_tolerance": relative}}


def statuses(path: Path) -> list[str]:
    rows = newest(Run.read(path)).sort("verifier", "trace_id").collect()
    return rows["status"].to_list()


def test_a_changed_setting_judges_its_verifiers_traces_again_and_no_others(tmp_path: Path) -> None:
    assert judged(tmp_path / "run") == 3
    assert statuses(tmp_path / "run") == ["correct", "correct", "incorrect"]
    assert judged(tmp_path / "run", verifiers=tolerance(0.02)) == 2
    assert statuses(tmp_path / "run") == ["correct", "correct", "correct"]
    assert judged(tmp_path / "run", verifiers=tolerance(0.02)) == 0


def test_a_setting_written_out_that_is_the_default_changes_nothing(tmp_path: Path) -> None:
    judged(tmp_path / "run")
    assert judged(tmp_path / "run", verifiers=tolerance(0.0)) == 0


def test_what_speeds_the_work_up_judges_nothing_again(tmp_path: Path) -> None:
    judged(tmp_path / "run")
    assert judged(tmp_path / "run", workers=2, timeout_s=9, memory_mib=4096) == 0


@pytest.mark.parametrize(
    ("status", "limits", "again"),
    [
        ("timeout", {"timeout_s": 9.0}, 1),
        ("timeout", {"timeout_s": 1.0}, 0),
        ("timeout", {"memory_mib": 4096}, 0),
        ("error", {"memory_mib": 4096}, 1),
        ("incorrect", {"timeout_s": 9.0, "memory_mib": 4096}, 0),
    ],
)
def test_a_higher_limit_judges_what_failed_at_it_again(
    tmp_path: Path, status: str, limits: dict[str, Any], again: int
) -> None:
    judged(tmp_path / "run")
    with Run.open(tmp_path / "run") as run:
        run.append([verdict(trace(MATHS), status)])
    assert judged(tmp_path / "run", **limits) == again
    assert judged(tmp_path / "run", **limits) == 0


def test_a_verdict_names_the_limit_it_failed_at(tmp_path: Path) -> None:
    hangs = problem("Hangs", reference="3")
    endless = trace(hangs, response=r"\boxed{\int_0^1 x^x e^{x^{x^x}} dx}")
    recipe = Recipe.model_validate({"name": "test", "verify": {"timeout_s": 0.3}})
    with Run.open(tmp_path / "run", recipe) as run:
        run.append([hangs, endless])
        run.roll()
        assert verify(run, lambda *_: None) == 1
    for expected in (0, 0):
        with Run.open(tmp_path / "run", recipe) as run:
            assert verify(run, lambda *_: None) == expected
    row = scan(Run.read(tmp_path / "run"), "verdicts").collect().row(0, named=True)
    assert (row["status"], row["settings"]) == ("timeout", '{"verify.timeout_s": 0.3}')


def test_parts_without_the_column_of_settings_are_read_and_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = trace(NUMERIC, 1, response="\\boxed{101}")
    older = tables.VERDICTS.remove(tables.VERDICTS.get_field_index("settings"))
    with monkeypatch.context() as before, Run.open(tmp_path / "run", Recipe(name="test")) as run:
        before.setitem(TABLES, "verdicts", older)
        run.append([NUMERIC, MATHS, trace(MATHS), longer])
        run.append([verdict(trace(MATHS)), verdict(longer, "incorrect", verifier="numeric")])
        run.roll()
    (part,) = Run.read(tmp_path / "run").parts("verdicts")
    assert "settings" not in pl.read_parquet_schema(part)
    assert judged(tmp_path / "run") == 0
    assert judged(tmp_path / "run", verifiers=tolerance(0.02)) == 1
    assert statuses(tmp_path / "run") == ["correct", "correct"]


def test_what_no_sandbox_could_hold_is_judged_once_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = {"tests": "assert f(1) == 2"}
    program = problem("Write f.", reference=None, verifier="code", checks=checks)
    answer = trace(program, response="```python\ndef f(x):\n    return x + 1\n```")
    (tmp_path / "sitecustomize.py").write_text(NOWHERE)
    recipe = Recipe(name="test")
    with monkeypatch.context() as without, Run.open(tmp_path / "run", recipe) as run:
        without.setenv("PYTHONPATH", str(tmp_path))
        run.append([program, answer])
        run.roll()
        for _ in range(2):
            assert verify(run, lambda *_: None) == 1
        rows = scan(run, "verdicts").collect()
    assert rows["method"].to_list() == ["no_sandbox"]  # said once
    sandbox = Sandbox(Limits())
    try:
        sandbox.start()
    except UnavailableError:
        pytest.skip("there is no sandbox here")
    finally:
        sandbox.close()
    with Run.open(tmp_path / "run") as run:
        assert verify(run, lambda *_: None) == 1
        assert verify(run, lambda *_: None) == 0
    assert statuses(tmp_path / "run") == ["correct"]
