from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from cotfactory.engines.endpoints import Endpoint, least_loaded, retry_after_s


def test_the_least_loaded_server_is_the_one_with_most_room() -> None:
    full = Endpoint("full", limit=2, most=8, in_flight=2)
    roomy = Endpoint("roomy", limit=8, most=8, in_flight=4)
    resting = Endpoint("resting", limit=8, most=8)
    resting.rest(60)
    assert least_loaded([full, resting, roomy]) is roomy


@pytest.mark.parametrize(("header", "seconds"), [("0", 0), ("1.5", 1.5), ("864000", 60)])
def test_a_server_is_left_alone_as_long_as_it_asks_but_not_for_days(
    header: str, seconds: float
) -> None:
    assert retry_after_s(header) == seconds


@pytest.mark.parametrize(
    "header",
    [None, "", "inf", "-inf", "nan", "-5", "soon", "Wed, 21 Oct 2015 07:28:00 GMT", "1 Foo 99999"],
)
def test_a_header_that_nobody_could_obey_says_nothing(header: str | None) -> None:
    assert retry_after_s(header) is None


@pytest.mark.parametrize(("ahead_s", "least", "most"), [(30, 20, 30), (864000, 60, 60)])
def test_a_date_is_waited_for_within_the_same_bound(
    ahead_s: float, least: float, most: float
) -> None:
    then = datetime.now(UTC) + timedelta(seconds=ahead_s)
    seconds = retry_after_s(format_datetime(then, usegmt=True))
    assert seconds is not None
    assert least <= seconds <= most
