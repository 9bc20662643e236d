"""What the teacher is shown for a problem."""

from collections.abc import Iterator

from cotfactory_schemas import Domain, Message, Problem, Teacher


def render(teacher: Teacher, problem: Problem) -> tuple[Message, ...]:
    """Returns the chat: system prompt, worked examples, then the problem with its instructions.

    A system message of the problem's own takes the place of the teacher's.
    """
    own = tuple(m for m in problem.messages if m.role == "system")
    turns = tuple(m for m in problem.messages if m.role != "system")
    return (
        *(own or _system(teacher)),
        *_examples(teacher, problem.domain),
        *_instructed(teacher, problem.domain, turns),
    )


def _system(teacher: Teacher) -> Iterator[Message]:
    if teacher.system_prompt:
        yield Message(role="system", content=teacher.system_prompt)


def _examples(teacher: Teacher, domain: Domain) -> Iterator[Message]:
    for example in teacher.examples:
        if example.domain in (None, domain):
            question = Message(role="user", content=example.user)
            yield from _instructed(teacher, domain, (question,))
            yield Message(role="assistant", content=example.assistant)


def _instructed(
    teacher: Teacher, domain: Domain, turns: tuple[Message, ...]
) -> tuple[Message, ...]:
    instruction = teacher.instructions.get(domain)
    last = max((i for i, m in enumerate(turns) if m.role == "user"), default=None)
    if not instruction or last is None:
        return turns
    asked = Message(role="user", content=f"{turns[last].content}\n\n{instruction}")
    return (*turns[:last], asked, *turns[last + 1 :])
