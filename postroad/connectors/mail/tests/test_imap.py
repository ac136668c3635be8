"""The pure parts of following a mailbox. (The mailbox itself: tests/servers.)"""

from postroad.connectors.mail.imap import Backoff, Listed, Position, _batches
from postroad.connectors.mail.receive import moment


def test_a_position_moves_past_what_is_stored_and_what_is_stuck():
    position = Position(7).after(1).after(2).without(3).after(4)
    assert (position.next_uid, position.stuck) == (5, (3,))
    assert position.after(3) == Position(7, 5, ())


def test_batches_are_bounded_in_number_and_size_and_lose_nothing():
    uids = list(range(1, 400))
    listed = {uid: Listed(uid, 3_000_000 if uid % 50 == 0 else 1000, moment(None)) for uid in uids if uid % 7}
    batches = list(_batches(uids, listed))
    assert [uid for batch in batches for uid in batch] == uids
    assert max(map(len, batches)) <= 50
    assert all(
        len(batch) == 1 or sum(listed[uid].size for uid in batch if uid in listed) <= 8 * 2**20 for batch in batches
    )


def test_pauses_grow_to_a_limit_and_begin_again():
    backoff = Backoff()
    pauses = [backoff.next() for _ in range(30)]
    assert 0.5 <= pauses[0] <= 1
    assert 150 <= pauses[-1] <= 300
    backoff.reset()
    assert backoff.next() <= 1
