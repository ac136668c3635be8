"""When a step is decided, against the rules said in words."""

from hypothesis import given
from hypothesis import strategies as st

from postroad.approvals.counting import Verdict, Voice, outcome
from postroad.approvals.definition import Mode

A, R, B = Verdict.APPROVED, Verdict.REJECTED, Verdict.RETURNED
said = st.sampled_from([None, A, R])


def voices(*several: Verdict | None) -> list[Voice]:
    return [Voice(one) for one in several]


def test_any_one_decides():
    assert outcome(Mode.ANY, 1, voices(None, None)) is None
    assert outcome(Mode.ANY, 1, voices(None, A)) == A
    assert outcome(Mode.ANY, 1, voices(R, None)) == R


def test_all_must_approve_and_one_rejection_is_enough():
    assert outcome(Mode.ALL, 3, voices(A, A, None)) is None
    assert outcome(Mode.ALL, 3, voices(A, A, A)) == A
    assert outcome(Mode.ALL, 3, voices(A, None, R)) == R


def test_some_approve_or_cannot_any_more():
    assert outcome(Mode.SOME, 2, voices(A, R, None)) is None
    assert outcome(Mode.SOME, 2, voices(A, R, A)) == A
    assert outcome(Mode.SOME, 2, voices(R, R, None)) == R
    assert outcome(Mode.SOME, 2, voices(R, None, None)) is None


def test_whoever_it_was_escalated_to_settles_it():
    assert outcome(Mode.ALL, 2, [*voices(None, None), Voice(A, decisive=True)]) == A
    assert outcome(Mode.ALL, 2, [*voices(A, None), Voice(R, decisive=True)]) == R
    assert outcome(Mode.ALL, 2, [*voices(A, A), Voice(None, decisive=True)]) == A


@given(st.sampled_from(Mode), st.lists(st.sampled_from([None, A, R, B]), min_size=1, max_size=6), st.data())
def test_returning_ends_every_step(mode, several, data):
    needed = data.draw(st.integers(1, len(several)))
    result = outcome(mode, needed, voices(*several, B))
    assert result == B


@given(st.sampled_from(Mode), st.lists(said, min_size=1, max_size=6), st.data())
def test_the_order_of_voices_does_not_matter(mode, several, data):
    needed = {Mode.ANY: 1, Mode.ALL: len(several)}.get(mode) or data.draw(st.integers(1, len(several)))
    shuffled = data.draw(st.permutations(several))
    assert outcome(mode, needed, voices(*several)) == outcome(mode, needed, voices(*shuffled))


@given(st.lists(said, min_size=1, max_size=6), st.data())
def test_some_is_open_exactly_while_both_ends_can_be_reached(several, data):
    needed = data.draw(st.integers(1, len(several)))
    approvals, waiting = several.count(A), several.count(None)
    result = outcome(Mode.SOME, needed, voices(*several))
    if approvals >= needed:
        assert result == A
    elif approvals + waiting < needed:
        assert result == R
    else:
        assert result is None


@given(st.sampled_from(Mode), st.lists(st.sampled_from([A, R]), min_size=1, max_size=6), st.data())
def test_once_everybody_has_spoken_it_is_decided(mode, several, data):
    needed = {Mode.ANY: 1, Mode.ALL: len(several)}.get(mode) or data.draw(st.integers(1, len(several)))
    assert outcome(mode, needed, voices(*several)) is not None
