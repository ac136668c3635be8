"""Direct chats: rooms that somebody opens with a service account of ours, a user beside our bot.

The service account comes when it is invited to one person alone, and leaves when there are more: what a group says is
not said to us. Where a room is encrypted we hold no key: nothing is read there, and only that is said.
"""

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext_noop

from postroad.channels.protocol import OutgoingMessage, SendFailed, SendResult
from postroad.connectors.matrix.events import localpart
from postroad.connectors.matrix.homeserver import CLIENT, Homeserver
from postroad.connectors.matrix.receiving import read_history
from postroad.connectors.matrix.sending import say
from postroad.connectors.matrix.state import moment
from postroad.messengers.protocol import DirectChat, Fetched, MessengerFault

# Kept in the source language and translated when shown.
ENCRYPTED = gettext_noop("The chat is encrypted; Postroad neither reads nor writes there.")
LEFT = gettext_noop("They have left the chat.")


def open_service(homeserver: Homeserver, service_id: str, *, name: str) -> None:
    """The user exists and bears the name."""
    registering = {"type": "m.login.application_service", "username": localpart(service_id), "inhibit_login": True}
    try:
        homeserver.post(CLIENT, "register", content=registering)
    except MessengerFault as fault:
        if fault.code != "M_USER_IN_USE":
            raise
    service = replace(homeserver, speaking_as=service_id)
    if service.get(CLIENT, "profile", service_id).get("displayname") != name:
        service.put(CLIENT, "profile", service_id, "displayname", content={"displayname": name})


def enter(homeserver: Homeserver, service_id: str, *, invited: str) -> Fetched:
    """Come into the room of an invitation and read what was said there since; nothing where it has been withdrawn.

    `invited`: the moment in milliseconds, a space, the room's id.
    """
    milliseconds, _, room_id = invited.partition(" ")
    if not room_id:
        return Fetched()
    service = replace(homeserver, speaking_as=service_id)
    try:
        service.post(CLIENT, "join", room_id)
        others = service.get(CLIENT, "rooms", room_id, "joined_members")["joined"].keys() - {service_id}
        if len(others) > 1:
            service.post(CLIENT, "rooms", room_id, "leave")
            return Fetched()
    except MessengerFault as fault:
        if fault.permanent:
            return Fetched()
        raise
    since: datetime | None = moment(int(milliseconds))
    return Fetched(tuple(read_history(homeserver, room_id, since=since)))


def send(homeserver: Homeserver, chat: DirectChat, message: OutgoingMessage) -> SendResult:
    """Say `message` as the service account. Raises `SendFailed`."""
    service = replace(homeserver, speaking_as=chat.service_id)
    try:
        if _state(service, chat.room_id, "m.room.member", chat.user_id).get("membership") != "join":
            raise SendFailed(LEFT, permanent=True)
        if not message.automatic and _state(service, chat.room_id, "m.room.encryption", ""):
            raise SendFailed(ENCRYPTED, permanent=True)
        # In a room of two nobody needs to be told which message is answered.
        return say(service, chat.room_id, replace(message, thread_ids=()))
    except MessengerFault as fault:
        raise SendFailed(fault.reason, permanent=fault.permanent) from fault


def _state(service: Homeserver, room_id: str, kind: str, key: str) -> dict[str, object]:
    """The content of a state event; empty when there is none."""
    try:
        return service.get(CLIENT, "rooms", room_id, "state", kind, key)
    except MessengerFault as fault:
        if fault.code == "M_NOT_FOUND":
            return {}
        raise
