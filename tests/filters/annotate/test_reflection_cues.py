import pytest

from cotfactory_filters.annotate.cues import CUE, count_cues


@pytest.mark.parametrize(
    "cue", ["Wait,", "hold on", "that doesn't match", "等等", "Moment", "待って"]
)
def test_a_reflection_is_heard_in_several_languages(cue: str) -> None:
    assert CUE.search(f"12. {cue} 13")


def test_reflections_are_counted_as_they_are_found() -> None:
    thoughts = [
        "Wait, no. Hmm, let me check.",
        "等等，不对。",
        "Six sevens.",
        "",
        "ВАЖНО: ПРОВЕРИМ",
    ]
    assert count_cues(thoughts) == [len(CUE.findall(thought)) for thought in thoughts]
