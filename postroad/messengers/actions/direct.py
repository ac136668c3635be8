"""What people outside write to a service account of ours: taken in with who they are, and in which chat."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from uuid import UUID

from django.utils import timezone

from postroad.channels.models import Channel
from postroad.channels.protocol import AutoKind, FailedRecipient, IncomingMessage, deliver
from postroad.ledger.actions import NewEntry, record_many
from postroad.messengers import queries
from postroad.messengers.actions.connections import SYSTEM
from postroad.messengers.events import Event
from postroad.messengers.jobs import Job
from postroad.messengers.models import Chat, Messenger, OutsideUser
from postroad.messengers.protocol import (
    DirectNews,
    DirectoryEvent,
    Happening,
    RoomEvent,
    RoomEventKind,
    RoomMessage,
)
from postroad.org.actions import create_contact
from postroad.org.models import ANSWERING, Contact
from postroad.platform.actors import Actor
from postroad.platform.jobs import enqueue

INTAKE = Actor.system("intake")
LONGEST_NAME = 200


def kept_id(room_id: str, external_id: str) -> str:
    """A message's external id as the intake keeps it: unique among all rooms of a messenger."""
    return f"{room_id}/{external_id}"


def take_direct(messenger: Messenger, happenings: Sequence[Happening]) -> list[Happening]:
    """Take in what belongs to direct chats, in order; returns the rest. The messenger is locked.

    What was said to a service account that is no channel of ours, or not any more, is not kept.
    """
    taking = _Taking(messenger, happenings)
    rest = [one for one in happenings if not taking.take(one)]
    taking.write()
    return rest


