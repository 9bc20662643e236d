import json
from pathlib import Path

import pytest

from cotfactory.status import print_status, read_status
from recorded_session import RIGHT, recipe, session


@pytest.mark.parametrize("left", ["", '{"station": "gen', "[]", None])
def test_without_a_heartbeat_that_can_be_read_the_manifest_tells(
    left: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    session(run, recipe(tmp_path, 3, [RIGHT]))
    heartbeat = run / "status.json"
    heartbeat.unlink() if left is None else heartbeat.write_text(left, "utf-8")
    assert read_status(run)["heartbeat"]["accepted"] == 3
    print_status(run, as_json=False)
    said = capsys.readouterr().out
    assert "generate, all sessions together:\n  completions             3\n" in said
    print_status(run, as_json=True)
    assert json.loads(capsys.readouterr().out)["heartbeat"]["requests"] == 3


def test_the_heartbeat_says_when_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session(tmp_path / "run", recipe(tmp_path, 3, [RIGHT]))
    print_status(tmp_path / "run", as_json=False)
    at = read_status(tmp_path / "run")["heartbeat"]["at"]
    assert f"generate, at {at}, all sessions together:" in capsys.readouterr().out
