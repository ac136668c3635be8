"""Whether channels work: probes sent round, connections lost and found, and what follows from it."""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from postroad.channels import queries
from postroad.channels.actions.applications import go_live
from postroad.channels.events import Event
from postroad.channels.jobs import Job
from postroad.channels.models import Channel, HealthCheck, State
from postroad.channels.protocol import Capability, Health, connector_of, connectors
from postroad.ledger.actions import record
from postroad.platform.actors import Actor
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

PROBE_MUST_RETURN_WITHIN = timedelta(minutes=2)
CHECKS_KEPT_FOR = timedelta(days=90)
SYSTEM = Actor.system("channels")
# Kept in the source language and translated when shown; see `HealthCheck.detail`.
LOST = gettext_noop("The probe did not come back. Is the mail listener running, and is mail delivered to it?")


def probe_channel(*, channel_id: UUID) -> HealthCheck | None:
    """Send a probe round a channel; None when it has no connector or has ended.

    Three steps and two commits, so that no transaction waits for the network: note the probe, send it, note
    what came of it. A probe that travels is closed when it arrives (`arrived`) or by `close_lost_probes`.
    """
    channel = queries.connected_channel(channel_id)
    if channel is None or Capability.PROBE not in connector_of(channel.connector).capabilities:
        return None
    check = HealthCheck.objects.create(channel=channel, token=secrets.token_urlsafe(24), started_at=timezone.now())
    health = connector_of(channel.connector).probe(queries.endpoint_of(channel), check.token)
    if health.ok is not None:
        _close(check.pk, health)
    check.refresh_from_db()
    return check


def probe_all() -> int:
    """Enqueue a probe of every connected channel that can be probed; returns how many."""
    able = [one.key for one in connectors() if Capability.PROBE in one.capabilities]
    states = [State.APPROVED, State.LIVE]
    with transaction.atomic():
        channels = list(Channel.objects.filter(connector__in=able, state__in=states).values_list("pk", flat=True))
        for channel_id in channels:
            enqueue(Job.PROBE, channel_id=str(channel_id))
    return len(channels)


def arrived(tokens: Iterable[str], *, at: datetime) -> frozenset[str]:
    """Close the probes that have come in; returns the tokens that are ours, also those already closed."""
    checks = list(HealthCheck.objects.filter(token__in=list(tokens)))
    for check in checks:
        if check.ok is None:
            _close(check.pk, Health(ok=True, round_trip=at - check.started_at))
    return frozenset(check.token for check in checks)


def close_lost_probes() -> int:
    """Fail the probes that should have come back by now; returns how many."""
    before = timezone.now() - PROBE_MUST_RETURN_WITHIN
    lost = list(HealthCheck.objects.filter(ok=None, started_at__lt=before).values_list("pk", flat=True))
    for check_id in lost:
        _close(check_id, Health(ok=False, detail=LOST))
    return len(lost)


def forget_old_checks() -> int:
    """Remove checks older than 90 days; failures and recoveries stay in the evidence."""
    return HealthCheck.objects.filter(started_at__lt=timezone.now() - CHECKS_KEPT_FOR).delete()[0]


@transaction.atomic
def report_connection(*, channel_id: UUID, health: Health) -> None:
    """Note that a channel's connection failed or works again; the same news twice is noted once."""
    assert health.ok is not None
    channel = Channel.objects.select_for_update(no_key=True, of=("self",)).filter(pk=channel_id).first()
    if channel is None:
        return
    last = _last_verdict(channel, HealthCheck.Source.CONNECTION)
    if last is not None and (last.ok, last.detail) == (health.ok, health.detail):
        return
    now = timezone.now()
    HealthCheck.objects.create(
        channel=channel,
        source=HealthCheck.Source.CONNECTION,
        token=secrets.token_urlsafe(24),
        started_at=now,
        finished_at=now,
        ok=health.ok,
        detail=health.detail[:1000],
    )
    _conclude(channel)


@transaction.atomic
def _close(check_id: UUID, health: Health) -> None:
    """Gives a probe its verdict, once, and the channel what follows from it."""
    finished = {"finished_at": timezone.now(), "ok": health.ok, "detail": health.detail[:1000]}
    if not HealthCheck.objects.filter(pk=check_id, ok=None).update(**finished, round_trip=health.round_trip):
        return
    channel = Channel.objects.select_for_update(no_key=True, of=("self",)).get(health_checks=check_id)
    _conclude(channel)
    if health.ok and channel.state == State.APPROVED:
        go_live(channel=channel, reason=_("its health probe came back"), actor=SYSTEM)


def _conclude(channel: Channel) -> None:
    """Sets what the newest checks say together, and puts a change of it on record."""
    verdicts = [one for source in HealthCheck.Source if (one := _last_verdict(channel, source)) is not None]
    failing = [one for one in verdicts if not one.ok]
    healthy, detail = not failing, failing[0].detail if failing else ""
    if (channel.healthy, channel.health_detail) == (healthy, detail):
        return
    turned = channel.healthy != healthy
    was_failing = channel.healthy is False
    channel.healthy, channel.health_detail = healthy, detail
    if turned:
        channel.health_changed_at = timezone.now()
    channel.save(update_fields=["healthy", "health_detail", "health_changed_at"])
    if turned and not healthy:
        record(Event.HEALTH_FAILED, actor=SYSTEM, subject=channel, data={"detail": detail})
    elif turned and was_failing:
        record(Event.HEALTH_RECOVERED, actor=SYSTEM, subject=channel)
    publish("channels", channel=str(channel.pk))
    publish(*_owners_topics(channel))


def _last_verdict(channel: Channel, source: str) -> HealthCheck | None:
    return channel.health_checks.filter(source=source, ok__isnull=False).order_by("-started_at").first()


def _owners_topics(channel: Channel) -> Collection[str]:
    return [f"work.{person}" for person in (channel.owner_id, channel.deputy_owner_id) if person]