class _Taking:
    """One batch: read what is known, decide one by one in memory, write."""

    def __init__(self, messenger: Messenger, happenings: Sequence[Happening]) -> None:
        self.messenger = messenger
        self.channels = {one.address.casefold(): one for one in queries.direct_channels(messenger)}
        rooms = {one.room_id for one in happenings if not isinstance(one, DirectoryEvent)} if self.channels else set()
        found = messenger.chats.filter(room_id__in=rooms - {""}).select_related("channel") if rooms else ()
        self.chats = {one.room_id: one for one in found}
        said = [one for one in happenings if isinstance(one, RoomMessage) and self._is_direct(one)]
        self.staff = queries.persons_behind(messenger, {one.sender_id for one in said}) if said else {}
        self.contacts = _contacts(messenger, {one.sender_id for one in said}) if said else {}
        self.messages: list[IncomingMessage] = []
        self.entries: list[NewEntry] = []
        self.touched: dict[UUID, Chat] = {}

    def take(self, happening: Happening) -> bool:
        """Whether it is none of anybody else's business."""
        match happening:
            case DirectNews():
                self._news(happening)
            case RoomMessage():
                if not self._is_direct(happening):
                    return happening.direct
                self._said(happening)
            case RoomEvent() if chat := self.chats.get(happening.room_id):
                self._changed(chat, happening)
            case _:
                return False
        return True

    def write(self) -> None:
        Chat.objects.bulk_update(self.touched.values(), ["channel", "last_said", "left_at", "unreadable_at"])
        record_many(self.entries)
        if self.messages:
            deliver(self.messages)

    def _is_direct(self, message: RoomMessage) -> bool:
        return message.room_id in self.chats or message.service_id.casefold() in self.channels

    def _news(self, news: DirectNews) -> None:
        channel = self.channels.get(news.service_id.casefold())
        if channel is None:
            return
        if news.room_id:
            self._chat(news.room_id, channel, news.user_id)
        enqueue(Job.FETCH_DIRECT, once=True, channel_id=str(channel.pk), token=news.token)

    def _said(self, message: RoomMessage) -> None:
        if message.ours:
            return
        known = self.chats.get(message.room_id)
        address = known.channel.address if known else message.service_id
        channel = self.channels.get(address.casefold())
        if channel is None:
            return
        chat = self._chat(message.room_id, channel, message.sender_id)
        self.touched[chat.pk] = chat
        if message.unreadable:
            self._unreadable(chat)
            return
        incoming = self._incoming(chat, message)
        if not message.bounce_of:
            chat.left_at, chat.last_said = None, incoming.external_id
        self.messages.append(incoming)

    def _chat(self, room_id: str, channel: Channel, user_id: str) -> Chat:
        """The chat of the room, begun now if there is none; on the channel that the service account is now."""
        chat = self.chats.get(room_id)
        if chat is None:
            chat = Chat.objects.create(messenger=self.messenger, channel=channel, room_id=room_id, user_id=user_id)
            self.chats[room_id] = chat
            self.entries.append(NewEntry(Event.CHAT_BEGUN, SYSTEM, channel))
        chat.channel = channel
        return chat

    def _incoming(self, chat: Chat, message: RoomMessage) -> IncomingMessage:
        external_id = kept_id(chat.room_id, message.external_id)
        person_id = self.staff.get(message.sender_id.casefold())
        auto = AutoKind.BOUNCE if message.bounce_of else AutoKind.RECORD if message.by_staff else None
        lost = FailedRecipient(chat.address, permanent=True, diagnostic=message.text)
        return IncomingMessage(
            channel_id=chat.channel.pk,
            external_id=external_id,
            content_digest=sha256(message.raw).hexdigest(),
            sender_name=message.sender_name,
            sender_address=f"{message.sender_id}@{self.messenger.key}".lower(),
            reply_address=chat.address,
            received_at=timezone.now(),
            sent_at=message.sent_at,
            thread_ids=() if chat.last_said in {"", external_id} else (chat.last_said,),
            text=message.text,
            reply_text=message.text,
            attachments=message.attachments,
            raw=message.raw,
            auto=auto,
            bounce_of=kept_id(chat.room_id, message.bounce_of) if message.bounce_of else None,
            failed_recipients=(lost,) if message.bounce_of else (),
            sender_person_id=person_id,
            sender_contact_id=None if auto or person_id else self._contact(message).pk,
            sender_is_contact=False,
        )

    def _contact(self, message: RoomMessage) -> Contact:
        """The contact whom we know as this user; somebody new by the name that the messenger shows."""
        if message.sender_id not in self.contacts:
            contact = create_contact(
                name=(message.sender_name.strip() or message.sender_id)[:LONGEST_NAME],
                basis=Contact.Basis.WROTE_TO_US,
                purpose=ANSWERING,
                actor=INTAKE,
            )
            OutsideUser.objects.update_or_create(
                messenger=self.messenger, user_id=message.sender_id, defaults={"contact": contact}
            )
            self.contacts[message.sender_id] = contact
        return self.contacts[message.sender_id]

    def _unreadable(self, chat: Chat) -> None:
        if chat.unreadable_at is None:
            chat.unreadable_at = timezone.now()
            self.entries.append(NewEntry(Event.CHAT_UNREADABLE, SYSTEM, chat.channel))
            enqueue(Job.SAY_UNREADABLE, once=True, chat_id=str(chat.pk))

    def _changed(self, chat: Chat, event: RoomEvent) -> None:
        both = {chat.user_id.casefold(), chat.channel.address.casefold()}
        concerned = bool(both & {one.casefold() for one in event.user_ids})
        left = event.kind is RoomEventKind.CLOSED or (event.kind is RoomEventKind.LEFT and concerned)
        if event.kind is RoomEventKind.MESSAGE_REDACTED:
            data = {"message": kept_id(chat.room_id, event.external_id), "by": ""}
            self.entries.append(NewEntry(Event.MESSAGE_TAKEN_BACK, SYSTEM, chat.channel, data))
        elif left and chat.left_at is None:
            chat.left_at = event.at
            self.entries.append(NewEntry(Event.CHAT_LEFT, SYSTEM, chat.channel))
        elif event.kind is RoomEventKind.JOINED and chat.user_id in event.user_ids:
            chat.left_at = None
        self.touched[chat.pk] = chat


def _contacts(messenger: Messenger, user_ids: Iterable[str]) -> dict[str, Contact]:
    """The contacts whom we know as these users of the messenger. One query."""
    found = messenger.outside_users.filter(user_id__in=list(user_ids), contact__erased_at__isnull=True)
    return {one.user_id: one.contact for one in found.select_related("contact")}


def forget_erased() -> int:
    """Forget in which messengers contacts were whose personal data was erased. Returns how many rows."""
    return OutsideUser.objects.filter(contact__erased_at__isnull=False).delete()[0]
