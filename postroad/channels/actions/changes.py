"""Changing a channel: at once where the owner decides alone, through an approval where the standard asks for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.approvals import actions as approvals
from postroad.approvals.models import Request
from postroad.channels import queries
from postroad.channels.actions.applications import locked, submit_again
from postroad.channels.actions.particulars import Change, Particulars, check, plain, seal_secrets
from postroad.channels.events import Event
from postroad.channels.jobs import Job
from postroad.channels.models import Channel, State
from postroad.ledger.actions import record
from postroad.ledger.canonical import Json
from postroad.org.models import Person, today
from postroad.platform.actors import Actor, subject_of
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

CHANGE = "channels.change"

# What a channel was approved for: to whom it speaks, how it is protected and kept, and what it promises.
GOVERNED = frozenset(
    {
        "kind",
        "priority",
        "audience",
        "confidentiality",
        "encrypted",
        "retention_class",
        "calendar_key",
        "first_reply_minutes",
        "first_reply_in_working_time",
        "answer_hours",
        "answer_in_working_time",
    }
)
CONNECTION = frozenset({"address", "connector", "connector_settings"})
# The owner changes by handing over, the key never.
FIXED = frozenset({"key", "owner"})
# What an approved template says of its channels, too.
FOLLOWING = frozenset({"name", "name_en", "department", "purpose"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """Which fields changed at once, and the request under which the others wait for approval."""

    applied: tuple[str, ...]
    asked: tuple[str, ...]
    request: Request | None


@transaction.atomic
def change_channel(*, channel: Channel, wanted: Particulars, person: Person, actor: Actor) -> Outcome:
    """Change what is written down about a channel, except owner, key and connection.

    What the approval rested on (`GOVERNED`) is asked for and changes when it is approved; the rest changes
    now. Raises Invalid by field, Conflict while an earlier change still waits for approval.
    """
    channel = _lock(channel)
    changes = wanted.on(channel, leaving=FIXED | CONNECTION)
    check(channel, changed=set(changes), secrets={})
    asked = {name: one for name, one in changes.items() if name in GOVERNED}
    for name, one in asked.items():
        setattr(channel, name, one.before)
    applied = {name: one for name, one in changes.items() if name not in GOVERNED}
    _save(channel, applied, event=Event.CHANNEL_CHANGED, actor=actor)
    request = _ask(channel, asked, person=person, actor=actor) if asked else None
    return Outcome(tuple(applied), tuple(asked), request)


@transaction.atomic
def follow_approved(*, channel: Channel, actor: Actor, **values: Any) -> Channel:
    """Bring name, name_en, department or purpose up to what an approved request or template says of the channel.

    Raises Invalid by field, Conflict once the channel has ended.
    """
    if unknown := values.keys() - FOLLOWING:
        raise TypeError(f"follow_approved does not change {sorted(unknown)}")
    channel = _lock(channel)
    changes = {name: Change(getattr(channel, name), value) for name, value in values.items()}
    changes = {name: one for name, one in changes.items() if one.before != one.after}
    for name, one in changes.items():
        setattr(channel, name, one.after)
    check(channel, changed=set(), secrets={})
    _save(channel, changes, event=Event.CHANNEL_CHANGED, actor=actor)
    return channel


@transaction.atomic
def apply_approved_change(request: Request, actor: Actor) -> None:
    """The effect of an approved change."""
    channel = locked(request)
    if channel.has_ended:
        raise Conflict(_("This channel has ended meanwhile."))
    changes = {}
    for name, pair in request.payload["changes"].items():
        changes[name] = Change(getattr(channel, name), pair["after"])
        setattr(channel, name, pair["after"])
    check(channel, changed=set(changes), secrets={})
    _save(channel, changes, event=Event.CHANNEL_CHANGED, actor=actor)


@transaction.atomic
def drop_refused_change(request: Request, actor: Actor) -> None:
    """The effect of a change that was rejected or withdrawn: only that it is on record."""
    names = ", ".join(request.payload["changes"])
    record(Event.CHANGE_REFUSED, actor=actor, subject=locked(request), data={"fields": names})


@transaction.atomic
def connect_channel(
    *,
    channel: Channel,
    address: str,
    connector: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    actor: Actor,
) -> Channel:
    """Change how a channel is connected, and probe it. Secrets not given stay as they are.

    Raises Invalid by field (settings under their own names).
    """
    channel = _lock(channel)
    before = Particulars.of(channel)
    channel.address, channel.connector, channel.connector_settings = address, connector, dict(settings)
    known = {**queries.secrets_of(channel), **{name: value for name, value in secrets.items() if value}}
    changes = {name: Change(getattr(before, name), getattr(channel, name)) for name in CONNECTION}
    changes = {name: one for name, one in changes.items() if one.before != one.after}
    check(channel, changed=set(CONNECTION), secrets=known)
    new_secrets = seal_secrets(channel, secrets)
    if not changes and not new_secrets:
        return channel
    fields = [*changes, *(["sealed_secrets"] if new_secrets else [])]
    channel.save(update_fields=fields)
    record(
        Event.CONNECTION_CHANGED, actor=actor, subject=channel, data={"fields": ", ".join(fields), "key": channel.key}
    )
    if channel.connector and channel.state in {State.APPROVED, State.LIVE}:
        enqueue(Job.PROBE, channel_id=str(channel.pk))
    publish("channels", channel=str(channel.pk))
    return channel


@transaction.atomic
def hand_over(*, channel: Channel, to: Person, reason: str, actor: Actor) -> Channel:
    """Make another person the answerable owner. Raises Invalid when they cannot be, or it is them already."""
    channel = _lock(channel)
    if to.pk == channel.owner_id:
        raise Invalid({"owner": _("%(name)s is the owner already.") % {"name": to.name}})
    if not to.is_active_on(today()):
        raise Invalid({"owner": _("%(name)s does not work here any more.") % {"name": to.name}})
    if not reason.strip():
        raise Invalid({"reason": _("Say why, for those who ask later.")})
    change = Change(channel.owner, to)
    channel.owner = to
    if channel.deputy_owner_id == to.pk:
        channel.deputy_owner = None
    channel.save(update_fields=["owner", "deputy_owner"])
    data: dict[str, Json] = {"reason": reason.strip()[:500], "owner": change.for_ledger()}
    record(Event.CHANNEL_HANDED_OVER, actor=actor, subject=channel, data=data)
    publish("channels", channel=str(channel.pk))
    publish(f"work.{to.pk}")
    return channel


def _lock(channel: Channel) -> Channel:
    locked_row = (
        Channel.objects.select_for_update(no_key=True, of=("self",))
        .select_related("owner", "deputy_owner", "department")
        .get(pk=channel.pk)
    )
    if locked_row.has_ended:
        raise Conflict(_("This channel has ended."))
    if locked_row.state == State.APPLIED:
        raise Conflict(_("This channel is still waiting for approval; withdraw the application to change it."))
    return locked_row


def _save(channel: Channel, changes: Mapping[str, Change], *, event: Event, actor: Actor) -> None:
    if not changes:
        return
    channel.save(update_fields=list(changes))
    pairs = {name: one.for_ledger() for name, one in changes.items()}
    record(event, actor=actor, subject=channel, data={"fields": ", ".join(pairs), **pairs})
    publish("channels", channel=str(channel.pk))


def _ask(channel: Channel, asked: Mapping[str, Change], *, person: Person, actor: Actor) -> Request:
    pairs = {name: {"before": plain(one.before), "after": plain(one.after)} for name, one in asked.items()}
    payload = {"changes": pairs, "key": channel.key}
    earlier = queries.open_requests(channel).filter(kind=CHANGE).first()
    if earlier is not None and (earlier.state not in Request.CHANGEABLE or earlier.applicant_id != person.pk):
        raise Conflict(_("An earlier change of this channel still waits for approval."))
    record(Event.CHANGE_REQUESTED, actor=actor, subject=channel, data={"fields": ", ".join(pairs), **pairs})
    if earlier is not None:
        return submit_again(earlier, payload, actor=actor)
    return approvals.submit(
        kind=CHANGE,
        flow_key=CHANGE,
        applicant=person,
        subject=subject_of(channel),
        title=_("Change of the channel %(name)s") % {"name": channel.name},
        payload=payload,
        actor=actor,
    )
