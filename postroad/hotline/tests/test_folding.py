"""A call is the same whatever the order of its events and however often each comes."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.hotline.folding import Told, fold
from postroad.hotline.models import Direction, EventType, State
from postroad.hotline.tests.factories import MONDAY_TEN, SECOND

T = EventType


def told(kind, second, **values):
    return Told(id=values.pop("id", f"{kind}-{second}"), type=T(kind), at=MONDAY_TEN + second * SECOND, **values)


events = st.lists(
    st.builds(
        Told,
        id=st.uuids().map(str),
        type=st.sampled_from(EventType),
        at=st.integers(0, 20).map(lambda second: MONDAY_TEN + second * SECOND),
        sequence=st.none() | st.integers(0, 20),
        direction=st.sampled_from(["", "in", "out"]),
        number=st.none() | st.integers(0, 3),
        extension=st.sampled_from(["", "6001", "6002"]),
        seconds=st.none() | st.integers(0, 60),
    ),
    min_size=1,
    max_size=10,
)


@given(events=events, data=st.data())
def test_any_order_and_any_repetition_tell_the_same_call(events, data):
    repeated = events + data.draw(st.lists(st.sampled_from(events), max_size=10))
    shuffled = data.draw(st.permutations(repeated))
    assert fold(shuffled) == fold(events)


@given(events=events)
def test_a_call_never_ends_before_it_began_and_is_spoken_once_answered(events):
    call = fold(events)
    assert call.ended_at is None or call.ended_at >= call.started_at
    assert (call.answered_at is not None) == (call.state in (State.TALKING, State.ANSWERED))
    assert (call.ended_at is not None) or call.state in (State.RINGING, State.TALKING)


@given(events=events, data=st.data())
def test_what_comes_one_by_one_ends_like_what_comes_at_once(events, data):
    shuffled = data.draw(st.permutations(events))
    partial = [fold(shuffled[:count]) for count in range(1, len(shuffled) + 1)]
    assert partial[-1] == fold(events)


def test_the_usual_call():
    call = fold(
        [
            told("ringing", 0, direction="in", number=1, extension="6001"),
            told("ringing", 10, extension="6002"),
            told("answered", 15, extension="6002"),
            told("transferred", 40, extension="6009"),
            told("hungup", 90),
        ]
    )
    assert (call.state, call.direction, call.number) == (State.ANSWERED, Direction.IN, 1)
    assert call.answered_at - call.started_at == timedelta(seconds=15)
    assert call.ended_at - call.answered_at == timedelta(seconds=75)
    assert (call.extension, call.rung, call.transfers) == ("6009", ("6001", "6002"), 1)


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (["ringing"], State.RINGING),
        (["ringing", "missed"], State.MISSED),
        (["ringing", "hungup"], State.MISSED),
        (["ringing", "lost"], State.MISSED),
        (["ringing", "missed", "ringing"], State.RINGING),
        (["ringing", "missed", "ringing", "answered"], State.TALKING),
        (["ringing", "answered", "missed"], State.TALKING),
        (["ringing", "answered", "hungup"], State.ANSWERED),
        (["ringing", "missed", "voicemail"], State.VOICEMAIL),
        (["ringing", "hungup", "voicemail"], State.VOICEMAIL),
        (["ringing", "lost", "answered", "hungup"], State.ANSWERED),
        (["ringing", "answered", "lost"], State.TALKING),
    ],
)
def test_how_a_call_stands(kinds, state):
    assert fold([told(kind, second) for second, kind in enumerate(kinds)]).state == state


def test_the_counter_of_the_telephone_system_outweighs_its_clock():
    late_clock = [told("ringing", 9, sequence=1, extension="1"), told("ringing", 3, sequence=2, extension="2")]
    assert fold(late_clock).rung == ("1", "2")
    one_without = [told("ringing", 9, sequence=1, extension="1"), told("ringing", 3, extension="2")]
    assert fold(one_without).rung == ("2", "1")


def test_nothing_is_no_call():
    with pytest.raises(ValueError, match="at least one"):
        fold([])
