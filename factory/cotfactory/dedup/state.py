"""What the last look for near-duplicates covered."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.parquet as pq

from cotfactory.annotate_part import annotation_path
from cotfactory.measures import PAIRS_FILE
from cotfactory.store import atomic
from cotfactory.store.run import Run
from cotfactory_filters.annotate.minhash import MinHashSettings
from cotfactory_schemas.ids import content_id

VERSION = 2  # 2: problems by their wording
_FILE = Path("dedup", "state.json")


@dataclass(frozen=True)
class State:
    """`key` stands for the settings, `parts` has the key of each part's signatures."""

    key: str
    parts: Mapping[str, str]
    problems: tuple[str, ...]

    @classmethod
    def now(cls, run: Run, settings: MinHashSettings) -> "State":
        """What a look would cover now."""
        dedup = run.recipe.filter.dedup.model_dump(mode="json")
        files = [annotation_path(run.path, "minhash", part) for part in run.parts("traces")]
        return cls(
            content_id("dedup", VERSION, dedup, settings.model_dump(mode="json")),
            {file.name: _key(file) for file in files if file.exists()},
            tuple(part.name for part in run.parts("problems")),
        )

    @classmethod
    def last(cls, run: Run) -> "State":
        """What the last look covered; nothing before the first, or when its pairs are gone."""
        path = run.path / _FILE
        if not path.exists() or not (run.path / PAIRS_FILE).exists():
            return cls("", {}, ())
        read = json.loads(path.read_text("utf-8"))
        return cls(read["key"], read["parts"], tuple(read["problems"]))

    def write(self, run: Run) -> None:
        """Records this as the last look."""
        atomic.write_text(run.path / _FILE, json.dumps(asdict(self), indent=1))

    def covered(self, now: "State") -> frozenset[str]:
        """The parts that need no second look; none if settings or signatures have changed."""
        same = self.key == now.key and self.parts.items() <= now.parts.items()
        return frozenset(self.parts) if same else frozenset()


def _key(file: Path) -> str:
    return str(pq.read_schema(file).metadata)
