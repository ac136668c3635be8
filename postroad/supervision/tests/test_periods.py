"""Which days a report is about, and which came before."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.supervision.asked import Asked
from postroad.supervision.periods import LONGEST_DAYS, Span, Window

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(span=st.sampled_from([one for one in Span if one is not Span.OWN]), day=DAYS)
def test_a_period_holds_its_day_and_touches_the_ones_before_and_after(span, day):
    window = Window.of(span, day)
    assert window.days.first <= day <= window.days.last
    assert window.before.days.last + timedelta(days=1) == window.days.first
    assert window.after.days.first - timedelta(days=1) == window.days.last
    assert window.before.after == window


@given(first=DAYS, last=DAYS)
def test_days_of_ones_own_compare_with_as_many_before(first, last):
    window = Window.own(first, last)
    assert window.days.last == max(first, last)
    assert len(window.days) == min(abs((last - first).days) + 1, LONGEST_DAYS)
    assert len(window.before.days) == len(window.days)
    assert window.before.days.last + timedelta(days=1) == window.days.first


@pytest.mark.parametrize(
    "asked", ["span=week&on=2026-05-20&by=agent&clock=elapsed&team=SALES", "span=own&since=2026-01-05&until=2026-03-04"]
)
def test_an_address_asks_for_the_same_when_it_is_written_again(asked):
    first = Asked.read(dict(pair.split("=") for pair in asked.split("&")))
    assert Asked.read(dict(pair.split("=") for pair in first.query.split("&"))) == first
