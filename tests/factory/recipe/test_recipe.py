import json
from pathlib import Path

import pytest

from cotfactory import recipe
from cotfactory.errors import UsageError

MINIMAL = """\
name: mine
problems:
  - kind: files
    paths: [problems.jsonl]
teacher:
  model: some/model
  sampling:
    temperature: 0.6
"""


def written(path: Path, text: str) -> str:
    file = path / "recipe.yaml"
    file.write_text(text, "utf-8")
    return str(file)


def faults(path: Path, text: str, *assignments: str) -> list[str]:
    with pytest.raises(UsageError) as caught:
        recipe.load(written(path, text), assignments)
    return str(caught.value).replace(str(path), "").splitlines()


def test_a_misspelt_setting_is_named_with_its_line_and_the_mend(tmp_path: Path) -> None:
    text = MINIMAL.replace("temperature:", "temprature:")
    assert faults(tmp_path, text) == [
        "/recipe.yaml:8: teacher.sampling.temprature: unknown setting. Did you mean 'temperature'?"
    ]


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    text = MINIMAL.replace("name: mine", "nam: mine").replace("0.6", "hot")
    said = faults(tmp_path, text)
    assert [line.split(": ")[1] for line in said] == ["name", "teacher.sampling.temperature", "nam"]
    assert "is 'hot'" in said[1]


def test_a_fault_in_a_plugins_settings_has_its_line_too(tmp_path: Path) -> None:
    text = MINIMAL.replace("paths:", "pahts:")
    assert faults(tmp_path, text) == [
        "/recipe.yaml:3: problems.0.paths: is missing. Add it.",
        "/recipe.yaml:4: problems.0.pahts: unknown setting. Did you mean 'paths'?",
    ]


def test_an_unknown_plugin_lists_what_there_is(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, MINIMAL + "engine: {kind: vlm}\n")
    assert said == "/recipe.yaml:9: engine: no engine 'vlm'. Did you mean 'vllm'?"


def test_a_fault_in_an_assignment_names_the_assignment(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, MINIMAL, "teacher.sampling.top_p=2")
    assert said.startswith("--set teacher.sampling.top_p=2: teacher.sampling.top_p: ")


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("name: [", "not YAML"),
        ("- a\n- b\n", "mapping"),
        (MINIMAL + "name: again\n", "'name' stands here twice"),
        ("name: &a x\ndescription: *a\n", "aliases are not supported"),
    ],
)
def test_what_is_no_recipe_is_refused_with_a_reason(tmp_path: Path, text: str, mend: str) -> None:
    assert mend in "\n".join(faults(tmp_path, text))


def test_assignments_reach_into_lists_and_make_sections(tmp_path: Path) -> None:
    made = recipe.load(
        written(tmp_path, MINIMAL),
        ["problems.0.verifier=math", "generate.quotas.math=5", "filter.rules.no_thought=null"],
    )
    assert made.problems[0].options["verifier"] == "math"
    assert made.generate.quotas == {"math": 5}
    assert made.filter.rules["no_thought"] is None


def test_a_resolved_recipe_says_every_default_and_loads_to_itself(tmp_path: Path) -> None:
    made = recipe.load(written(tmp_path, MINIMAL))
    again = recipe.load(written(tmp_path, recipe.dump(made)))
    assert again == made
    assert "slots" in made.engine.options
    assert made.filter.annotators["language"] is not None


@pytest.mark.parametrize("name", recipe.names())
def test_every_shipped_recipe_is_valid_and_described(name: str) -> None:
    assert recipe.load(name).name == name
    assert recipe.description(name)


def test_a_misspelt_name_of_a_shipped_recipe_is_mended() -> None:
    with pytest.raises(UsageError, match="Did you mean 'curate'"):
        recipe.load("curat")


def test_editors_get_a_json_schema() -> None:
    schema = json.loads(recipe.json_schema())
    assert "teacher" in schema["properties"]
