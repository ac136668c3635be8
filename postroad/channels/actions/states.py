"""The states of a channel and the moves between them."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.channels.events import Event
from postroad.channels.jobs import Job
from postroad.channels.models import Channel, State
from postroad.ledger.actions import record
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

MOVES: dict[State, frozenset[State]] = {
    State.APPLIED: frozenset({State.APPROVED, State.REFUSED}),
    State.APPROVED: frozenset({State.LIVE, State.RETIRED}),
    State.LIVE: frozenset({State.SUSPENDED, State.RETIRED}),
    State.SUSPENDED: frozenset({State.LIVE, State.RETIRED}),
    State.RETIRED: frozenset(),
    State.REFUSED: frozenset(),
}


def move(channel: Channel, *, to: State, reason: str = "", **also: Any) -> None:
    """Moves a channel to another state if it still is where it was read. Raises Conflict otherwise."""
    before = State(channel.state)
    if to not in MOVES[before]:
        raise Conflict(
            _("A channel that is “%(before)s” cannot become “%(after)s”.") % {"before": before.label, "after": to.label}
        )
    values = {"state": to, "state_changed_at": timezone.now(), "state_reason": reason, **also}
    if not Channel.objects.filter(pk=channel.pk, state=before).update(**values):
        raise Conflict(_("Somebody else has just changed the state of this channel."))
    for name, value in values.items():
        setattr(channel, name, value)
    publish("channels", channel=str(channel.pk))


@transaction.atomic
def suspend_channel(*, channel: Channel, reason: str, actor: Actor) -> Channel:
    """Take a live channel out of service for a while. Mail for it waits at the sender. Needs a reason."""
    move(channel, to=State.SUSPENDED, reason=_required(reason))
    record(Event.CHANNEL_SUSPENDED, actor=actor, subject=channel, data={"reason": channel.state_reason})
    return channel


@transaction.atomic
def resume_channel(*, channel: Channel, actor: Actor) -> Channel:
    """Put a suspended channel back into service, and probe it."""
    if channel.state != State.SUSPENDED:
        raise Conflict(_("This channel is not suspended."))
    move(channel, to=State.LIVE)
    record(Event.CHANNEL_RESUMED, actor=actor, subject=channel)
    if channel.connector:
        enqueue(Job.PROBE, channel_id=str(channel.pk))
    return channel


@transaction.atomic
def retire_channel(*, channel: Channel, reason: str, actor: Actor) -> Channel:
    """End a channel for good; what was said on it stays. Its address is free for another. Needs a reason."""
    move(channel, to=State.RETIRED, reason=_required(reason))
    record(Event.CHANNEL_RETIRED, actor=actor, subject=channel, data={"reason": channel.state_reason})
    return channel


def _required(reason: str) -> str:
    if not reason.strip():
        raise Invalid({"reason": _("Say why, for those who ask later.")})
    return reason.strip()[:500]
