"""Recipe: one document that says all of a run."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cotfactory_schemas.base import Settings, TokenCount
from cotfactory_schemas.decision import Rule
from cotfactory_schemas.problem import Domain
from cotfactory_schemas.teacher import Teacher
from cotfactory_schemas.verdict import Status


class Plugin(BaseModel):
    """A named plugin and its settings, which the plugin's own settings model validates."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str

    @property
    def options(self) -> dict[str, Any]:
        """All settings but `kind`."""
        return dict(self.model_extra or {})


class PriceSettings(Settings):
    """What generating costs, in any currency: per hour of the engine, per million tokens, or both.

    Only generated tokens count.
    """

    per_hour: float = Field(default=0.0, ge=0)
    per_million_tokens: float = Field(default=0.0, ge=0)


class GenerateSettings(Settings):
    """How many samples a problem gets, and when to stop asking.

    `hopeless_below` and `speculate_above` are probabilities that docs/recipes.md explains: a
    problem is given up when the samples it has left bring the wanted correct ones with less than
    the first; a sample is asked for beside unjudged ones when it will be needed with more than the
    second. `continue_truncated` are token limits, rising from the sampling's `max_tokens` on: a
    trace cut at the former limit goes on from its own tokens up to the next one.
    """

    wanted_correct: int = Field(default=1, ge=1, description="k: stop asking at so many correct")
    max_samples: int = Field(default=8, ge=1, description="n: never ask more often than this")
    until_correct: bool = Field(
        default=True, description="false: ask for all max_samples, whatever the verdicts say"
    )
    hopeless_below: float = Field(default=0.0, ge=0, lt=1)
    speculate_above: float = Field(default=0.5, ge=0, le=1)
    quotas: dict[Domain, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict, description="accepted traces after which a domain is asked no more"
    )
    continue_truncated: tuple[TokenCount, ...] = ()
    journeys_per_problem: int = Field(
        default=0, ge=0, description="wrong thoughts of a solved problem handed back to the teacher"
    )
    price: PriceSettings = PriceSettings()
    drain_s: float = Field(
        default=20.0, ge=0, description="at a stop, how long samples in flight may still end"
    )
    stall_s: float = Field(
        default=1800.0, gt=0, description="an engine that ends no sample for so long has hung"
    )


