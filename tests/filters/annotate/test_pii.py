"""Personal data and secrets."""

from typing import Any

import pytest

from trace_batch import annotated


def pii(text: str) -> dict[str, Any]:
    (row,) = annotated("pii", {"reasoning": text})
    return row


@pytest.mark.parametrize("text", ["write to jo.doe+x@mail.uni-bonn.de.", "(a@b.io)"])
def test_addresses_are_counted(text: str) -> None:
    assert pii(text)["emails"] == 1


@pytest.mark.parametrize("text", ["a@b", "user@example.com", "me@host.test", "x @ y.z", "f@g(x)"])
def test_reserved_and_broken_addresses_are_nobodys(text: str) -> None:
    assert pii(text)["emails"] == 0


@pytest.mark.parametrize(
    "text", ["+49 228 73 0000", "+4922873000", "(212) 555-0100", "212-555-0100"]
)
def test_telephone_numbers_are_counted(text: str) -> None:
    assert pii(f"call {text} now")["phones"] == 1


@pytest.mark.parametrize(
    "text", ["123 456 7890", "1234567890", "3+4-12", "555-0100", "1.234.567.890"]
)
def test_arithmetic_is_no_telephone_number(text: str) -> None:
    assert pii(text)["phones"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "A1B2" * 4,
        "ghp_" + "a1" * 18,
        "-----BEGIN RSA PRIVATE KEY-----",
        "sk-" + "a1" * 12,
        "hf_" + "aB" * 17,
    ],
)
def test_keys_are_counted(text: str) -> None:
    assert pii(f"key {text}\n")["secrets"] == 1


def test_words_like_keys_are_not_keys() -> None:
    assert pii("a risk-averse task-oriented sk-learn AKIAK xoxo")["secrets"] == 0


def test_the_answer_is_searched_too() -> None:
    (row,) = annotated("pii", {"response": "mail jo@uni-bonn.de"})
    assert row["emails"] == 1
