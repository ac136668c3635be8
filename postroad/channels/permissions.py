"""Who may see, keep and connect channels, and the door from an id to a channel."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.models import Channel, ChannelMember, Confidentiality
from postroad.org.models import Person
from postroad.org.permissions import Role, person_may, register
from postroad.platform.errors import NotFound, Refused


class Permission(StrEnum):
    CHANNEL_VIEW = "channels.channel.view"
    CHANNEL_APPLY = "channels.channel.apply"
    CHANNEL_EXPORT = "channels.channel.export"
    CHANNEL_KEEP = "channels.channel.keep"
    CHANNEL_KEEP_ANY = "channels.channel.keep-any"
    CHANNEL_CONNECT_ANY = "channels.channel.connect-any"
    NAMING_EDIT = "channels.naming.edit"


_KEEPERS = {Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION}

GRANTS: tuple[tuple[Permission, set[Role], Any], ...] = (
    (Permission.CHANNEL_VIEW, {Role.STAFF}, gettext_lazy("See the register of channels")),
    (Permission.CHANNEL_APPLY, {Role.STAFF}, gettext_lazy("Apply for a channel")),
    (
        Permission.CHANNEL_EXPORT,
        _KEEPERS | {Role.IT, Role.AUDITOR, Role.EXECUTIVE, Role.SUPERVISING_LEADER, Role.DEPARTMENT_HEAD},
        gettext_lazy("Export the register of channels"),
    ),
    (Permission.CHANNEL_KEEP, {Role.STAFF}, gettext_lazy("Run the channels one answers for")),
    (Permission.CHANNEL_KEEP_ANY, _KEEPERS, gettext_lazy("Run any channel")),
    (
        Permission.CHANNEL_CONNECT_ANY,
        {Role.IT, Role.ADMINISTRATOR},
        gettext_lazy("Connect any channel to its system"),
    ),
    (Permission.NAMING_EDIT, _KEEPERS | {Role.IT}, gettext_lazy("Set the naming rules")),
)


def register_all() -> None:
    """Make the permissions known; called once at start-up."""
    for permission, roles, label in GRANTS:
        register(permission, roles=roles, label=label)


def visible_to(person: Person) -> QuerySet[Channel]:
    """The channels a person may know of: all but the confidential ones that are none of theirs."""
    everything = Channel.objects.all()
    if person_may(person, Permission.CHANNEL_KEEP_ANY) or person_may(person, Permission.CHANNEL_CONNECT_ANY):
        return everything
    involved = Q(owner=person) | Q(deputy_owner=person) | Q(department=person.department_id)
    team = ChannelMember.objects.filter(person=person).values("channel")
    return everything.filter(~Q(confidentiality=Confidentiality.CONFIDENTIAL) | involved | Q(pk__in=team))


def may_keep(person: Person, channel: Channel) -> bool:
    """Whether a person runs this channel: its owner, the deputy, or Administration."""
    if person.pk in {channel.owner_id, channel.deputy_owner_id}:
        return True
    return person_may(person, Permission.CHANNEL_KEEP_ANY)


def may_connect(person: Person, channel: Channel) -> bool:
    """Whether a person may change how this channel is connected: IT, or whoever owns it."""
    if person.pk == channel.owner_id:
        return True
    return person_may(person, Permission.CHANNEL_CONNECT_ANY)


def may_hand_over(person: Person, channel: Channel) -> bool:
    """Whether a person may name another owner: the owner, or Administration; a deputy may not."""
    if person.pk == channel.owner_id:
        return True
    return person_may(person, Permission.CHANNEL_KEEP_ANY)


class Right(StrEnum):
    VIEW = "view"
    KEEP = "keep"
    CONNECT = "connect"
    HAND_OVER = "hand-over"


_RIGHTS = {Right.KEEP: may_keep, Right.CONNECT: may_connect, Right.HAND_OVER: may_hand_over}


def get_channel_for(person: Person, channel_id: UUID, right: Right) -> Channel:
    """The channel, if `person` has `right` on it. Raises NotFound when invisible, Refused when only visible."""
    related = ("owner", "deputy_owner", "department")
    channel = visible_to(person).select_related(*related).filter(pk=channel_id).first()
    if channel is None:
        raise NotFound(_("There is no such channel."))
    if right != Right.VIEW and not _RIGHTS[right](person, channel):
        raise Refused(_("This channel is run by others; ask its owner."))
    return channel
