"""The receiving side of all connectors in one process, and the command line."""

import asyncio
import json

import pytest
from click.testing import CliRunner
from procrastinate.contrib.django.models import ProcrastinateJob

from postroad.channels import protocol, receiving, tasks
from postroad.channels.commands import channels
from postroad.channels.jobs import Job
from postroad.channels.memory import MemoryConnector
from postroad.channels.models import HealthCheck
from postroad.channels.protocol import Capability
from postroad.channels.tests.factories import apply, live_channel, request_about, sign

MEMORY = {"connector": "memory", "connector_settings": {"room": "A"}}


class Stub:
    """A connector whose receiving side does what the test says."""

    capabilities = frozenset({Capability.RECEIVE})

    def __init__(self, key, run):
        self.key, self._run, self.starts = key, run, 0

    async def receive(self, directory, sink, stop):
        self.starts += 1
        await self._run(self, stop)


async def breaks_once(stub, stop):
    if stub.starts == 1:
        raise RuntimeError("a bug in a connector")
    await stop.wait()


async def works(stub, stop):
    await stop.wait()


async def finds_its_port_taken(stub, stop):
    raise OSError(98, "127.0.0.1:8024 is taken")


def run(monkeypatch, *stubs, until):
    monkeypatch.setattr(receiving, "receiving_connectors", lambda: stubs)
    monkeypatch.setattr(receiving, "FIRST_PAUSE", 0.01)

    async def main():
        stop = asyncio.Event()
        running = asyncio.create_task(receiving.receive_all(stop))
        while not until() and not running.done():
            await asyncio.sleep(0.01)
        stop.set()
        await running

    asyncio.run(main())


def test_a_connector_that_breaks_begins_again_and_the_others_go_on(monkeypatch):
    broken, sound = Stub("broken", breaks_once), Stub("sound", works)
    run(monkeypatch, broken, sound, until=lambda: broken.starts == 2)
    assert (broken.starts, sound.starts) == (2, 1)


def test_a_port_that_is_taken_is_told_to_the_operator(monkeypatch):
    with pytest.raises(ExceptionGroup) as group:
        run(monkeypatch, Stub("taken", finds_its_port_taken), Stub("sound", works), until=lambda: False)
    assert [type(error) for error in group.value.exceptions] == [OSError]


@pytest.fixture
def memory(monkeypatch):
    connector = MemoryConnector()
    monkeypatch.setitem(protocol._connectors, "memory", connector)
    return connector


@pytest.mark.django_db
def test_an_approved_channel_is_probed_by_a_job_of_the_same_transaction(company, memory):
    channel = apply(company, **MEMORY)
    assert not ProcrastinateJob.objects.filter(task_name=Job.PROBE).exists()
    sign(company, request_about(channel))
    [job] = ProcrastinateJob.objects.filter(task_name=Job.PROBE)
    assert job.args == {"channel_id": str(channel.pk)}
    tasks.probe(**job.args)
    assert HealthCheck.objects.get().channel == channel


def test_every_job_has_a_task():
    from procrastinate.contrib.django import app

    assert {str(job) for job in Job} <= set(app.tasks)


@pytest.mark.django_db
def test_the_command_line_lists_and_probes(company, memory):
    channel = live_channel(company, **MEMORY)
    plain = CliRunner().invoke(channels, ["list", "--json"])
    assert plain.exit_code == 0, plain.output
    assert [json.loads(line)["key"] for line in plain.output.splitlines()] == [channel.key]
    assert channel.key in CliRunner().invoke(channels, ["list"]).output
    assert CliRunner().invoke(channels, ["probe", channel.key]).exit_code == 0
    assert CliRunner().invoke(channels, ["probe", "nowhere"]).exit_code == 1
    memory.broken = True
    failed = CliRunner().invoke(channels, ["probe", channel.key])
    assert failed.exit_code == 1
    assert "broken" in failed.output
