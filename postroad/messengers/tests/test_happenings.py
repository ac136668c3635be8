"""What happens in a messenger, taken in: what is said in registered rooms, what changed, and what cannot be stored."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from postroad.channels.protocol import IncomingAttachment, OutgoingMessage, TemporarilyUnavailable
from postroad.connectors.simulated import life
from postroad.connectors.simulated.connector import Simulated
from postroad.conversations.models import Conversation, Message
from postroad.ledger.models import Entry
from postroad.messengers import actions, queries, registry
from postroad.messengers.actions import happenings
from postroad.messengers.adapter import RoomChannels
from postroad.messengers.aside import as_bytes, from_bytes
from postroad.messengers.inbox import DatabaseInbox
from postroad.messengers.models import SetAside
from postroad.messengers.protocol import DirectoryEvent, RoomEvent, RoomEventKind, RoomMessage
from postroad.messengers.tests.factories import ACTOR, group_in, place_of, registered_room, seen_room, user_id_of
from postroad.org.models import Contact
from postroad.platform.ids import new_id

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 23, 1, tzinfo=UTC)


def said(room, number, **changes):
    given = {
        "room_id": room.room_id,
        "external_id": f"m-{number}",
        "sender_id": "U-Zhang",
        "sender_name": "张伟",
        "sent_at": MORNING + timedelta(minutes=number),
        "text": f"第{number}句",
        "raw": f"raw {number}".encode(),
    }
    return RoomMessage(**{**given, **changes})


def happened(room, kind, **values):
    return RoomEvent(kind=kind, room_id=room.room_id, at=MORNING, **values)


def jobs():
    return list(ProcrastinateJob.objects.order_by("id").values_list("task_name", "args"))


@pytest.fixture
def room(company, messenger):
    return registered_room(messenger, company, company.it, company.hr)


@pytest.fixture
def inbox():
    return DatabaseInbox("simulated")


def take(inbox, messenger, *what, cursor=None):
    inbox.take(queries.account_of(messenger), what, cursor=cursor)


def test_what_is_said_on_one_day_is_one_conversation_kept_once(messenger, room, inbox):
    take(inbox, messenger, said(room, 1), said(room, 2), cursor={"read": 2})
    take(inbox, messenger, said(room, 2), said(room, 3), said(room, 24 * 60 + 1), cursor={"read": 4})
    texts = list(Message.objects.order_by("sent_at").values_list("text", flat=True))
    assert texts == ["第1句", "第2句", "第3句", "第1441句"]
    assert Conversation.objects.count() == 2
    first = Message.objects.get(text="第1句")
    assert first.external_id == f"{room.room_id}/m-1"
    assert first.sender_address == f"u-zhang@{messenger.key}"
    assert first.channel == room.channel
    assert inbox.cursor(queries.account_of(messenger)) == {"read": 4}
    room.refresh_from_db()
    assert room.last_activity_at == said(room, 24 * 60 + 1).sent_at


def test_an_answer_joins_what_it_answers(messenger, room, inbox):
    take(inbox, messenger, said(room, 1), said(room, 24 * 60))
    take(inbox, messenger, said(room, 24 * 60 + 5, reply_to="m-1"))
    assert Conversation.objects.count() == 2


def test_of_unregistered_rooms_only_that_they_are_lively_is_kept(company, messenger, inbox):
    stray = seen_room(messenger, company.it, company.hr)
    take(inbox, messenger, said(stray, 1))
    stray.refresh_from_db()
    assert stray.last_activity_at == said(stray, 1).sent_at
    assert not Message.objects.exists()


def test_what_we_said_and_what_is_said_to_us_alone_is_not_delivered(messenger, room, inbox):
    take(inbox, messenger, said(room, 1, ours=True), said(room, 2, direct=True, room_id="direct"))
    assert not Message.objects.exists()


def test_a_room_nobody_knew_is_read_soon(company, messenger, inbox):
    group = group_in(messenger, company.it)
    unknown = type("Unknown", (), {"room_id": group.room_id})
    for _ in range(2):
        take(inbox, messenger, happened(unknown, RoomEventKind.MADE), said(unknown, 1))
    wanted = {"messenger_id": str(messenger.pk), "room_id": group.room_id}
    assert [args for name, args in jobs() if name == "messengers.read-room"] == [wanted]


def test_a_change_marks_the_room_and_says_who_made_it(messenger, room, inbox):
    take(inbox, messenger, happened(room, RoomEventKind.RENAMED, by="U-Zhang"), happened(room, RoomEventKind.JOINED))
    room.refresh_from_db()
    assert room.stale_at is not None
    assert room.told_changes == {"name": {"by": "U-Zhang", "at": MORNING.isoformat()}}
    assert [name for name, _args in jobs()].count("messengers.read-stale-rooms") == 1
    life.rename(place_of(messenger).groups.get(), "改了名", by="U-Zhang")
    actions.read_stale_rooms(messenger=messenger)
    assert "by" in Entry.objects.get(event="messengers.room.renamed").data


def test_a_change_in_the_directory_is_read_once_it_has_settled(messenger, inbox):
    take(inbox, messenger, DirectoryEvent(at=MORNING), DirectoryEvent(at=MORNING))
    later = ProcrastinateJob.objects.filter(task_name="messengers.read-directory", scheduled_at__isnull=False)
    assert later.count() <= 1


def test_a_message_taken_back_is_on_record_and_told(messenger, room, inbox, monkeypatch):
    told = []
    monkeypatch.setattr(registry, "_redaction_handlers", [told.extend])
    take(inbox, messenger, said(room, 1))
    take(inbox, messenger, happened(room, RoomEventKind.MESSAGE_REDACTED, external_id="m-1", by="U-Zhang"))
    [redaction] = told
    assert redaction.external_id == Message.objects.get().external_id
    assert Entry.objects.get(event="messengers.message.taken-back").data["message"] == redaction.external_id


def test_what_cannot_be_stored_is_set_aside_and_holds_up_nothing(messenger, room, inbox, monkeypatch):
    deliver = happenings.deliver

    def choke(batch):
        if any("毒" in one.text for one in batch):
            raise ValueError("cannot be stored")
        return deliver(batch)

    monkeypatch.setattr(happenings, "deliver", choke)
    take(inbox, messenger, said(room, 1), said(room, 2, text="毒"), said(room, 3), cursor={"read": 3})
    assert sorted(Message.objects.values_list("text", flat=True)) == ["第1句", "第3句"]
    aside = SetAside.objects.get()
    assert (aside.external_id, "cannot be stored" in aside.error) == ("m-2", True)
    assert b"raw 2" not in bytes(aside.sealed)
    assert inbox.cursor(queries.account_of(messenger)) == {"read": 3}


def test_what_was_set_aside_is_stored_whole_when_it_is_tried_again(messenger, room, inbox, monkeypatch):
    deliver = happenings.deliver
    content = b"\x00\xff"
    file = IncomingAttachment("表.bin", "application/octet-stream", 2, sha256(content).hexdigest(), content)

    def choke(batch):
        raise ValueError("cannot be stored")

    monkeypatch.setattr(happenings, "deliver", choke)
    take(inbox, messenger, said(room, 1, attachments=(file,), mentions=("U-Li",)), said(room, 2))
    assert actions.take_again(messenger=messenger, actor=ACTOR) == (0, 2)
    monkeypatch.setattr(happenings, "deliver", deliver)
    assert actions.take_again(messenger=messenger, actor=ACTOR) == (2, 0)
    assert not SetAside.objects.exists()
    assert list(Message.objects.order_by("sent_at").values_list("text", flat=True)) == ["第1句", "第2句"]
    assert Message.objects.earliest("sent_at").attachments.get().name == "表.bin"


@given(
    st.one_of(
        st.builds(
            RoomMessage,
            room_id=st.text(),
            external_id=st.text(),
            sender_id=st.text(),
            sender_name=st.text(),
            sent_at=st.datetimes(timezones=st.just(UTC)),
            text=st.text(),
            raw=st.binary(),
            mentions=st.lists(st.text()).map(tuple),
        ),
        st.builds(
            RoomEvent,
            kind=st.sampled_from(RoomEventKind),
            room_id=st.text(),
            at=st.datetimes(timezones=st.just(UTC)),
            user_ids=st.lists(st.text()).map(tuple),
        ),
        st.builds(DirectoryEvent, at=st.datetimes(timezones=st.just(UTC)), user_ids=st.lists(st.text()).map(tuple)),
    )
)
def test_whatever_happened_is_the_same_after_it_was_kept(happening):
    assert from_bytes(as_bytes(happening)) == happening


def test_a_database_that_is_unwell_says_so_and_keeps_the_cursor(messenger, room, inbox, monkeypatch):
    def unwell(batch):
        raise OperationalError("gone away")

    monkeypatch.setattr(happenings, "deliver", unwell)
    with pytest.raises(TemporarilyUnavailable):
        take(inbox, messenger, said(room, 1), cursor={"read": 1})
    assert inbox.cursor(queries.account_of(messenger)) is None
    assert not SetAside.objects.exists()


def test_only_messengers_in_use_are_listened_to(company, messenger, inbox):
    assert [one.key for one in inbox.accounts()] == [messenger.key]
    assert inbox.accounts()[0].secrets == {"callback_secret": "horse-staple"}
    actions.suspend_messenger(messenger=messenger, reason="升级", actor=ACTOR)
    assert inbox.accounts() == ()


def test_the_same_news_of_a_connection_is_noted_once(messenger, inbox):
    place = place_of(messenger)
    connector = Simulated()
    for down in (False, True, True, False):
        type(place).objects.update(down=down)
        connector.read_once(inbox)
    events = Entry.objects.filter(event__startswith="messengers.health").order_by("seq").values_list("event", flat=True)
    assert list(events) == ["messengers.health.failed", "messengers.health.recovered"]


def test_what_a_channel_says_is_said_in_its_room_and_known_by_one_name(company, messenger, room):
    from postroad.channels.queries import endpoint_of

    channels = RoomChannels(Simulated())
    message = OutgoingMessage(
        message_id=new_id(), channel_id=room.channel.pk, recipients=(), subject="", text="请看公告", created_at=MORNING
    )
    result = channels.send(endpoint_of(room.channel), message)
    occurrence = place_of(messenger).occurrences.get(kind="message")
    assert (occurrence.text, occurrence.ours) == ("请看公告", True)
    assert result.external_id == f"{room.room_id}/{occurrence.external_id}"
    assert user_id_of(company.it) not in occurrence.user_ids


def test_what_our_people_say_is_theirs_and_nobody_in_a_group_becomes_an_outside_contact(company, messenger, inbox):
    actions.read_directory_of(messenger=messenger)
    room = registered_room(messenger, company, company.it, company.hr)
    ours = said(room, 1, sender_id=user_id_of(company.it).upper(), sender_name=company.it.name)
    take(inbox, messenger, ours, said(room, 2, sender_id="guest", sender_name="来客"))
    first, second = Message.objects.order_by("id")
    assert (first.person, second.person) == (company.it, None)
    assert (first.contact, second.contact) == (None, None)
    assert not Contact.objects.filter(name__in=[company.it.name, "来客"]).exists()
