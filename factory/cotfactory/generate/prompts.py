"""What the teacher is shown for a problem."""

from collections.abc import Iterator

from cotfactory_schemas import Domain, Message, Problem, Teacher


def render(teacher: Teacher, problem: Problem) -> tuple[Message, ...]:
    """Returns the chat: system prompt, worked examples, then the problem with its instructions.

    A system message of the problem's own takes the place of the teacher's. Worked examples hold
    whole thoughts, so they carry no wish for a short one.
    """
    own = tuple(m for m in problem.messages if m.role == "system")
    turns = tuple(m for m in problem.messages if m.role != "system")
    return (
        *(own or _system(teacher)),
        *_examples(teacher, problem.domain),
        *_appended(turns, (teacher.instructions.get(problem.domain), _wish(teacher, problem))),
    )


def prefill(teacher: Teacher, problem: Problem) -> str:
    """Returns what opens the assistant's turn."""
    return teacher.no_thought_prefill if problem.thought == "none" else teacher.prefill


def _system(teacher: Teacher) -> Iterator[Message]:
    if teacher.system_prompt:
        yield Message(role="system", content=teacher.system_prompt)


def _examples(teacher: Teacher, domain: Domain) -> Iterator[Message]:
    for example in teacher.examples:
        if example.domain in (None, domain):
            question = Message(role="user", content=example.user)
            yield from _appended((question,), (teacher.instructions.get(domain),))
            yield Message(role="assistant", content=example.assistant)


def _wish(teacher: Teacher, problem: Problem) -> str | None:
    return teacher.short_thought if problem.thought == "short" else None


def _appended(turns: tuple[Message, ...], texts: tuple[str | None, ...]) -> tuple[Message, ...]:
    """Appends the texts that there are to the last user message."""
    said = [text for text in texts if text]
    last = max((i for i, m in enumerate(turns) if m.role == "user"), default=None)
    if not said or last is None:
        return turns
    asked = Message(role="user", content="\n\n".join([turns[last].content, *said]))
    return (*turns[:last], asked, *turns[last + 1 :])
