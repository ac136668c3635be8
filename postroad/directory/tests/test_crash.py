"""`kill -9` of a real process in the middle of following a directory: either nothing of it is done, or all of it."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection, transaction

from postroad.connectors.simulated import life
from postroad.directory import actions
from postroad.directory.models import Source, SourcePerson, SyncRun
from postroad.messengers.protocol import DirectoryPerson
from postroad.messengers.tests.factories import connected_messenger, place_of
from postroad.org.models import Account, Person

ROOT = Path(__file__).resolve().parents[3]
PEOPLE, KILLS = 400, 5
APPLY = """
import sys
from tests import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
import django
django.setup()
from postroad.directory import actions
print("READY", flush=True)
sys.stdin.readline()
actions.read_source(run_id=sys.argv[2])
actions.apply_run(run_id=sys.argv[2])
"""


def following_in_a_process(run: SyncRun) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", APPLY, connection.settings_dict["NAME"], str(run.pk)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"READY", process.communicate()[1].decode()
    return process


def kill_in_the_middle(run: SyncRun, number: int) -> bool:
    """Lets a process begin, and kills it a moment later; whether it was still at work."""
    process = following_in_a_process(run)
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    process.stdin.flush()
    time.sleep(random.Random(number).uniform(0.02, 0.3))
    at_work = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return at_work


def done() -> tuple[int, int, int]:
    """How many of the directory's people there are, with an entry, and with an account.

    At one moment: what a killed process has sent to commit, its database server commits after its death.
    """
    people = Person.objects.filter(staff_no__startswith="K")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return (
            people.count(),
            SourcePerson.objects.filter(person__in=people, owns=True).count(),
            Account.objects.filter(person__in=people).count(),
        )


@pytest.mark.django_db(transaction=True)
def test_killing_a_sync_again_and_again_leaves_nothing_half_done_and_nobody_double(company):
    messenger = connected_messenger(company)
    people = [DirectoryPerson(id=f"k{number}", name=f"员工{number}", staff_no=f"K{number}") for number in range(PEOPLE)]
    life.hire(place_of(messenger), people)
    particulars = actions.Particulars(
        name="通讯录", connector="simulated", messenger=messenger, settings={}, adopts=True
    )
    source = actions.connect_source(key="contacts", particulars=particulars, actor=company.it.as_actor())
    run = actions.start_run(source=source)
    actions.read_source(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == SyncRun.State.HELD, "the first reading is shown before it is applied"
    actions.approve_run(run=run, reason="looked at", approver=company.administration_head)

    at_work = 0
    for number in range(KILLS):
        at_work += kill_in_the_middle(run, number)
        assert len(set(done())) == 1, "a person without entry or account, or the other way round"
        assert done()[0] in (0, PEOPLE)
    assert at_work, "no process was at work when it was killed"
    actions.apply_run(run_id=run.pk)

    run.refresh_from_db()
    assert run.state == SyncRun.State.APPLIED
    assert done() == (PEOPLE, PEOPLE, PEOPLE)
    assert Source.objects.get().runs.filter(state=SyncRun.State.READ).count() == 0
