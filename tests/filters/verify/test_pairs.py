"""One pair is judged without a run."""

from cotfactory_filters.verify.pairs import as_trace, verify_pair


def test_a_short_answer_is_taken_as_it_is() -> None:
    assert verify_pair(r"\frac12", "0.5").status == "correct"
    assert verify_pair("x > 0", r"(0, \infty)").status == "correct"
    assert verify_pair("2", "3").status == "incorrect"


def test_a_whole_response_is_searched_for_its_answer() -> None:
    response = "<think>Is it 5? No.</think>\nWe add 2 and 2.\nSo it is \\boxed{4}."
    verdict = verify_pair("4", response)
    assert (verdict.status, verdict.found, verdict.extracted) == ("correct", "boxed", "4")


def test_a_thought_alone_is_no_answer() -> None:
    assert verify_pair("4", "<think>It must be \\boxed{4}.").status == "unparsable"


def test_the_verifier_and_the_language_are_chosen() -> None:
    assert verify_pair("B", "(B) because", verifier="choice").status == "correct"
    assert verify_pair("3.5", "3,5", language="de").status == "correct"


def test_the_text_of_a_prediction_is_kept_as_it_came() -> None:
    assert as_trace(" 4 ").raw == " 4 "
