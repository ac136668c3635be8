"""The people who answer on a channel."""

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.channels.events import Event
from postroad.channels.models import Channel, ChannelMember
from postroad.ledger.actions import record
from postroad.ledger.canonical import Json
from postroad.org.models import Person, today
from postroad.platform.actors import Actor
from postroad.platform.errors import Invalid
from postroad.platform.realtime import publish

MOST_CAPACITY = 500


@transaction.atomic
def set_member(
    *, channel: Channel, person: Person, role: ChannelMember.Role, capacity: int, actor: Actor
) -> ChannelMember:
    """Put a person on a channel's team, or change what they do there. `capacity` is open cases at a time."""
    if not person.is_active_on(today()):
        raise Invalid({"person": _("%(name)s does not work here any more.") % {"name": person.name}})
    if not 0 <= capacity <= MOST_CAPACITY:
        raise Invalid({"capacity": _("Enter a number from 0 to %(most)d.") % {"most": MOST_CAPACITY}})
    existing = channel.members.select_for_update(no_key=True).filter(person=person).first()
    if existing and (existing.role, existing.capacity) == (role, capacity):
        return existing
    member, created = ChannelMember.objects.update_or_create(
        channel=channel, person=person, defaults={"role": role, "capacity": capacity}
    )
    record(
        Event.MEMBER_ADDED if created else Event.MEMBER_CHANGED,
        actor=actor,
        subject=channel,
        data={"person": str(person.pk), "role": str(role), "capacity": capacity},
    )
    publish("channels", channel=str(channel.pk))
    return member


@transaction.atomic
def remove_member(*, member: ChannelMember, actor: Actor) -> None:
    """Take a person off a channel's team; doing it twice changes nothing. The evidence keeps that they were on it."""
    deleted, _rows = ChannelMember.objects.filter(pk=member.pk).delete()
    if not deleted:
        return
    data: dict[str, Json] = {"person": str(member.person_id), "role": member.role, "capacity": member.capacity}
    record(Event.MEMBER_REMOVED, actor=actor, subject=member.channel, data=data)
    publish("channels", channel=str(member.channel_id))
