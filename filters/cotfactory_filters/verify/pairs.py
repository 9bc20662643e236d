"""Judges pairs of reference and prediction, without a run around them."""

from concurrent.futures import Future

from cotfactory_filters import layout
from cotfactory_filters.verify.extract import SENTENCE_WORDS, WHOLE_CHARS, marked_answer
from cotfactory_filters.verify.phrases import PROSE_WORD
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Message, Problem, Trace, Verdict
from cotfactory_schemas.recipe import VerifySettings

MAX_SHORT_CHARS = 4 * WHOLE_CHARS


def verify_pair(
    gold: str, prediction: str, verifier: str = "math", language: str = "en"
) -> Verdict:
    """Judges one prediction, in a worker process with the default limits.

    A prediction is a short answer or a whole response, with its thought or without.

    >>> verify_pair("1/2", "0.5").status
    'correct'
    """
    with VerifierPool(VerifySettings()) as pool:
        return submit_pair(pool, gold, prediction, verifier, language).result()


def submit_pair(
    pool: VerifierPool, gold: str, prediction: str, verifier: str = "math", language: str = "en"
) -> "Future[Verdict]":
    """Submits one prediction to a pool that is already there."""
    problem = Problem(
        messages=(Message(role="user", content=""),),
        reference=gold,
        verifier=verifier,
        language=language,
        source="pairs",
    )
    return pool.submit(problem, as_trace(prediction))


def as_trace(prediction: str) -> Trace:
    """Makes a trace of a prediction; one line without a mark is itself the answer."""
    read = layout.read(prediction)
    response = read.response.strip()
    words = len(PROSE_WORD.findall(response))
    short = len(response) <= MAX_SHORT_CHARS and "\n" not in response and words < SENTENCE_WORDS
    if short and response and marked_answer(response) is None:
        response = f"<answer>{response}</answer>"
    return Trace(
        trace_id="",
        problem_id="",
        sample=0,
        teacher="",
        model="",
        raw=prediction,
        reasoning=read.reasoning,
        response=response,
        finish_reason="stop",
    )
