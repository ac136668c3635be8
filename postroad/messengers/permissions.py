"""Who may see and keep the connected messengers, and the doors from an id to a messenger or a room."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.messengers.models import Messenger, MessengerUser, Room
from postroad.org.permissions import Role, register
from postroad.platform.errors import NotFound


class Permission(StrEnum):
    MESSENGER_VIEW = "messengers.messenger.view"
    MESSENGER_EDIT = "messengers.messenger.edit"
    ROOM_VIEW = "messengers.room.view"


_KEEPERS = {Role.IT, Role.ADMINISTRATOR, Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION}

GRANTS: tuple[tuple[Permission, set[Role], Any], ...] = (
    (Permission.MESSENGER_VIEW, _KEEPERS | {Role.AUDITOR}, gettext_lazy("See the connected messengers")),
    (Permission.MESSENGER_EDIT, {Role.IT, Role.ADMINISTRATOR}, gettext_lazy("Connect and change messengers")),
    (Permission.ROOM_VIEW, _KEEPERS | {Role.AUDITOR}, gettext_lazy("See the groups found in messengers")),
)


def register_all() -> None:
    """Make the permissions known; called once at start-up."""
    for permission, roles, label in GRANTS:
        register(permission, roles=roles, label=label)


def get_messenger(messenger_id: UUID) -> Messenger:
    """The messenger. Raises NotFound. Whoever may open the page may see all of them."""
    messenger = Messenger.objects.filter(pk=messenger_id).first()
    if messenger is None:
        raise NotFound(_("There is no such messenger."))
    return messenger


def get_room(room_id: UUID) -> Room:
    """The room with its messenger and channel. Raises NotFound."""
    room = Room.objects.select_related("messenger", "channel").filter(pk=room_id).first()
    if room is None:
        raise NotFound(_("There is no such group."))
    return room


def get_user_of(messenger: Messenger, user_pk: UUID) -> MessengerUser:
    """A user of this messenger. Raises NotFound."""
    user = messenger.users.select_related("person").filter(pk=user_pk).first()
    if user is None:
        raise NotFound(_("This messenger knows no such user."))
    return user
