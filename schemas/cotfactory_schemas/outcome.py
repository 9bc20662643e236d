"""Outcome: what became of a problem at one teacher."""

from typing import Literal

from cotfactory_schemas.base import Index, Noun

OutcomeName = Literal["accepted", "exhausted", "hopeless", "unverifiable", "quota"]


class Outcome(Noun):
    """Why the teacher is asked no more; docs/recipes.md explains the names.

    `samples` counts what it was asked for, `correct` the verdicts among them. The newest row of a
    problem and teacher counts.
    """

    problem_id: str
    teacher: str
    outcome: OutcomeName
    samples: Index
    correct: Index
