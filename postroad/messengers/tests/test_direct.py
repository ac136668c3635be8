"""Direct chats taken in: what belongs to a service account, who wrote it, and what is none of our business."""

from datetime import UTC, datetime

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from postroad.channels.actions import retire_channel, suspend_channel
from postroad.connectors.simulated.connector import Simulated
from postroad.conversations.models import Conversation, Message
from postroad.ledger.models import Entry
from postroad.messengers import actions, queries
from postroad.messengers.aside import as_bytes, from_bytes
from postroad.messengers.jobs import Job
from postroad.messengers.models import Chat, OutsideUser
from postroad.messengers.protocol import DirectChats, DirectNews, RoomEvent, RoomEventKind, RoomMessage
from postroad.messengers.tests.factories import ACTOR, service_account, user_id_of
from postroad.org.actions import erase_personal
from postroad.org.models import Contact

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 23, 1, tzinfo=UTC)


@pytest.fixture
def im(company):
    return service_account(company)


def take(im, *happenings):
    actions.take_happenings(messenger=im.messenger, happenings=happenings)


def said(number, **changes):
    given = {
        "room_id": "room-1",
        "external_id": f"m-{number}",
        "sender_id": "wx-liu",
        "sender_name": "刘洋",
        "sent_at": MORNING,
        "text": f"第{number}句",
        "raw": f"raw {number}".encode(),
        "direct": True,
        "service_id": "sales",
    }
    return RoomMessage(**{**given, **changes})


def test_the_simulated_messenger_has_direct_chats():
    assert isinstance(Simulated(), DirectChats)


def test_one_chat_is_one_conversation_whatever_comes_twice(im):
    take(im, said(1), said(2))
    take(im, said(2), said(3))
    assert Conversation.objects.get().message_count == 3
    assert [one.text for one in Message.objects.order_by("pk")] == ["第1句", "第2句", "第3句"]


def test_once_a_chat_is_known_its_room_is_enough(im):
    take(im, DirectNews(service_id="sales", at=MORNING, token="room-1", room_id="room-1", user_id="wx-liu"))
    take(im, said(1, direct=False, service_id=""))
    assert Message.objects.get().channel == im.channel


def test_news_are_fetched_by_a_job(im):
    take(im, DirectNews(service_id="sales", at=MORNING, token="t-1"))
    [args] = ProcrastinateJob.objects.filter(task_name=Job.FETCH_DIRECT).values_list("args", flat=True)
    assert args == {"channel_id": str(im.channel.pk), "token": "t-1"}


def test_what_is_said_to_nobody_of_ours_is_not_kept(im):
    take(im, said(1, service_id="another"), DirectNews(service_id="another", at=MORNING, token="t"))
    assert Message.objects.count() == Chat.objects.count() == 0
    assert not ProcrastinateJob.objects.filter(task_name=Job.FETCH_DIRECT).exists()


def test_what_we_said_ourselves_does_not_come_back(im):
    take(im, said(1), said(2, sender_id="sales", ours=True))
    assert Message.objects.count() == 1


def test_a_colleague_who_writes_is_a_colleague_and_no_contact(im, company):
    actions.read_directory_of(messenger=im.messenger)
    take(im, said(1, sender_id=user_id_of(company.it)))
    assert Message.objects.get().person == company.it
    assert Contact.objects.count() == OutsideUser.objects.count() == 0


def test_a_suspended_channel_keeps_what_comes_and_a_retired_one_does_not(im, company):
    suspend_channel(channel=im.channel, reason="假期", actor=ACTOR)
    take(im, said(1))
    retire_channel(channel=im.channel, reason="不用了", actor=ACTOR)
    take(im, said(2))
    assert [one.text for one in Message.objects.all()] == ["第1句"]


def test_leaving_and_coming_back_is_known_and_on_record(im):
    take(im, said(1))
    take(im, RoomEvent(kind=RoomEventKind.LEFT, room_id="room-1", at=MORNING, user_ids=("wx-liu",)))
    assert Chat.objects.get().left_at == MORNING
    assert Entry.objects.filter(event="messengers.chat.left").count() == 1
    take(im, RoomEvent(kind=RoomEventKind.JOINED, room_id="room-1", at=MORNING, user_ids=("wx-liu",)))
    assert Chat.objects.get().left_at is None


def test_what_cannot_be_read_is_told_once(im):
    take(im, said(1, unreadable=True), said(2, unreadable=True))
    assert ProcrastinateJob.objects.filter(task_name=Job.SAY_UNREADABLE).count() == 1
    assert Message.objects.count() == 0


def test_whose_data_was_erased_is_somebody_new(im):
    take(im, said(1))
    before = Contact.objects.get()
    erase_personal(subject=before, reason="请求删除", actor=ACTOR)
    take(im, said(2))
    assert OutsideUser.objects.get().contact != before
    erase_personal(subject=OutsideUser.objects.get().contact, reason="请求删除", actor=ACTOR)
    assert actions.forget_erased() == 1


def test_an_address_of_a_chat_leads_to_it_and_nonsense_to_none(im):
    take(im, said(1))
    chat = Chat.objects.get()
    assert queries.chat_at(chat.address) == chat
    assert queries.chat_at("刘洋 <liu@sky.test>") is None


def test_news_that_are_set_aside_come_back_as_they_were():
    news = DirectNews(service_id="sales", at=MORNING, token="t", room_id="r", user_id="u")
    assert from_bytes(as_bytes(news)) == news
