"""What several messengers do not have, said once: a connector takes the parts that are true of it."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from postroad.messengers.protocol import USUALLY, Account, Inbox, MessengerFault, RoomMessage

NOT_OFFERED = gettext_noop("This messenger does not offer this.")


class WithoutHistory:
    """What was said before cannot be read."""

    def history(self, account: Account, room_id: str, *, since: datetime | None) -> Iterator[RoomMessage]:
        del account, room_id, since
        raise MessengerFault(NOT_OFFERED, permanent=True)


class WithoutTakingBack:
    """What was said stays."""

    def redact(self, account: Account, room_id: str, external_id: str, *, reason: str) -> None:
        del account, room_id, external_id, reason
        raise MessengerFault(NOT_OFFERED, permanent=True)


class OnlyCallsUs:
    """The messenger calls us and keeps what we have not taken; there is nothing to listen to."""

    async def listen(self, inbox: Inbox, stop: asyncio.Event) -> None:
        del inbox
        await stop.wait()


class ReadAsUsual:
    """Reading all rooms costs nothing that is counted."""

    def rooms_every(self, account: Account, *, number: int) -> timedelta:
        del account, number
        return USUALLY
