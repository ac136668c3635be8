"""Probes, connections, and what follows from them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from postroad.channels import actions, protocol, queries
from postroad.channels.memory import MemoryConnector
from postroad.channels.models import HealthCheck, State
from postroad.channels.protocol import Health
from postroad.channels.tests.factories import apply, live_channel, request_about, sign
from postroad.ledger.models import Entry

pytestmark = pytest.mark.django_db
MEMORY = {"connector": "memory", "connector_settings": {"room": "A"}}


@pytest.fixture
def memory(monkeypatch):
    connector = MemoryConnector()
    monkeypatch.setitem(protocol._connectors, "memory", connector)
    return connector


def read(memory):
    memory.read_once(actions.ChannelDirectory("memory"), actions.take_in)


def events():
    return list(
        Entry.objects.filter(event__startswith="channels.health").order_by("pk").values_list("event", flat=True)
    )


def test_the_probe_that_comes_back_puts_an_approved_channel_into_service(company, memory):
    channel = apply(company, **MEMORY)
    sign(company, request_about(channel))
    check = actions.probe_channel(channel_id=channel.pk)
    assert check.ok is None
    read(memory)
    channel.refresh_from_db()
    check.refresh_from_db()
    assert (check.ok, channel.state, channel.healthy) == (True, State.LIVE, True)
    assert check.round_trip > timedelta(0)


def test_a_probe_that_fails_keeps_an_approved_channel_waiting_and_says_why(company, memory):
    channel = apply(company, **MEMORY)
    sign(company, request_about(channel))
    memory.broken = True
    actions.probe_channel(channel_id=channel.pk)
    channel.refresh_from_db()
    assert (channel.state, channel.healthy, channel.health_detail) == (State.APPROVED, False, "broken")
    memory.broken = False
    actions.probe_channel(channel_id=channel.pk)
    read(memory)
    channel.refresh_from_db()
    assert (channel.state, channel.healthy) == (State.LIVE, True)


def test_a_probe_that_does_not_come_back_in_time_is_a_failure_the_owner_sees(company, memory):
    channel = live_channel(company, **MEMORY)
    actions.probe_channel(channel_id=channel.pk)
    assert actions.close_lost_probes() == 0, "it still has time"
    HealthCheck.objects.update(started_at=timezone.now() - timedelta(minutes=3))
    assert actions.close_lost_probes() == 1
    channel.refresh_from_db()
    assert channel.healthy is False
    assert list(queries.owned_with_trouble(company.owner)) == [channel]
    assert list(queries.owned_with_trouble(company.desk_lead)) == [channel], "the deputy sees it, too"
    assert list(queries.owned_with_trouble(company.stranger)) == []
    read(memory)
    channel.refresh_from_db()
    assert channel.healthy is False, "a probe that comes back too late changes nothing"


def test_failing_and_recovering_are_recorded_once_each(company, memory):
    channel = live_channel(company, **MEMORY)
    for broken in (False, True, True, False, False):
        memory.broken = broken
        actions.probe_channel(channel_id=channel.pk)
        read(memory)
    assert events() == ["channels.health.failed", "channels.health.recovered"]


def test_a_lost_connection_is_noted_once_and_outweighs_a_good_probe(company, memory):
    channel = live_channel(company, **MEMORY)
    actions.probe_channel(channel_id=channel.pk)
    read(memory)
    for _ in range(3):
        actions.report_connection(channel_id=channel.pk, health=Health(ok=False, detail="wrong password"))
    channel.refresh_from_db()
    assert (channel.healthy, channel.health_detail) == (False, "wrong password")
    assert channel.health_checks.filter(source="connection").count() == 1
    actions.report_connection(channel_id=channel.pk, health=Health(ok=True))
    channel.refresh_from_db()
    assert channel.healthy is True


def test_every_connected_channel_is_probed_and_no_other(company, memory):
    live_channel(company)
    connected = live_channel(company, **MEMORY)
    actions.suspend_channel(channel=live_channel(company, **MEMORY), reason="x", actor=company.owner.as_actor())
    assert actions.probe_all() == 1
    assert actions.probe_channel(channel_id=connected.pk) is not None


def test_a_channel_that_is_no_software_has_nothing_to_probe(company):
    assert actions.probe_channel(channel_id=live_channel(company, kind="fax").pk) is None


def test_old_checks_are_forgotten(company, memory):
    channel = live_channel(company, **MEMORY)
    actions.probe_channel(channel_id=channel.pk)
    assert actions.forget_old_checks() == 0
    HealthCheck.objects.update(started_at=timezone.now() - timedelta(days=91))
    assert actions.forget_old_checks() == 1
