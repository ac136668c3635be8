"""What Postroad does in direct chats by itself: it fetches what has come, and says that it cannot read."""

from django.db import transaction
from django.utils import timezone

from postroad.channels.actions import take_in
from postroad.channels.models import Channel, ConnectorCursor
from postroad.channels.protocol import Cursor, OutgoingMessage
from postroad.messengers import queries
from postroad.messengers.actions.connections import report_fault
from postroad.messengers.actions.happenings import take_happenings
from postroad.messengers.models import Chat
from postroad.messengers.protocol import DirectChat, MessengerFault, direct_chats_of

CURSOR = "direct"
UNREADABLE = (
    "您的消息经过端到端加密，我们无法阅读。请另建一个不加密的聊天再写给我们。\n"
    "Your message is end-to-end encrypted and we cannot read it. Please write to us in a chat without encryption."
)
"""The only thing ever said in an encrypted chat; in both languages, for we know neither them nor what they wrote."""


def fetch_direct(*, channel: Channel, token: str = "") -> None:
    """Fetch what has come for a service account and take it in; how far that was is committed with it.

    Does network: never in a transaction. Raises MessengerFault; then the rest is fetched with the next try.
    """
    messenger = queries.messenger_behind(channel)
    direct = direct_chats_of(messenger.connector) if messenger else None
    if messenger is None or direct is None:
        return
    account, more = queries.account_of(messenger), True
    while more:
        cursor = _cursor_of(channel)
        try:
            fetched = direct.fetch(account, channel.address, token=token, cursor=cursor)
        except MessengerFault as fault:
            report_fault(messenger=messenger, fault=fault)
            raise
        with transaction.atomic(durable=True):
            take_happenings(messenger=messenger, happenings=fetched.happenings)
            if fetched.cursor != cursor:
                take_in([], cursors=[Cursor(channel.pk, CURSOR, {"next": fetched.cursor})])
        more = fetched.more and fetched.cursor != cursor


def say_unreadable(*, chat: Chat) -> None:
    """Tell whoever writes in an encrypted chat that we cannot read it. Does network. Raises SendFailed."""
    direct = direct_chats_of(chat.messenger.connector)
    assert direct is not None
    notice = OutgoingMessage(
        message_id=chat.pk,  # once in each chat
        channel_id=chat.channel_id,
        recipients=(),
        subject="",
        text=UNREADABLE,
        created_at=chat.unreadable_at or timezone.now(),
        automatic=True,
    )
    direct.send_direct(queries.account_of(chat.messenger), as_seen(chat), notice)


def as_seen(chat: Chat) -> DirectChat:
    """The chat as its connector sees it."""
    return DirectChat(service_id=chat.channel.address, room_id=chat.room_id, user_id=chat.user_id)


def _cursor_of(channel: Channel) -> str:
    saved = ConnectorCursor.objects.filter(channel=channel, name=CURSOR).first()
    return str(saved.value.get("next", "")) if saved else ""
