import pytest

from cotfactory.splits.assistant import read_turn
from split_samples import problem, sample


def test_a_thought_stands_in_one_pair_of_tags_before_the_answer() -> None:
    turn = sample("\n6 times 7 is 42.\n\n", response="\n\n42").turn
    assert turn.text == "<think>\n6 times 7 is 42.\n</think>\n\n42"


def test_a_teacher_without_tags_gives_its_working_as_thought_and_its_conclusion_as_answer() -> None:
    worked = sample("", response="Six sevens.\n\nThat is 35 + 7.\n\nSo the answer is 42.")
    assert worked.turn == ("Six sevens.\n\nThat is 35 + 7.", "So the answer is 42.", "response")


def test_of_a_single_paragraph_the_sentence_that_states_the_answer_is_the_answer() -> None:
    worked = sample("", response="Six sevens make 35 + 7. So it is 42. I hope this helps!")
    assert worked.turn.thought == "Six sevens make 35 + 7."
    assert worked.turn.answer == "So it is 42. I hope this helps!"


def test_a_closing_remark_is_not_taken_for_the_conclusion() -> None:
    worked = sample("", response="Six sevens.\n\nSo the answer is 42.\n\nLet me know!")
    assert worked.turn.answer == "So the answer is 42.\n\nLet me know!"


def test_a_bare_answer_has_no_thought() -> None:
    assert sample("", response="42").turn == ("", "42", "none")


@pytest.mark.parametrize("unthought", [{"kind": "non_reasoning"}, {"thought": "none"}])
def test_nothing_is_taken_for_a_thought_where_none_is_wanted(unthought: dict[str, str]) -> None:
    asked = problem(**unthought)
    greeting = sample("", response="Hello!\n\nHow are you?", of=asked)
    assert read_turn(asked, greeting.trace, None).text == (
        "<think>\n\n</think>\n\nHello!\n\nHow are you?"
    )


def test_a_json_answer_gives_its_fields() -> None:
    written = '```json\n{"reasoning": "Six sevens.", "answer": 42}\n```'
    assert sample("", response=written).turn == ("Six sevens.", "42", "response")


def test_a_json_answer_that_cannot_be_read_is_not_cut_in_two() -> None:
    broken = '{"reasoning": "Six \\( 7 \\). It is 42.",\n\n"answer": "42"}'
    assert sample("", response=broken).turn == ("", broken, "none")


def test_an_announcement_is_no_thought() -> None:
    assert sample("", response="Here is the solution:\n\n42").turn.thought_from == "none"
    worked = sample("", response="Here is the solution:\n\nSix sevens. So it is 42.").turn
    assert worked.thought == "Here is the solution:\n\nSix sevens."


def test_an_answer_tag_is_not_cut_in_two() -> None:
    grid = sample("", answer="1 2\n3 4", response="Rows first.\n<answer>\n1 2\n3 4\n</answer>")
    assert grid.turn.answer.startswith("<answer>") or grid.turn.thought_from == "none"
    worked = sample(
        "", answer="2 1", response="The rows come first, then columns.\n<answer>\n2 1\n</answer>"
    )
    assert worked.turn.thought == "The rows come first, then columns."


def test_the_rows_of_a_grid_are_no_thought() -> None:
    assert sample("", answer="3 4", response="1 2\n3 4").turn.thought_from == "none"


def test_working_in_chinese_is_a_thought() -> None:
    worked = sample("", response="六乘以七等于四十二。\n\n所以答案是42。")
    assert worked.turn.thought == "六乘以七等于四十二。"
