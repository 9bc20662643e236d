"""What a recipe is refused for before anything is asked or written."""

from pathlib import Path

import pytest

from cotfactory import recipe
from cotfactory.errors import UsageError

TEXT = """\
name: mine
problems:
  - kind: files
    paths: [problems.jsonl]
    columns: {prompt: question}
    verifier: math
teacher:
  model: some/model
  sampling:
    max_tokens: 100
generate:
  max_samples: 6
"""


def refusal(folder: Path, text: str, *assignments: str, generating: bool = False) -> str:
    path = folder / "recipe.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError) as caught:
        recipe.load(str(path), assignments, generating=generating)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_misspelt_verifier_is_mended(tmp_path: Path) -> None:
    said = refusal(tmp_path, TEXT.replace("verifier: math", "verifier: mth"))
    start = "recipe.yaml:6: problems.0.verifier: no verifier 'mth'. Did you mean 'math'?"
    assert said.startswith(start)
    vote = refusal(tmp_path, TEXT + "verify: {majority: {verifier: numerc}}\n")
    assert vote.startswith("recipe.yaml:13: verify.majority.verifier: no verifier 'numerc'.")


def test_an_unknown_field_of_columns_is_mended(tmp_path: Path) -> None:
    said = refusal(tmp_path, TEXT.replace("{prompt:", "{promt:"))
    start = "recipe.yaml:5: problems.0.columns.promt: unknown field. Did you mean 'prompt'?"
    assert said.startswith(start)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("generate.wanted_correct=7", "is 7: more than the 6 of max_samples can bring"),
        ("generate.quotas.math=-1", "greater than or equal to 0"),
        ("generate.continue_truncated=[400,200]", "is 200, but limits rise"),
        ("generate.continue_truncated=[200,200]", "is 200, but limits rise"),
        ("generate.continue_truncated=[100]", "is 100, but limits rise"),
    ],
)
def test_numbers_that_do_not_agree_are_refused(setting: str, says: str, tmp_path: Path) -> None:
    said = refusal(tmp_path, TEXT, setting)
    assert said.startswith(f"--set {setting}: {setting.partition('=')[0]}")
    assert says in said


def test_all_wanted_and_rising_limits_agree(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(TEXT, "utf-8")
    rising = ["generate.wanted_correct=6", "generate.continue_truncated=[101,200]"]
    assert recipe.load(str(path), rising).generate.continue_truncated == (101, 200)


def test_what_generating_takes_is_asked_for_where_a_recipe_generates(tmp_path: Path) -> None:
    bare = "name: mine\nproblems: []\n"
    assert refusal(tmp_path, bare, generating=True).splitlines() == [
        "recipe.yaml: teacher: is missing. Add it: generating needs a teacher and problems",
        "recipe.yaml:2: problems: is missing. Add it: generating needs a teacher and problems",
    ]
    assert recipe.load(str(tmp_path / "recipe.yaml")).problems == ()
