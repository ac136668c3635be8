"""The address telephone systems call: who may, what is refused and how, what a repetition does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from postroad.channels.models import State as ChannelState
from postroad.hotline import actions
from postroad.hotline.models import Call, CallEvent, RefusedEvent
from postroad.hotline.signing import sign
from postroad.hotline.tests.factories import TEST, post, told
from postroad.platform.ids import new_id


def now():
    return timezone.now().replace(microsecond=0)


def refused():
    return dict(RefusedEvent.objects.values_list("reason", "count"))


def test_events_are_taken_in_and_counted(client, channel, secret):
    answer = post(client, channel, secret, {"events": [told("ringing", now()), told("answered", now())]})
    assert (answer.status_code, answer.json()) == (200, {"new": 2, "known": 0})
    assert Call.objects.get().state == "talking"
    assert not refused()


def test_the_same_request_again_changes_nothing(client, channel, secret):
    event = told("ringing", now())
    post(client, channel, secret, event)
    before = list(Call.objects.values())
    assert post(client, channel, secret, event).json() == {"new": 0, "known": 1}
    assert list(Call.objects.values()) == before


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"signature": ""}, "no-signature"),
        ({"timestamp": "", "signature": "v1=00"}, "no-signature"),
        ({"signature": "v1=" + "0" * 64}, "bad-signature"),
        ({"signature": "v1=ä"}, "bad-signature"),
        ({"timestamp": "1000000000"}, "outside-time-window"),
        ({"timestamp": "9999999999"}, "outside-time-window"),
        ({"timestamp": "soon"}, "outside-time-window"),
    ],
)
def test_who_does_not_prove_to_know_the_secret_is_refused_and_counted(client, channel, secret, changed, reason):
    answer = post(client, channel, secret, told("ringing", now()), **changed)
    assert (answer.status_code, answer.json()["error"]) == (401, reason)
    assert refused() == {reason: 1}
    assert not Call.objects.exists()


def test_the_secret_of_another_hotline_opens_nothing(client, channel, secret, company):
    from postroad.hotline.tests.factories import make_hotline

    other = make_hotline(company, "other")
    actions.change_secret(channel=other, at_once=False, actor=TEST)
    assert post(client, other, secret, told("ringing", now())).status_code == 401
    assert other.refused_events.get().reason == "bad-signature"


def test_a_body_that_was_changed_on_the_way_is_refused(client, channel, secret):
    timestamp = str(int(timezone.now().timestamp()))
    signature = sign(secret.encode(), timestamp=timestamp, body=b"{}")
    answer = post(client, channel, secret, told("ringing", now()), timestamp=timestamp, signature=signature)
    assert answer.json()["error"] == "bad-signature"


@pytest.mark.parametrize(
    ("content", "status", "error", "field"),
    [
        (b"not json", 400, "not-json", None),
        (b"\xff\xfe", 400, "not-json", None),
        (b"[" * 100_000, 400, "not-json", None),
        ([], 422, "bad-event", None),
        ({"events": []}, 422, "bad-event", "events"),
        ({"events": ["x"]}, 422, "bad-event", "events[0]"),
        ({"id": "", "call": "c", "type": "ringing"}, 422, "bad-event", "id"),
        ({"id": "e", "call": 7, "type": "ringing"}, 422, "bad-event", "call"),
        ({"id": "e", "call": "c", "type": "lost"}, 422, "bad-event", "type"),
        ({"id": "e", "call": "c", "type": "ringing", "at": "2026-05-18T10:00:00"}, 422, "bad-event", "at"),
        ({"id": "e", "call": "c", "type": "ringing", "at": "2099-05-18T10:00:00Z"}, 422, "bad-event", "at"),
        ({"id": "e", "call": "c\0", "type": "ringing"}, 422, "bad-event", "call"),
        ({"id": "e", "call": "c", "type": "ringing", "who": "?"}, 422, "bad-event", "who"),
        (
            {"id": "e", "call": "c", "type": "ringing", "at": "2026-05-18T10:00Z", "sequence": -1},
            422,
            "bad-event",
            "sequence",
        ),
        (
            {"id": "e", "call": "c", "type": "ringing", "at": "2026-05-18T10:00Z", "direction": "up"},
            422,
            "bad-event",
            "direction",
        ),
    ],
)
def test_what_is_wrong_is_said_clearly(client, channel, secret, content, status, error, field):  # noqa: PLR0917 - fixtures
    answer = post(client, channel, secret, content)
    assert (answer.status_code, answer.json()["error"], answer.json().get("field")) == (status, error, field)
    assert answer.json()["message"]
    assert refused() == {error: 1}


def test_one_bad_event_keeps_the_whole_request_out(client, channel, secret):
    answer = post(client, channel, secret, {"events": [told("ringing", now()), told("ringing", now(), id=5)]})
    assert (answer.status_code, answer.json()["field"]) == (422, "events[1].id")
    assert not CallEvent.objects.exists()


def test_another_event_under_a_known_id_is_refused(client, channel, secret):
    post(client, channel, secret, told("ringing", now(), id="same"))
    answer = post(client, channel, secret, told("answered", now(), id="same"))
    assert (answer.status_code, answer.json()["id"]) == (409, "same")
    assert CallEvent.objects.get().type == "ringing"


def test_too_much_is_refused_without_being_read(client, channel, secret):
    assert post(client, channel, secret, b" " * (actions.LARGEST_BODY + 1)).status_code == 413


def test_the_secret_before_counts_for_another_day(client, channel, secret):
    newer = actions.change_secret(channel=channel, at_once=False, actor=TEST)
    assert post(client, channel, secret, told("ringing", now())).status_code == 200
    assert post(client, channel, newer, told("ringing", now())).status_code == 200
    channel.line.refresh_from_db()
    channel.line.previous_until = timezone.now() - timedelta(seconds=1)
    channel.line.save(update_fields=["previous_until"])
    assert post(client, channel, secret, told("ringing", now())).status_code == 401


def test_a_secret_that_became_known_ends_at_once(client, channel, secret):
    newer = actions.change_secret(channel=channel, at_once=True, actor=TEST)
    assert post(client, channel, secret, told("ringing", now())).status_code == 401
    assert post(client, channel, newer, told("ringing", now())).status_code == 200


def test_no_secret_is_kept_in_plain(channel, secret):
    assert secret.encode() not in bytes(channel.line.sealed_secret)


@pytest.mark.parametrize("state", [ChannelState.APPLIED, ChannelState.RETIRED])
def test_a_hotline_that_is_not_in_service_is_not_there(client, channel, secret, state):
    channel.state = state
    channel.save(update_fields=["state"])
    assert post(client, channel, secret, told("ringing", now())).status_code == 404


def test_nobody_answers_at_other_addresses(client, channel, db):
    assert post(client, channel, "x", told("ringing", now())).status_code == 404
    channel.key = f"no-{new_id().hex}"
    assert post(client, channel, "x", told("ringing", now())).status_code == 404
    assert client.get(f"/hotline/{channel.key}/events").status_code == 405


def test_an_event_is_never_changed(client, channel, secret):
    from django.db import ProgrammingError, transaction

    post(client, channel, secret, told("ringing", now()))
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        CallEvent.objects.update(type="answered")
