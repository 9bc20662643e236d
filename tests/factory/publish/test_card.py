import os
import re
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from cotfactory.publish import publish
from cotfactory.publish.markdown import block, code, escaped
from cotfactory_schemas import Recipe
from finished_run import finished_run, recipe

GOLDEN = Path(__file__).parent / "golden" / "README.md"
HOSTILE = "no --- | `x` <img src=x onerror=alert(1)> [a](javascript:b) $x$\n# heading\n---\n- *b*"


def card_of(path: Path, settings: Recipe) -> str:
    publish(finished_run(path, settings=settings), path.parent / "out")
    return (path.parent / "out" / "README.md").read_text("utf-8")


def metadata(card: str) -> dict[str, object]:
    return dict(yaml.safe_load(card.split("---\n", 2)[1]))


def test_the_card_looks_as_it_did(tmp_path: Path) -> None:
    card = card_of(tmp_path / "run", recipe())
    card = card[: card.index("```yaml")]  # the recipe's defaults are another test's business
    card = re.sub(r"num_bytes: \d+|_size: \d+|`[0-9a-f]{32}`", "#", card)
    if "WRITE_GOLDEN" in os.environ:
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(card, "utf-8")
    assert card == GOLDEN.read_text("utf-8"), "if this is meant: WRITE_GOLDEN=1 pytest, and look"


def test_texts_of_others_stay_texts(tmp_path: Path) -> None:
    settings = recipe(
        description=HOSTILE, publish={"title": HOSTILE, "licence": "no", "tags": [HOSTILE, "yes"]}
    )
    card = card_of(tmp_path / "run", settings)
    head = metadata(card)
    assert head["license"] == "no"
    assert head["pretty_name"] == " ".join(HOSTILE.split())
    assert head["tags"] == [
        "reasoning",
        "chain-of-thought",
        "synthetic",
        head["pretty_name"],
        "yes",
    ]
    prose = card.split("---\n", 2)[2].split("```yaml")[0]
    assert "<img" not in prose
    assert "[a](" not in prose
    assert "\n# heading" not in prose


@given(st.text())
def test_a_block_ends_where_we_end_it(text: str) -> None:
    lines = block(text, "yaml").split("\n")
    fence = lines[-1]
    assert lines[0] == f"{fence}yaml"
    assert not any(line.strip().startswith(fence) for line in lines[1:-1])


@given(st.text())
def test_inline_texts_are_one_line_without_markup(text: str) -> None:
    for line in (escaped(text), code(text)):
        assert len(line.splitlines()) <= 1
    assert "<" not in escaped(text)
    unescaped = re.sub(r"\\.", "", escaped(text))
    assert not re.search(r"[*_`\\\[\]|~$]", unescaped)
