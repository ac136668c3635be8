"""Channels that Postroad cannot look into: their owners confirm them every month, with a screenshot."""

from dataclasses import dataclass
from datetime import time
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from postroad.channels.models import Channel, Observability
from postroad.clock import actions as clock
from postroad.clock.models import Calendar, Duty, DutyOccurrence
from postroad.groups import queries
from postroad.groups.actions.comparing import SYSTEM, TOPIC
from postroad.groups.events import Event
from postroad.groups.models import Attestation, AttestedChannel
from postroad.ledger.actions import record
from postroad.org.models import Person, today
from postroad.platform import blobs
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.realtime import publish

DAY_OF_THE_MONTH = 5
DONE_BY = time(17, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What an owner says of a channel, and the picture that shows it."""

    members: int
    name_holds: bool
    owner_holds: bool
    only_entitled: bool
    note: str
    screenshot: bytes
    screenshot_type: str


@transaction.atomic
def confirm_channel(*, channel: Channel, confirmation: Confirmation, person: Person) -> Attestation:
    """Confirm an attested channel for this month. Raises Conflict when that was done, or it is not attested.

    Raises Invalid by field where something does not hold and nothing is said about it.
    """
    channel = Channel.objects.select_for_update(no_key=True, of=("self",)).get(pk=channel.pk)
    if channel.observability != Observability.ATTESTED:
        raise Conflict(_("This channel does not rest on its owner's word."))
    month = queries.this_month()
    if channel.attestations.filter(month=month).exists():
        raise Conflict(_("This channel has been confirmed for this month already."))
    holds = confirmation.name_holds and confirmation.owner_holds and confirmation.only_entitled
    if not holds and not confirmation.note.strip():
        raise Invalid({"note": _("Say what differs, and what becomes of it.")})
    attestation = Attestation(
        channel=channel,
        month=month,
        person=person,
        at=timezone.now(),
        members=confirmation.members,
        name_holds=confirmation.name_holds,
        owner_holds=confirmation.owner_holds,
        only_entitled=confirmation.only_entitled,
        note=confirmation.note.strip(),
        screenshot=blobs.store(confirmation.screenshot),
        screenshot_type=confirmation.screenshot_type,
    )
    attestation.save(force_insert=True)
    data: dict[str, Any] = {"month": f"{month:%Y-%m}", "holds": holds, "members": confirmation.members}
    record(Event.CHANNEL_CONFIRMED, actor=person.as_actor(), subject=channel, data=data)
    _complete_duty(channel, person)
    publish(TOPIC, f"work.{person.pk}")
    return attestation


@transaction.atomic
def keep_confirmation_duties() -> int:
    """Give every attested channel in use its monthly duty, follow owners, and end duties that fell away.

    Returns how many changed. Repeating it changes nothing.
    """
    calendar = Calendar.objects.filter(key="company").first()
    if calendar is None:
        return 0
    wanted = {one.pk: one for one in queries.attested_channels()}
    there = {one.channel_id: one for one in AttestedChannel.objects.select_related("duty")}
    changed = 0
    for channel_id, channel in wanted.items():
        if channel_id not in there:
            AttestedChannel.objects.create(channel=channel, duty=_new_duty(channel, calendar))
            changed += 1
            continue
        duty = there[channel_id].duty
        if duty.ends_on is not None or duty.responsible_id != channel.owner_id:
            clock.update_duty(duty=duty, responsible=channel.owner, deputy=None, ends_on=None, actor=SYSTEM)
            changed += 1
    for channel_id, attested in there.items():
        if channel_id not in wanted and attested.duty.ends_on is None:
            clock.update_duty(duty=attested.duty, ends_on=max(today(), attested.duty.starts_on), actor=SYSTEM)
            changed += 1
    return changed


def _new_duty(channel: Channel, calendar: Calendar) -> Duty:
    with override("zh-hans"):
        name = _("Confirm the channel %(name)s") % {"name": channel.name}
    with override("en"):
        name_en = _("Confirm the channel %(name)s") % {"name": channel.name_en or channel.name}
    return clock.create_duty(
        name=name[:120],
        name_en=name_en[:120],
        description=_("Under Channels > Confirmations, with a screenshot."),
        calendar=calendar,
        frequency=Duty.Frequency.MONTHLY,
        day=DAY_OF_THE_MONTH,
        due_time=DONE_BY,
        responsible=channel.owner,
        starts_on=today(),
        page=reverse("groups:confirm", args=[channel.pk]),
        actor=SYSTEM,
    )


def _complete_duty(channel: Channel, person: Person) -> None:
    """Close this month's occurrence, if it is open: the confirmation is what it asked for."""
    month = queries.this_month()
    waiting = DutyOccurrence.objects.filter(
        duty__in=AttestedChannel.objects.filter(channel=channel).values("duty"),
        day__gte=month,
        deadline__finished_at=None,
    )
    for occurrence in waiting:
        clock.complete_duty(occurrence=occurrence, person=person)
