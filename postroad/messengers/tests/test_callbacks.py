"""A messenger calls us: what is genuine is taken once; everything else is refused, counted, and nothing of it kept."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from postroad.connectors.simulated.connector import SIGNATURE, TIMESTAMP, signature
from postroad.conversations.models import Message
from postroad.messengers import actions
from postroad.messengers.actions import happenings
from postroad.messengers.models import RefusedCallback, SeenCallback
from postroad.messengers.tests.factories import ACTOR, registered_room
from postroad.messengers.views.calling import LARGEST_BODY
from postroad.org.tests.cast import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(company, messenger):
    return registered_room(messenger, company, company.it, company.hr)


def call(client, messenger, room, *, secret="horse-staple", at=None, text="您好", body=None, number=1):
    moment = at or timezone.now()
    told = {
        "room_id": room.room_id,
        "external_id": f"m-{number}",
        "sender_id": "U1",
        "sender_name": "张伟",
        "text": text,
    }
    body = json.dumps({**told, "sent_at": moment.isoformat()}).encode() if body is None else body
    stamp = str(int(moment.timestamp()))
    headers = {TIMESTAMP: stamp, SIGNATURE: signature(secret, stamp, body)}
    return client.post(
        f"/messengers/{messenger.key}/callback/events", body, content_type="application/json", headers=headers
    )


def refused():
    return dict(RefusedCallback.objects.values_list("reason", "count"))


def test_a_genuine_call_is_taken_and_answered(client, messenger, room):
    response = call(client, messenger, room)
    assert (response.status_code, response.content) == (200, b"ok")
    assert Message.objects.get().text == "您好"
    assert refused() == {}


def test_the_same_call_again_is_counted_and_not_stored(client, messenger, room):
    at = timezone.now()
    for _ in range(3):
        assert call(client, messenger, room, at=at).status_code == 200
    assert Message.objects.count() == 1
    assert refused() == {"replayed": 2}
    SeenCallback.objects.update(at=timezone.now() - timedelta(hours=2))
    assert actions.forget_callbacks() == 1


@pytest.mark.parametrize(
    ("how", "reason", "status"),
    [
        ({"secret": "guessed"}, "wrong signature", 403),
        ({"at": timezone.now() - timedelta(hours=1)}, "not of now", 403),
        ({"at": timezone.now() + timedelta(days=1)}, "not of now", 403),
        ({"body": b"\xff not json <xml>"}, "not understood", 400),
        ({"body": b"[]"}, "not understood", 400),
        ({"body": b"x" * (LARGEST_BODY + 1)}, "too large", 413),
    ],
)
def test_what_is_not_genuine_is_refused_counted_and_not_kept(client, messenger, room, *, how, reason, status):
    for _ in range(2):
        assert call(client, messenger, room, **how).status_code == status
    assert refused() == {reason: 2}
    assert not Message.objects.exists()
    assert not SeenCallback.objects.exists()


def test_what_was_refused_shows_on_the_page(client, company, messenger, room):
    call(client, messenger, room, secret="guessed")
    shown = sign_in(client, company.auditor).get(messenger.get_absolute_url())
    assert [(one.reason, one.count) for one in shown.context["refused"]] == [("wrong signature", 1)]


def test_a_call_that_we_could_not_store_may_come_again(client, messenger, room, monkeypatch):
    def unwell(batch):
        raise OperationalError("gone away")

    at = timezone.now()
    with monkeypatch.context() as patch:
        patch.setattr(happenings, "deliver", unwell)
        assert call(client, messenger, room, at=at).status_code == 503
    assert call(client, messenger, room, at=at).status_code == 200
    assert Message.objects.count() == 1


def test_nobody_is_expected_to_call_a_suspended_or_an_unknown_messenger(client, messenger, room):
    actions.suspend_messenger(messenger=messenger, reason="升级", actor=ACTOR)
    assert call(client, messenger, room).status_code == 404
    assert refused() == {"not expected": 1}
    messenger.key = "unknown"
    assert call(client, messenger, room).status_code == 404


def test_a_browser_cannot_be_made_to_do_anything_else_there(client, messenger):
    assert client.get(f"/messengers/{messenger.key}/callback/").status_code == 403
    assert client.delete(f"/messengers/{messenger.key}/callback/").status_code == 405
