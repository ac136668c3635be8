from enum import StrEnum

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils.module_loading import import_string, module_has_submodule
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from postroad.platform.jobs import _seconds_last, enqueue


class Job(StrEnum):
    EXAMPLE = "platform.example"


@pytest.mark.django_db(transaction=True)
def test_a_job_commits_and_rolls_back_with_the_change_that_wants_it():
    with pytest.raises(RuntimeError), transaction.atomic():
        enqueue(Job.EXAMPLE, number=1)
        raise RuntimeError
    assert not ProcrastinateJob.objects.exists()
    with transaction.atomic():
        enqueue(Job.EXAMPLE, number=2)
    assert [job.args for job in ProcrastinateJob.objects.all()] == [{"number": 2}]


@pytest.mark.django_db
def test_a_job_wanted_once_waits_once_and_leaves_the_transaction_usable():
    enqueue(Job.EXAMPLE, once=True)
    enqueue(Job.EXAMPLE, once=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert ProcrastinateJob.objects.count() == 1


@pytest.mark.parametrize(("ours", "croniter"), [("*/5 * * * * *", "* * * * * */5"), ("0 3 * * *", "0 3 * * *")])
def test_seconds_come_first_as_people_write_them(ours, croniter):
    assert _seconds_last(ours) == croniter


def test_every_named_job_has_a_task():
    app.perform_import_paths()
    named = [
        str(job)
        for config in apps.get_app_configs()
        if config.name.startswith("postroad.")
        and module_has_submodule(config.module, "jobs")
        and config.label != "platform"
        for job in import_string(f"{config.name}.jobs.Job")
    ]
    assert len(named) >= 5
    assert [name for name in named if name not in app.tasks] == []
