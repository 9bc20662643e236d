"""A recipe's rules are laid over the shipped ones, setting by setting."""

from pathlib import Path

import pytest

from cotfactory import recipe
from cotfactory.errors import UsageError
from cotfactory_filters.rules import DEFAULTS
from cotfactory_schemas import Recipe


def loaded(path: Path, rules: str, *assignments: str) -> Recipe:
    file = path / "recipe.yaml"
    file.write_text(f"name: mine\nfilter:\n  rules: {rules}\n", "utf-8")
    return recipe.load(str(file), assignments)


def test_a_recipe_says_every_rule_it_works_by(tmp_path: Path) -> None:
    assert loaded(tmp_path, "{}").filter.rules == DEFAULTS


def test_a_limit_alone_changes_a_shipped_rule(tmp_path: Path) -> None:
    made = loaded(tmp_path, "{}", "filter.rules.long_paragraph.limit=2000")
    changed = DEFAULTS["long_paragraph"].model_copy(update={"limit": 2000})
    assert made.filter.rules == {**DEFAULTS, "long_paragraph": changed}


def test_a_rule_that_was_off_comes_back_as_it_was_shipped(tmp_path: Path) -> None:
    made = loaded(tmp_path, "{loop: null}", "filter.rules.loop.limit=4")
    assert made.filter.rules["loop"] == DEFAULTS["loop"].model_copy(update={"limit": 4})
    assert loaded(tmp_path, "{loop: null}").filter.rules["loop"] is None


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("{mine: {limit: 3}}", r"recipe.yaml:3: filter.rules.mine.reject_if: is missing"),
        ("{loup: null}", r"recipe.yaml:3: filter.rules.loup: .* no such rule"),
        ("[loop]", r"filter.rules: .*dictionary"),
    ],
)
def test_what_is_no_rule_is_an_error_with_its_place(
    tmp_path: Path, rules: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        loaded(tmp_path, rules)
