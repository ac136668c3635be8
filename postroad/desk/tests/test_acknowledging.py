"""Acknowledgements: off by default, never to robots, never too often."""

from __future__ import annotations

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from postroad.channels.protocol import AutoKind
from postroad.conversations.models import Message
from postroad.desk import actions
from postroad.desk.actions.acknowledging import INTERVAL
from postroad.desk.jobs import Job
from postroad.desk.models import Queue
from postroad.desk.tests.factories import MONDAY_TEN, follow_on, mail, promises_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def acknowledging(channel):
    Queue.objects.create(
        channel=channel, acknowledge=True, acknowledgement="您好，已收到“{subject}”，编号 {number}。{other}"
    )
    return channel


def run_jobs():
    """What the worker would do with the jobs that wait."""
    done = 0
    for job in ProcrastinateJob.objects.filter(task_name=Job.ACKNOWLEDGE):
        done += actions.acknowledge(job.args["case_ids"].split(","))
    return done


def acknowledgements():
    return Message.objects.filter(direction="out")


def test_by_default_nobody_is_acknowledged(channel):
    mail(channel)
    assert run_jobs() == 0


def test_a_new_case_is_acknowledged_with_its_number_as_an_automatic_mail(acknowledging):
    case = mail(acknowledging, subject="发票")
    assert run_jobs() == 1
    message = acknowledgements().get()
    assert message.text == f"您好，已收到“发票”，编号 #{case.number}。{{other}}"
    assert message.auto == AutoKind.REPLY
    assert message.conversation.subject_token == f"PR-{case.number}"
    assert promises_of(case) == {"first_reply": "running", "answer": "running"}


def test_running_the_job_twice_sends_once(acknowledging):
    mail(acknowledging)
    run_jobs()
    assert run_jobs() == 0
    assert acknowledgements().count() == 1


@pytest.mark.parametrize(
    "values", [{"may_autorespond": False}, {"auto": AutoKind.LIST, "may_autorespond": False}, {"sender_address": ""}]
)
def test_who_must_not_be_answered_by_a_machine_is_not(acknowledging, values):
    mail(acknowledging, **values)
    assert run_jobs() == 0


def test_a_sender_is_acknowledged_once_in_a_day_however_much_they_send(acknowledging, clock):
    for _ in range(5):
        mail(acknowledging)
    assert run_jobs() == 1
    clock.shift(INTERVAL + timedelta(minutes=1))
    mail(acknowledging, received_at=MONDAY_TEN + INTERVAL)
    assert run_jobs() == 1


def test_a_mail_in_a_known_thread_is_not_acknowledged(acknowledging):
    case = mail(acknowledging)
    run_jobs()
    follow_on(case)
    assert run_jobs() == 0


def test_switching_it_off_stops_what_was_waiting(acknowledging):
    mail(acknowledging)
    Queue.objects.update(acknowledge=False)
    assert run_jobs() == 0
