"""Compares an answer in words with the reference."""

import re
import unicodedata

from cotfactory_filters.verify.answer import AnswerVerifier, Judgement, Question
from cotfactory_schemas import Settings

_LATEX_TEXT = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mbox)\s*\{([^{}]*)\}")
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_NOT_WORDS = re.compile(r"[\W_]+")


class TextSettings(Settings):
    """`exact` compares every character of the answer but the blanks around it."""

    exact: bool = False


class TextVerifier(AnswerVerifier):
    """Correct when the answer has the reference's words.

    Case, punctuation, English articles and LaTeX text commands do not count, unless `exact`.
    """

    name = "text"
    version = 1
    settings_model = TextSettings
    settings: TextSettings

    def quick(self, question: Question) -> Judgement:
        """Decides every question: comparing words takes microseconds."""
        if self.settings.exact:
            same = question.answer.strip() == question.reference.strip()
            return Judgement("correct" if same else "incorrect", "exact", question.reference)
        reference = words(question.reference)
        same = words(question.answer) == reference
        return Judgement("correct" if same else "incorrect", "words", reference)

    def judge(self, question: Question) -> Judgement:
        """Decides, in a worker too."""
        return self.quick(question)


def words(text: str) -> str:
    """Returns the words of `text`: case-folded, NFKC, without punctuation and articles.

    A text of symbols only keeps them, so that `+` and `-` stay different answers.
    """
    plain = _LATEX_TEXT.sub(r"\1", unicodedata.normalize("NFKC", text)).casefold()
    kept = _ARTICLES.sub(" ", _NOT_WORDS.sub(" ", plain))
    return " ".join(kept.split()) or " ".join(plain.split())
