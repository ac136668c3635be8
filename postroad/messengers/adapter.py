"""A messenger's rooms as channels: sending, receiving and probing by `channels.protocol`, for all its accounts.

A channel in a room has the room's id as its address and names the messenger in its settings. A channel of direct chats
has the service account's id as its address.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from postroad.channels.protocol import (
    Capability,
    Connector,
    Directory,
    Endpoint,
    Health,
    OutgoingMessage,
    Recipient,
    SendFailed,
    SendResult,
    Setting,
    SettingKind,
    Sink,
    register_connector,
)
from postroad.messengers import actions, queries
from postroad.messengers.inbox import DatabaseInbox
from postroad.messengers.models import Messenger
from postroad.messengers.protocol import DirectChats, Feature, MessengerConnector, MessengerFault
from postroad.messengers.queries import DIRECT, MESSENGER

FRESH = timedelta(minutes=40)
# Kept in the source language and translated when shown.
GONE = gettext_noop("The group is gone from the messenger, or out of sight.")
NOT_IN_USE = gettext_noop("The messenger is not in use.")
LEFT = gettext_noop("They have left the chat.")
NO_MESSENGER = _("Choose a messenger that is connected and in use.")
NO_CHAT = gettext_noop("There is no such direct chat.")


class RoomChannels:
    """One kind of messenger as a connector of channels; see `channels.protocol.Connector`."""

    def __init__(self, messenger: MessengerConnector) -> None:
        self._messenger = messenger
        self.key = messenger.key
        self.title = messenger.title

    @cached_property
    def capabilities(self) -> frozenset[Capability]:
        listens = {Capability.RECEIVE} if Feature.LISTEN in self._messenger.features else set[Capability]()
        return frozenset({Capability.SEND, Capability.PROBE, *listens})

    @property
    def settings(self) -> tuple[Setting, ...]:
        return _which(self.key, _("The address above is the group's id in this messenger."))

    def validate_settings(self, endpoint: Endpoint) -> dict[str, Any]:
        problems: dict[str, Any] = {}
        if _messenger_of(endpoint, self.key) is None:
            problems[MESSENGER] = NO_MESSENGER
        if not endpoint.address:
            problems["address"] = _("Enter the group's id in the messenger.")
        return problems

    def send(self, endpoint: Endpoint, message: OutgoingMessage) -> SendResult:
        messenger = _messenger_of(endpoint, self.key)
        if messenger is None:
            raise SendFailed(NOT_IN_USE, permanent=False)
        account = queries.account_of(messenger)
        mentioned = replace(message, recipients=tuple(_as_users(message.recipients, messenger)))
        result = self._messenger.send(account, endpoint.address, mentioned)
        return replace(result, external_id=actions.kept_id(endpoint.address, result.external_id))

    async def receive(self, directory: Directory, sink: Sink, stop: asyncio.Event) -> None:
        del directory, sink  # a messenger tells of more than messages; all of it goes through its own inbox
        await self._messenger.listen(DatabaseInbox(self.key), stop)

    def probe(self, endpoint: Endpoint, token: str) -> Health:
        """Whether the room is there for us; says nothing in it."""
        del token
        messenger = _messenger_of(endpoint, self.key)
        if messenger is None:
            return Health(ok=False, detail=NOT_IN_USE)
        if (known := _known(endpoint, messenger)) is not None:
            return known
        try:
            actions.visit_channel_room(messenger=messenger, channel_id=endpoint.channel_id, room_id=endpoint.address)
        except MessengerFault as fault:
            return Health(ok=False, detail=fault.reason)
        return Health(ok=True)


class DirectChannels:
    """The direct chats of one kind of messenger as a connector of channels; see `channels.protocol.Connector`.

    What comes in comes through the messenger's own inbox, with everything else that happens there.
    """

    capabilities = frozenset({Capability.SEND, Capability.PROBE})

    def __init__(self, messenger: MessengerConnector, direct: DirectChats) -> None:
        self._of, self._direct = messenger.key, direct
        self.key = f"{messenger.key}{DIRECT}"
        self.title = format_lazy(_("{messenger}: direct chats"), messenger=messenger.title)

    @property
    def settings(self) -> tuple[Setting, ...]:
        return _which(self._of, self._direct.service_hint)

    def validate_settings(self, endpoint: Endpoint) -> dict[str, Any]:
        messenger = _messenger_of(endpoint, self._of)
        if messenger is None:
            return {MESSENGER: NO_MESSENGER}
        problem = self._direct.service_problem(queries.account_of(messenger), endpoint.address)
        return {"address": problem} if problem else {}

    def send(self, endpoint: Endpoint, message: OutgoingMessage) -> SendResult:
        if _messenger_of(endpoint, self._of) is None:
            raise SendFailed(NOT_IN_USE, permanent=False)
        chat = queries.chat_at(message.recipients[0].address)
        if chat is None or chat.channel_id != endpoint.channel_id:
            raise SendFailed(NO_CHAT, permanent=True)
        if chat.left_at is not None:
            raise SendFailed(LEFT, permanent=True)
        result = self._direct.send_direct(queries.account_of(chat.messenger), actions.as_seen(chat), message)
        return replace(result, external_id=actions.kept_id(chat.room_id, result.external_id))

    async def receive(self, directory: Directory, sink: Sink, stop: asyncio.Event) -> None:
        del directory, sink
        await stop.wait()

    def probe(self, endpoint: Endpoint, token: str) -> Health:
        """Whether the service account is there for us; the first time makes it, where it can be made."""
        del token
        messenger = _messenger_of(endpoint, self._of)
        if messenger is None:
            return Health(ok=False, detail=NOT_IN_USE)
        try:
            self._direct.open_service(queries.account_of(messenger), endpoint.address, name=endpoint.name)
        except MessengerFault as fault:
            return Health(ok=False, detail=fault.reason)
        return Health(ok=True)


def adapt(messenger: MessengerConnector) -> None:
    """Make the rooms of a kind of messenger, and its direct chats if it has them, available to channels."""
    rooms: Connector = RoomChannels(messenger)
    register_connector(rooms)
    if isinstance(messenger, DirectChats):
        direct: Connector = DirectChannels(messenger, messenger)
        register_connector(direct)


def _which(connector: str, help_text: Any) -> tuple[Setting, ...]:
    """Which of the connected messengers; they come and go, so this is asked each time."""
    connected = tuple((one.key, one.name) for one in queries.in_use(connector))
    kind = SettingKind.CHOICE
    return (Setting(MESSENGER, _("Messenger"), kind, required=True, choices=connected, help_text=help_text),)


def _messenger_of(endpoint: Endpoint, connector: str) -> Messenger | None:
    return queries.in_use(connector).filter(key=endpoint.settings.get(MESSENGER, "")).first()


def _known(endpoint: Endpoint, messenger: Messenger) -> Health | None:
    """What is known without asking: rooms are read all the time, and one call for each channel would be too many."""
    room = queries.room_of(messenger, endpoint.address)
    if room is None or room.channel_id != endpoint.channel_id or room.seen_at < timezone.now() - FRESH:
        return None
    if room.gone_at is not None:
        return Health(ok=False, detail=GONE)
    return None if messenger.healthy is None else Health(ok=messenger.healthy, detail=messenger.health_detail)


def _as_users(recipients: tuple[Recipient, ...], messenger: Messenger) -> list[Recipient]:
    """Recipients by their user ids: an address in a messenger is the user's id at the messenger's key."""
    suffix = f"@{messenger.key}"
    return [replace(one, address=one.address.removesuffix(suffix)) for one in recipients]
