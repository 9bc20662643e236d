"""Compares mathematical answers, cheapest way first."""

from cotfactory_filters.verify import symbolic
from cotfactory_filters.verify.answer import AnswerVerifier, Judgement, Question
from cotfactory_filters.verify.extract import marked_answer
from cotfactory_filters.verify.formula.characters import plain_characters
from cotfactory_filters.verify.formula.numbers import read_number, same_number


class MathVerifier(AnswerVerifier):
    """Correct when the answer is mathematically the reference."""

    name = "math"
    version = 1

    def prepare(self) -> None:
        """Loads the symbolic engine, outside any item's time limit."""
        symbolic.load()

    def quick(self, question: Question) -> Judgement | None:
        """Decides equal strings and plain numbers."""
        reference, answer = _stripped(_bare(question.reference)), _stripped(question.answer)
        if reference == answer:
            return Judgement("correct", "string", reference)
        one, other = read_number(reference), read_number(answer)
        if one is None or other is None:
            return None
        same = same_number(one, other)
        return Judgement("correct" if same else "incorrect", "rational", reference)

    def judge(self, question: Question) -> Judgement:
        """Compares by the symbolic engine."""
        reference = _bare(question.reference)
        same = symbolic.symbolically_equal(reference, question.answer)
        if same is None:
            return Judgement("unparsable", "symbolic", reference, "neither a number nor a formula")
        return Judgement("correct" if same else "incorrect", "symbolic", reference)


def _bare(reference: str) -> str:
    """Takes the answer out of a reference that is a whole solution."""
    marked = marked_answer(reference) if len(reference) > 0 else None
    return marked.text if marked else reference


def _stripped(text: str) -> str:
    return plain_characters(text).strip(" \n$.").replace(" ", "")
