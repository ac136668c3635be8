"""The command line, the doctor, the jobs, and listening in processes of their own."""

import asyncio
import json
from threading import Thread

import pytest
from click.testing import CliRunner
from django.db import connections
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from postroad.channels.conformance import eventually
from postroad.channels.receiving import receiving_connectors
from postroad.connectors.simulated import life
from postroad.conversations.models import Message
from postroad.messengers import tasks
from postroad.messengers.commands import messengers
from postroad.messengers.health import messengers_work
from postroad.messengers.jobs import Job
from postroad.messengers.models import Room
from postroad.messengers.tests.factories import (
    connected_messenger,
    group_in,
    place_of,
    registered_room,
    seen_room,
    user_id_of,
)
from postroad.platform.doctor import Level

pytestmark = pytest.mark.django_db


def test_the_command_line_lists_and_reads(company, messenger):
    group_in(messenger, company.it, company.hr)
    read = CliRunner().invoke(messengers, ["read", messenger.key], catch_exceptions=False)
    assert "1 groups (1 changed)" in read.output
    listed = CliRunner().invoke(messengers, ["list", "--json"], catch_exceptions=False)
    facts = json.loads(listed.output)
    assert (facts["key"], facts["rooms"], facts["not_registered"]) == (messenger.key, 1, 1)
    assert "no messenger" in CliRunner().invoke(messengers, ["read", "unknown"]).output
    type(place_of(messenger)).objects.update(down=True)
    failed = CliRunner().invoke(messengers, ["read", messenger.key])
    assert failed.exit_code == 1
    assert "switched off" in failed.output


def test_the_doctor_says_which_messenger_fails(company, messenger):
    assert [finding.level for finding in messengers_work()] == [Level.WARNING]
    tasks.read_rooms(str(messenger.pk))
    assert [finding.level for finding in messengers_work()] == [Level.FINE]
    type(place_of(messenger)).objects.update(down=True)
    tasks.check(str(messenger.pk))
    [finding] = messengers_work()
    assert (finding.level, "switched off" in finding.text) == (Level.FAULT, True)


def test_each_messenger_has_jobs_of_its_own(company, messenger):
    other = connected_messenger(company)
    room = seen_room(messenger, company.it)
    Room.objects.filter(pk=room.pk).update(stale_at=timezone.now())
    ProcrastinateJob.objects.all().delete()
    for _ in range(2):
        tasks.check_all()
        tasks.read_what_is_stale()
    waiting = ProcrastinateJob.objects.values_list("task_name", "args")
    assert sorted((name, args["messenger_id"]) for name, args in waiting) == sorted(
        [
            (str(Job.CHECK), str(messenger.pk)),
            (str(Job.CHECK), str(other.pk)),
            (str(Job.READ_STALE_ROOMS), str(messenger.pk)),
        ]
    )
    tasks.read_stale_rooms(str(messenger.pk))
    assert not Room.objects.filter(stale_at__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_the_listener_hears_what_people_say_in_registered_groups(company):
    messenger = connected_messenger(company)
    room = registered_room(messenger, company, company.it, company.hr)
    group = place_of(messenger).groups.get()
    [connector] = [one for one in receiving_connectors() if one.key == "simulated"]
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def listen():
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(connector.receive(None, None, stop))
        connections.close_all()

    thread = Thread(target=listen, daemon=True)
    thread.start()
    try:
        life.say(group, user_id=user_id_of(company.it), text="明天割接，请大家下班前保存文件")
        life.rename(group, "割接通知", by=user_id_of(company.it))
        eventually(Message.objects.exists, "the message comes in")
        eventually(lambda: Room.objects.get().stale_at is not None, "the change is noted")
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
    assert not thread.is_alive()
    message = Message.objects.get()
    assert (message.channel, message.sender_name) == (room.channel, company.it.name)
