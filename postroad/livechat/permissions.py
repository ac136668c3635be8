"""Who may set up live chats and hear their hints, and the doors to a chat: for staff by key, for visitors by token.

A visitor's token opens exactly one chat. No id that a visitor sends is ever looked up but within that chat.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.models import Channel, Kind
from postroad.conversations.models import Attachment, Message
from postroad.conversations.permissions import get_message_for
from postroad.livechat import tokens
from postroad.livechat.models import Visit, VisitorKey
from postroad.org.permissions import Role, register
from postroad.platform.errors import DomainError, NotFound

if TYPE_CHECKING:
    from postroad.org.models import Account


class Permission(StrEnum):
    SETTINGS_VIEW = "livechat.settings.view"
    SETTINGS_EDIT = "livechat.settings.edit"


_KEEPERS = {Role.DESK_LEAD, Role.ADMINISTRATION_HEAD, Role.IT, Role.ADMINISTRATOR}

GRANTS: tuple[tuple[Permission, set[Role], Any], ...] = (
    (
        Permission.SETTINGS_VIEW,
        _KEEPERS | {Role.ADMINISTRATION, Role.AUDITOR},
        gettext_lazy("See how live chats are set up"),
    ),
    (Permission.SETTINGS_EDIT, _KEEPERS, gettext_lazy("Set up live chats")),
)


def register_all() -> None:
    """Make the permissions known; called once at start-up."""
    for permission, roles, label in GRANTS:
        register(permission, roles=roles, label=label)


def get_chat(key: str) -> Channel:
    """The live chat of that key, for staff who may set chats up. Raises NotFound."""
    channel = Channel.objects.select_related("chat_settings__mailbox").filter(key=key, kind=Kind.LIVE_CHAT).first()
    if channel is None:
        raise NotFound(_("There is no such live chat."))
    return channel


class NoSuchKey(DomainError):  # noqa: N818 - reads as the refusal it is
    """The visitor showed no key, or one that opens nothing here (any more)."""

    status = 401


def get_visit_for(channel_key: str, token: str) -> Visit:
    """The one chat that a visitor's token opens, if it is on this channel. Raises NoSuchKey."""
    visit = (
        Visit.objects.select_related("channel", "conversation")
        .filter(keys__token_hash=tokens.hash_of(token), keys__expires_at__gt=timezone.now(), channel__key=channel_key)
        .first()
        if token
        else None
    )
    if visit is None:
        raise NoSuchKey(_("This chat has ended in this browser. Please begin a new one."))
    return visit


def visits_behind(token_hashes: Collection[bytes]) -> dict[bytes, tuple[UUID, UUID]]:
    """The chat and the channel that each token opens, by its hash; of those that open nothing, nothing. One query."""
    keys = VisitorKey.objects.filter(token_hash__in=list(token_hashes), expires_at__gt=timezone.now())
    found = keys.values_list("token_hash", "visit_id", "visit__channel_id")
    return {bytes(token_hash): (visit_id, channel_id) for token_hash, visit_id, channel_id in found}


def get_file_for(visit: Visit, attachment_id: UUID) -> Attachment:
    """A file of this chat. Raises NotFound for any other."""
    found = (
        Attachment.objects.select_related("blob")
        .filter(pk=attachment_id, message__conversation=visit.conversation_id)
        .first()
        if visit.conversation_id
        else None
    )
    if found is None:
        raise NotFound(_("There is no such file."))
    return found


def may_hear_visit(account: Account, topic: str) -> bool:
    """Whether an account may listen to the hints of a chat, `livechat.visit.<id>`: whoever may read its messages."""
    try:
        visit_id = UUID(topic.rpartition(".")[2])
    except ValueError:
        return False
    said = Message.objects.filter(conversation__chat_visit=visit_id).order_by("pk").values_list("pk", flat=True).first()
    if said is None or account.person is None:
        return False
    try:
        get_message_for(account.person, said)
    except NotFound:
        return False
    return True
