"""What a message means for its case, without any database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.channels.protocol import AutoKind
from postroad.desk.models import CaseState
from postroad.desk.triage import ROBOTS, Effect, Standing, effect_of, somebody_waits

NOW = datetime(2026, 5, 18, 2, 0, tzinfo=UTC)
STAYS_OPEN = timedelta(days=14)


def effect(standing=None, *, auto="", failed_for_good=False):
    return effect_of(standing, auto=auto, failed_for_good=failed_for_good, arrived_at=NOW, stays_open=STAYS_OPEN)


def finished(state, *, ago):
    return Standing(state, NOW - ago)


@pytest.mark.parametrize("state", [CaseState.NEW, CaseState.OPEN, CaseState.WAITING])
def test_a_person_writing_to_a_case_in_work_continues_it(state):
    assert effect(Standing(state, None)) == Effect.CONTINUE


def test_a_solved_case_is_reopened_however_long_ago_it_was_solved():
    assert effect(finished(CaseState.SOLVED, ago=timedelta(days=400))) == Effect.CONTINUE


def test_a_closed_case_is_reopened_within_its_time_and_followed_up_after_it():
    assert effect(finished(CaseState.CLOSED, ago=STAYS_OPEN)) == Effect.CONTINUE
    assert effect(finished(CaseState.CLOSED, ago=STAYS_OPEN + timedelta(seconds=1))) == Effect.FOLLOW_UP


def test_a_list_mail_on_a_long_closed_case_opens_nothing():
    assert effect(finished(CaseState.CLOSED, ago=timedelta(days=99)), auto=AutoKind.LIST) == Effect.ATTACH


standings = st.builds(
    lambda state, ago: Standing(state, NOW - ago if state in {"solved", "closed"} else None),
    st.sampled_from(CaseState.values),
    st.timedeltas(timedelta(0), timedelta(days=500)),
)


@given(standing=standings, failed_for_good=st.booleans())
def test_an_absence_notice_never_changes_a_case(standing, failed_for_good):
    assert effect(standing, auto=AutoKind.REPLY, failed_for_good=failed_for_good) == Effect.ATTACH


@given(standing=st.none() | standings, auto=st.sampled_from(sorted(ROBOTS)), failed_for_good=st.booleans())
def test_no_robot_opens_a_case_with_promises_or_a_follow_up(standing, auto, failed_for_good):
    assert effect(standing, auto=auto, failed_for_good=failed_for_good) not in {Effect.OPEN, Effect.FOLLOW_UP}
    assert not somebody_waits(auto)


@given(standing=st.none() | standings)
def test_what_a_person_writes_is_never_merely_filed(standing):
    assert effect(standing) in {Effect.OPEN, Effect.CONTINUE, Effect.FOLLOW_UP}
