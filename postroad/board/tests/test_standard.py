"""The standard's data, its bounds and the periods."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from postroad.board.periods import Days, Span, days_of
from postroad.board.standard import Bound, controls, sections
from postroad.board.templatetags.board import number_text


def test_the_standard_has_its_seven_sections_and_all_its_controls():
    assert [section.key for section in sections()] == [
        "plan",
        "internal",
        "external",
        "access",
        "care",
        "emergency",
        "risk",
    ]
    assert len(controls()) == sum(len(section.controls) for section in sections()) == 43


@pytest.mark.parametrize("key", controls())
def test_a_control_lies_in_its_section_and_is_told_in_both_languages(key):
    control = controls()[key]
    assert key.startswith(f"{control.section}.")
    for text in (control.title, control.must, control.promise, control.who):
        assert any("\u4e00" <= character <= "\u9fff" for character in text.zh)
        assert text.en.isascii() or "“" in text.en


def test_a_text_of_the_standard_speaks_the_active_language():
    title = controls()["external.sla-mail"].title
    with translation.override("en"):
        assert str(title) == "First reply to mail"
    with translation.override("zh-hans"):
        assert str(title) == "邮件首次回复"


@pytest.mark.parametrize(
    ("direction", "value", "unit", "shown"),
    [
        ("at_least", "100", "percent", "100 %"),
        ("at_least", "95.50", "percent", "≥ 95.5 %"),
        ("at_most", "0", "count", "0"),
        ("at_most", "3", "count", "≤ 3"),
        ("at_least", "100", "count", "≥ 100"),
        ("at_most", "100", "percent", "≤ 100 %"),
    ],
)
def test_a_bound_is_shown_as_short_as_it_is_clear(direction, value, unit, shown):
    assert str(Bound(direction=direction, value=Decimal(value), unit=unit)) == shown


@given(figure=st.floats(0, 100), bound=st.decimals(0, 100, places=2))
def test_every_figure_meets_at_least_one_of_two_opposite_bounds(figure, bound):
    at_least = Bound(direction="at_least", value=bound, unit="percent")
    at_most = Bound(direction="at_most", value=bound, unit="percent")
    assert at_least.is_met_by(figure) or at_most.is_met_by(figure)
    assert (at_least.is_met_by(figure) and at_most.is_met_by(figure)) == (figure == bound)


@pytest.mark.parametrize(
    ("value", "shown"), [(99.96, "99.9 %"), (100.0, "100 %"), (87.5, "87.5 %"), (0.0, "0 %"), (96.3, "96.3 %")]
)
def test_a_share_is_never_flattered_up_to_its_target(value, shown):
    assert number_text(value, "percent") == shown


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from([Span.WEEK, Span.MONTH, Span.QUARTER]))
def test_the_days_of_a_span_hold_the_day_and_meet_their_neighbours(day, span):
    days = days_of(span, day)
    assert days.first <= day <= days.last
    assert days_of(span, days.last + timedelta(days=1)).first == days.last + timedelta(days=1)
    assert days_of(span, days.first) == days_of(span, days.last) == days


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        (Span.WEEK, date(2025, 11, 17), date(2025, 11, 23)),
        (Span.MONTH, date(2025, 11, 1), date(2025, 11, 30)),
        (Span.QUARTER, date(2025, 10, 1), date(2025, 12, 31)),
    ],
)
def test_a_span_ends_where_the_calendar_says(span, first, last):
    assert days_of(span, date(2025, 11, 23)) == Days(first, last)


def test_a_day_begins_at_midnight_in_the_companys_zone_whatever_the_reader_has_set():
    period = Days(date(2025, 5, 3), date(2025, 5, 3)).period
    assert period.start.utcoffset() == timedelta(hours=8)
    assert period.end - period.start == timedelta(days=1)
