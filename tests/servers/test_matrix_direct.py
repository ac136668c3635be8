"""Direct chats in a real Synapse with the whole of Postroad: opened, answered, left, encrypted."""

from urllib.parse import quote

import pytest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from postroad.channels.conformance import eventually
from postroad.channels.models import Channel, ChannelMember
from postroad.channels.protocol import connector_of
from postroad.channels.queries import endpoint_of
from postroad.channels.tests.factories import live_channel
from postroad.conversations.actions import flush_outbox
from postroad.conversations.models import Delivery, Message
from postroad.desk.models import Case, MailRules
from postroad.ledger.models import Entry
from postroad.messengers import actions, tasks
from postroad.messengers.jobs import Job
from postroad.org.tests.cast import sign_in
from tests.servers.matrix import SERVICE_ID, MatrixWorld
from tests.servers.test_matrix_installation import messenger, world  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def channel(messenger, company) -> Channel:  # noqa: F811 - a fixture
    DONE.clear()
    channel = live_channel(
        company,
        kind="direct",
        name="售前咨询",
        address=SERVICE_ID,
        connector="matrix-direct",
        connector_settings={"messenger": messenger.key},
    )
    ChannelMember.objects.create(channel=channel, person=company.agent)
    MailRules.objects.create(channel=channel, undo_seconds=0)
    assert connector_of(channel.connector).probe(endpoint_of(channel), "token").ok
    return channel


DONE: set[int] = set()


def run_jobs() -> None:
    """What the worker would do by now, each job once."""
    work = {Job.FETCH_DIRECT: tasks.fetch_direct, Job.SAY_UNREADABLE: tasks.say_unreadable}
    for job in ProcrastinateJob.objects.filter(task_name__in=work).exclude(pk__in=DONE).order_by("id"):
        work[Job(job.task_name)](**job.args)
        DONE.add(job.pk)


def texts() -> list[str]:
    run_jobs()
    return [one.text for one in Message.objects.order_by("pk")]


def test_a_chat_is_opened_answered_and_goes_on_as_one_case(world: MatrixWorld, channel, client, company):  # noqa: F811
    customer = world.hire("刘洋")
    room_id = world.open_chat(customer)
    world.synapse.say(customer, room_id, "请问什么时候发货？")
    eventually(lambda: texts() == ["请问什么时候发货？"], "what was said before we came is fetched")
    world.synapse.say(customer, room_id, "订单 4711")
    eventually(lambda: len(texts()) == 2, "what is said since is pushed")
    case = Case.objects.get()
    assert (case.contact.name, case.subject) == ("刘洋", "请问什么时候发货？")
    sign_in(client, company.agent).post(
        reverse("desk:reply", args=[case.number]), {"text": "今天下午。", "after": "waiting"}
    )
    flush_outbox()
    [said] = world.seen(room_id, by=SERVICE_ID)
    assert said.text == "今天下午。"
    run_jobs()
    assert Case.objects.count() == 1
    assert Message.objects.count() == 3


def test_a_file_of_the_customer_arrives(world: MatrixWorld, channel):  # noqa: F811
    customer = world.hire("刘洋")
    room_id = world.open_chat(customer)
    uri = world.synapse.upload(b"%PDF-1.7 plan", "application/pdf")
    world.synapse.say(customer, room_id, "图纸.pdf", msgtype="m.file", url=uri, info={"mimetype": "application/pdf"})
    eventually(lambda: texts() == [""], "it is fetched")
    assert [one.name for one in Message.objects.get().attachments.all()] == ["图纸.pdf"]


def test_who_has_left_is_not_answered_and_the_case_says_so(world: MatrixWorld, channel, client, company):  # noqa: F811
    customer = world.hire("刘洋")
    room_id = world.open_chat(customer)
    world.synapse.say(customer, room_id, "在吗？")
    eventually(lambda: texts() == ["在吗？"], "it is fetched")
    world.synapse.act(customer, "POST", f"/rooms/{quote(room_id)}/leave", json={})
    case = Case.objects.get()
    sign_in(client, company.agent).post(reverse("desk:reply", args=[case.number]), {"text": "您好", "after": "waiting"})
    flush_outbox()
    case.refresh_from_db()
    assert case.undelivered
    assert Delivery.objects.get().error
    assert world.seen(room_id, by=SERVICE_ID) == []


def test_an_encrypted_chat_is_told_once_that_it_cannot_be_read(world: MatrixWorld, channel):  # noqa: F811
    customer = world.hire("刘洋")
    encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    room_id = world.open_chat(customer, initial_state=[encryption])
    secret = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "session_id": "s", "sender_key": "k"}
    for number in range(2):
        path = f"/rooms/{quote(room_id)}/send/m.room.encrypted/{number}"
        world.synapse.act(customer, "PUT", path, json=secret)

    def told() -> bool:
        run_jobs()
        return bool(world.seen(room_id, by=SERVICE_ID))

    eventually(told, "they are told")
    run_jobs()
    [notice] = world.seen(room_id, by=SERVICE_ID)
    assert "无法阅读" in notice.text
    assert "cannot read" in notice.text
    assert Case.objects.count() == 0
    assert Entry.objects.filter(event="messengers.chat.unreadable").count() == 1


def test_a_group_is_no_direct_chat_and_is_left(world: MatrixWorld, channel):  # noqa: F811
    people = [world.hire(name) for name in ("刘洋", "陈静")]
    room_id = world.open_chat(people[0], name="三个人")
    world.synapse.act(people[0], "POST", f"/rooms/{quote(room_id)}/invite", json={"user_id": people[1]})
    world.synapse.act(people[1], "POST", f"/join/{quote(room_id)}", json={})
    world.synapse.say(people[1], room_id, "悄悄话")

    def left() -> bool:
        run_jobs()
        members = world.synapse.call("GET", f"/_synapse/admin/v1/rooms/{quote(room_id)}/members")["members"]
        return bool(DONE) and SERVICE_ID not in members

    eventually(left, "the service account is not there")
    assert Message.objects.count() == 0


def test_a_room_with_a_service_account_is_no_group_whatever_it_is_called(world: MatrixWorld, channel, messenger):  # noqa: F811
    customer = world.hire("刘洋")
    room_id = world.open_chat(customer, name="我和客服")
    world.synapse.say(customer, room_id, "在吗？")
    eventually(lambda: texts() == ["在吗？"], "it is fetched")
    actions.read_rooms(messenger=messenger)
    assert not messenger.rooms.filter(room_id=room_id).exists()
