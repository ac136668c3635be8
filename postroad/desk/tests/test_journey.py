"""The journey told from its turns: pure, tried against what must always hold."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from postroad.channels.models import Kind
from postroad.clock.models import Deadline
from postroad.desk.queries import Came, Turn, hops_of

START = datetime(2026, 5, 18, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OVER = START + 1000 * MINUTE


@dataclass(frozen=True)
class Line:
    """Stands for a channel: all that telling a journey asks of one."""

    kind: str


PHONE, CHAT, MAIL = Line(Kind.HOTLINE), Line(Kind.LIVE_CHAT), Line(Kind.MAILBOX)


def they(channel, minute):
    return Turn(START + minute * MINUTE, channel, ours=False)


def we(channel, minute):
    return Turn(START + minute * MINUTE, channel, ours=True)


def promise(kind, minute, state="running"):
    return Deadline(kind=kind, started_at=START + minute * MINUTE, state=state)


def test_a_missed_call_taken_to_the_chat_and_on_to_mail_is_three_hops_each_with_its_wait():
    turns = [they(PHONE, 0), they(CHAT, 3), we(CHAT, 5), we(MAIL, 40)]
    promises = [promise("desk.call-back", 0), promise("desk.chat-reply", 3), promise("desk.answer-24h", 0)]
    hops = hops_of(turns, taken=[START + 3 * MINUTE], promises=promises, over_at=OVER)
    assert [(hop.channel, hop.came, hop.waited, hop.answered_at) for hop in hops] == [
        (PHONE, Came.FIRST, 3 * MINUTE, None),
        (CHAT, Came.OFFER, 2 * MINUTE, START + 5 * MINUTE),
        (MAIL, Came.OURS, timedelta(), START + 40 * MINUTE),
    ]
    assert [hop.promise for hop in hops] == [promises[0], promises[1], None]


def test_who_comes_back_to_a_medium_makes_another_hop_with_a_promise_of_its_own():
    turns = [they(PHONE, 0), they(CHAT, 3), they(PHONE, 9)]
    promises = [promise("desk.call-back", 0, "met"), promise("desk.call-back", 9)]
    first, _chat, again = hops_of(turns, taken=[], promises=promises, over_at=OVER)
    assert (first.promise, again.promise, again.came) == (promises[0], promises[1], Came.THEMSELVES)


def test_a_dropped_promise_is_shown_only_where_nothing_took_its_place():
    dropped, kept = promise("desk.first-reply", 0, "cancelled"), promise("desk.first-reply", 1)
    [hop] = hops_of([they(MAIL, 0)], taken=[], promises=[dropped, kept], over_at=OVER)
    assert hop.promise is kept
    [hop] = hops_of([they(MAIL, 0)], taken=[], promises=[dropped], over_at=OVER)
    assert hop.promise is dropped


turns_of = st.lists(
    st.builds(
        lambda minute, channel, ours: Turn(START + minute * MINUTE, channel, ours),
        st.integers(0, 900),
        st.sampled_from([PHONE, CHAT, MAIL]),
        st.booleans(),
    ),
    max_size=30,
    unique_by=lambda turn: turn.at,
)


@given(turns_of, st.sets(st.integers(0, 900), max_size=5))
def test_whatever_was_said_in_whatever_order_the_journey_is_in_order_and_every_wait_is_real(turns, taken):
    moments = [START + minute * MINUTE for minute in taken]
    hops = hops_of(turns, taken=moments, promises=[], over_at=OVER)
    assert hops == hops_of(turns[::-1], taken=moments, promises=[], over_at=OVER)
    assert [hop.began for hop in hops] == sorted(hop.began for hop in hops)
    assert {hop.channel for hop in hops} == {turn.channel for turn in turns}
    for hop in hops:
        assert timedelta() <= hop.waited <= OVER - hop.began
        assert hop.answered_at is None or hop.answered_at >= hop.began
        assert hop.came != Came.OFFER or hop.began in moments
    for one, following in pairwise(hops):
        assert one.channel != following.channel
