"""Who may see what was said, and the doors from an id to a message.

Messages of a channel are seen by its team, its owner and deputy, and by whom a package above gives the right to a
single message (who works on its case); those who answer for the standard and those who
audit it see all of them (a dispute must be traceable), and each of their looks is recorded where they look.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.models import Channel, ChannelMember
from postroad.conversations import registry
from postroad.conversations.models import Attachment, Message
from postroad.org.permissions import Role, person_may, register
from postroad.platform.errors import NotFound, Refused

if TYPE_CHECKING:
    from typing import Any

    from postroad.org.models import Person


class Permission(StrEnum):
    READ = "conversations.message.read"
    READ_ALL = "conversations.message.read-all"
    READ_ORIGINAL = "conversations.original.read"
    MEND = "conversations.unhandled.mend"


_TRACERS = {Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION, Role.AUDITOR}

GRANTS: tuple[tuple[Permission, set[Role], Any], ...] = (
    (Permission.READ, {Role.STAFF}, gettext_lazy("Read the messages of one's channels")),
    (Permission.READ_ALL, _TRACERS, gettext_lazy("Read the messages of all channels")),
    (
        Permission.READ_ORIGINAL,
        _TRACERS | {Role.DESK_LEAD, Role.IT},
        gettext_lazy("Download the unaltered original of a message"),
    ),
    (
        Permission.MEND,
        {Role.IT, Role.ADMINISTRATOR},
        gettext_lazy("See which messages nobody could take, and have them tried again"),
    ),
)


def register_all() -> None:
    """Make the permissions known; called once at start-up."""
    for permission, roles, label in GRANTS:
        register(permission, roles=roles, label=label)


def readable_channels(person: Person) -> QuerySet[Channel]:
    """The channels whose messages a person may read."""
    if person_may(person, Permission.READ_ALL):
        return Channel.objects.all()
    team = ChannelMember.objects.filter(person=person).values("channel")
    return Channel.objects.filter(Q(owner=person) | Q(deputy_owner=person) | Q(pk__in=team))


def get_message_for(person: Person, message_id: UUID) -> Message:
    """The message, if `person` may read it. Raises NotFound."""
    message = (
        Message.objects.defer("search")
        .select_related("channel", "conversation", "contact", "person", "raw", "delivery")
        .filter(pk=message_id)
        .first()
    )
    if message is not None and not _may_read(person, message):
        message = None
    if message is None:
        raise NotFound(_("There is no such message."))
    return message


def _may_read(person: Person, message: Message) -> bool:
    """Whoever belongs to the channel, and whom another package has given the right to this message."""
    if readable_channels(person).filter(pk=message.channel_id).exists():
        return True
    return any(right(person, message) for right in registry.reading_rights())


def get_original_for(person: Person, message_id: UUID) -> Message:
    """The message whose raw original `person` may download. Raises NotFound, or Refused when only readable."""
    message = get_message_for(person, message_id)
    if not person_may(person, Permission.READ_ORIGINAL):
        raise Refused(_("Your role does not include originals."))
    if message.raw is None:
        raise NotFound(_("This message has no original: it was written here."))
    return message


def get_attachment_for(person: Person, attachment_id: UUID) -> Attachment:
    """The attachment of a message that `person` may read. Raises NotFound."""
    attachment = Attachment.objects.select_related("message", "blob").filter(pk=attachment_id).first()
    if attachment is None or not _may_read(person, attachment.message):
        raise NotFound(_("There is no such attachment."))
    return attachment