class JudgeSettings(Settings):
    """A model that judges what the verifiers could not settle: what it says replaces their word.

    `mode: reference` compares with the reference. `mode: rubric` judges problems that have no
    reference by their own criteria (`checks.rubric`), or else by `rubric`; without either it leaves
    them alone. `when` are the statuses that it is asked about; None are those that the mode is for.
    """

    teacher: Teacher
    engine: Plugin
    mode: Literal["reference", "rubric"] = "reference"
    rubric: str = Field(default="", description="criteria for problems that bring none")
    when: tuple[Status, ...] | None = None
    attempts: int = Field(default=3, ge=1, description="how often a malformed reply is asked again")

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The statuses that the judge is asked about."""
        if self.when is not None:
            return self.when
        if self.mode == "rubric":
            return ("unverifiable",)
        return ("incorrect", "unparsable", "timeout")


class MajoritySettings(Settings):
    """A vote over the samples of a problem that has no reference.

    `min_share` of all samples must give the same answer. `verifier` says which answers are the
    same, where the problem names none.
    """

    min_samples: int = Field(default=4, ge=2, description="fewer samples hold no vote")
    min_share: float = Field(default=0.5, gt=0, le=1)
    verifier: str = "math"


class VerifySettings(Settings):
    """Limits for one verdict, settings by verifier name, and who speaks after the verifiers."""

    majority: MajoritySettings | None = None
    judge: JudgeSettings | None = None

    timeout_s: float = Field(default=5.0, gt=0)
    memory_mib: int = Field(default=2048, ge=256)
    workers: int = Field(default=1, ge=1)
    verifiers: dict[str, dict[str, Any]] = Field(default_factory=dict)


class SelectSettings(Settings):
    """Which of the traces that passed all rules are kept.

    `per_problem` and `order_by` choose among a problem's traces. `quotas` bounds the traces of a
    domain. `mix` gives domains their shares of the traces: the domain that is scarcest for its
    share decides how many the others may have. A domain that is not named is not bounded. What a
    domain has too much is left out problem by problem, in an order that the recipe's seed makes.
    """

    per_problem: int | None = Field(default=None, ge=1, description="None keeps all")
    order_by: tuple[str, ...] = Field(
        default=("completion_tokens", "trace_id"),
        description="SQL expressions over the measures table, best first; ties end by trace_id",
    )
    quotas: dict[Domain, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    mix: dict[Domain, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)


class DedupSettings(Settings):
    """When traces, and when problems, count as near-duplicates.

    `threshold` is the least Jaccard of the word shingles (`annotators.minhash`) of two traces,
    `problem_threshold` that of two problems, which must have the same numbers too.
    """

    threshold: float = Field(default=0.8, gt=0, le=1)
    problem_threshold: float = Field(default=0.6, gt=0, le=1)


class FilterSettings(Settings):
    """Annotators, rules and selection; what is written here is laid over the shipped defaults.

    A null instead of settings switches an annotator or a rule off. `benchmarks` are sources, as
    in `problems`, of what must not be trained on.
    """

    annotators: dict[str, dict[str, Any] | None] = Field(default_factory=dict)
    rules: dict[str, Rule | None] = Field(default_factory=dict)
    select: SelectSettings = SelectSettings()
    dedup: DedupSettings = DedupSettings()
    benchmarks: tuple[Plugin, ...] = ()
    workers: int = Field(default=2, ge=1, description="processes that annotate and build splits")
    executor: Literal["processes", "ray"] = Field(
        default="processes", description="what annotates: processes here, or a Ray cluster"
    )


class JourneySettings(Settings):
    """How journeys are made. `max_wrong` is K, the most wrong trials in one row.

    A natural journey with more goes to the rejected split, by the rule `journey_max_wrong`; one
    whose problem has no shortcut, by `journey_unpaired`, unless `paired` is false.
    `reflect: engine` takes the reflections of stitched journeys from the teacher where it wrote
    ones that pass the checks; `phrases` has our own sentences throughout. `smooth` has the teacher
    write each stitched journey out as one thought, which stands where every step survived and the
    verdict holds; else the draft stays as it is.
    """

    natural: bool = True
    stitched: bool = True
    max_wrong: int = Field(default=2, ge=1)
    paired: bool = True
    reflect: Literal["phrases", "engine"] = "phrases"
    smooth: bool = False
    stitched_per_problem: int = Field(default=1, ge=1)
    wrong_rules: tuple[str, ...] = Field(
        default=("not_correct", "duplicate", "near_duplicate"),
        description="rules that a wrong attempt may have broken and still stand in a journey",
    )


class SplitsSettings(Settings):
    """How kept traces become splits. `test_fraction` is a share of the problems."""

    test_fraction: float = Field(default=0.05, ge=0, lt=1)
    preference_per_problem: int = Field(
        default=0, ge=0, description="pairs of a right and a wrong sample; 0 makes no such split"
    )
    journey: JourneySettings = JourneySettings()


class PublishSettings(Settings):
    """What is published and how it is described. `licence` is an SPDX id in lower case."""

    title: str = ""
    licence: str = "other"
    tags: tuple[str, ...] = ()
    rejected: bool = True


class Recipe(Settings):
    """All of a run. Runs made by `ingest` have no problems and no teacher."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    description: str = ""
    seed: int = Field(default=0, ge=0)
    problems: tuple[Plugin, ...] = ()
    teacher: Teacher | None = None
    engine: Plugin = Plugin(kind="embedded")
    generate: GenerateSettings = GenerateSettings()
    verify: VerifySettings = VerifySettings()
    filter: FilterSettings = FilterSettings()
    splits: SplitsSettings = SplitsSettings()
    publish: PublishSettings = PublishSettings()
