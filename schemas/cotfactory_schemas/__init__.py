"""The nouns of cotfactory: what the tables, the recipe and the interfaces are made of."""

from cotfactory_schemas.base import Noun, Settings
from cotfactory_schemas.decision import Decision, Rule
from cotfactory_schemas.outcome import Outcome
from cotfactory_schemas.problem import Domain, Kind, Message, Problem, Thought
from cotfactory_schemas.recipe import JourneySettings, Plugin, Recipe
from cotfactory_schemas.split import PreferenceRow, Span, SplitRow
from cotfactory_schemas.teacher import Example, Sampling, Teacher
from cotfactory_schemas.trace import FinishReason, Trace
from cotfactory_schemas.verdict import Status, Verdict

__all__ = [
    "Decision",
    "Domain",
    "Example",
    "FinishReason",
    "JourneySettings",
    "Kind",
    "Message",
    "Noun",
    "Outcome",
    "Plugin",
    "PreferenceRow",
    "Problem",
    "Recipe",
    "Rule",
    "Sampling",
    "Settings",
    "Span",
    "SplitRow",
    "Status",
    "Teacher",
    "Thought",
    "Trace",
    "Verdict",
]
