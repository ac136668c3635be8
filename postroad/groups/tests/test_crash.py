"""`kill -9` of a real process in the middle of an apply: the next one ends at the declared state, nothing is done twice."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from postroad.connectors.simulated import life
from postroad.groups import actions
from postroad.groups.models import ApplyRun, ApplyStep, Group
from postroad.groups.plan import make_plan
from postroad.groups.tests.factories import ACTOR, read_messenger, template_in_force
from postroad.messengers import actions as messengers
from postroad.messengers.models import Room
from postroad.messengers.tests.factories import as_seen, place_of
from postroad.org.models import Department, Person
from postroad.org.tests.cast import JOINED

ROOT = Path(__file__).resolve().parents[3]
DEPARTMENTS, PEOPLE_EACH, KILLS = 40, 4, 6
APPLY = """
import sys
from tests import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
import django
django.setup()
from postroad.groups import actions
from postroad.messengers.models import Messenger
from postroad.platform.actors import Actor
print("READY", flush=True)
actions.apply_messenger(messenger=Messenger.objects.get(), actor=Actor.system("test"))
"""


def apply_in_a_process() -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", APPLY, connection.settings_dict["NAME"]],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"READY", process.communicate()[1].decode()
    return process


def steps_begun() -> int:
    return ApplyStep.objects.filter(started_at__isnull=False).count()


def kill_in_the_middle(number: int) -> bool:
    """Lets a process do a few steps and a bit of the next, and kills it; whether it was still at work."""
    before, wanted = steps_begun(), random.Random(number).randint(2, 6)
    process = apply_in_a_process()
    while process.poll() is None and steps_begun() < before + wanted:
        time.sleep(0.002)
    time.sleep(random.Random(number).uniform(0, 0.05))
    at_work = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return at_work


def many_departments(company, messenger):
    departments = [Department(code=f"D{number}", name=f"第{number}科") for number in range(DEPARTMENTS)]
    Department.objects.bulk_create(departments)
    people = [
        Person(staff_no=f"D{number}-{each}", name=f"员工{number}-{each}", department=place, joined_on=JOINED)
        for number, place in enumerate(departments)
        for each in range(PEOPLE_EACH)
    ]
    Person.objects.bulk_create(people)
    life.hire(place_of(messenger), [as_seen(one) for one in people])
    messengers.read_directory_of(messenger=messenger)


@pytest.mark.django_db(transaction=True)
def test_killing_an_apply_again_and_again_leaves_no_group_and_no_invitation_double(company):
    messenger = read_messenger(company)
    many_departments(company, messenger)
    template_in_force(company, messenger)
    actions.follow_everything()

    killed = sum(kill_in_the_middle(number) for number in range(KILLS))
    assert killed >= KILLS - 1, "the processes were done before they could be killed"
    last = actions.apply_messenger(messenger=messenger, actor=ACTOR)

    assert last.state == ApplyRun.State.DONE
    assert ApplyRun.objects.filter(state=ApplyRun.State.BROKEN_OFF).count() == killed
    assert make_plan().in_order, "a room nobody knows of would be a stray"
    place, groups = place_of(messenger), Group.objects.count()
    assert groups >= DEPARTMENTS
    assert (place.groups.count(), Room.objects.count()) == (groups, groups)
    assert set(Counter(place.groups.values_list("name", flat=True)).values()) == {1}
    invited = Counter(
        (one.room_id, user_id) for one in place.occurrences.filter(kind="joined") for user_id in one.user_ids
    )
    assert set(invited.values()) <= {1}
    assert not ApplyStep.objects.filter(state=ApplyStep.State.INTENDED).exists()
