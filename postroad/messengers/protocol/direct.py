"""What a connector does besides where people outside may write to the company."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Protocol, runtime_checkable

from postroad.channels.protocol import OutgoingMessage, SendResult
from postroad.messengers.protocol.account import Account
from postroad.messengers.protocol.happenings import Happening


@dataclass(frozen=True, slots=True)
class DirectTerms:
    """What a messenger allows in direct chats: whoever answers must see it before they write.

    `answer_within`: how long after the customer's last message we may write; `most_answers`: how many messages until
    the customer writes again. None: as long, as many as one likes.
    """

    answer_within: timedelta | None = None
    most_answers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectChat:
    """A direct chat as its connector sees it: our service account, the room, and who writes to us there."""

    service_id: str
    room_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A part of what there was to fetch. `cursor` goes into the next call, at once where there is `more`."""

    happenings: tuple[Happening, ...] = ()
    cursor: str = ""
    more: bool = False


@runtime_checkable
class DirectChats(Protocol):
    """What a messenger's connector can do besides when people outside may write to the company in it.

    What they write arrives like everything else that happens; where the messenger only says that there is something,
    a `DirectNews` arrives and it is fetched. Synchronous, does network: as everything of `MessengerConnector`.
    """

    direct_terms: ClassVar[DirectTerms]
    service_hint: ClassVar[Any]
    """What a service account's id looks like, for the form; lazily translated."""

    def service_problem(self, account: Account, service_id: str) -> str:
        """What is wrong with a service account's id, without network; "" when it can work."""

    def open_service(self, account: Account, service_id: str, *, name: str) -> None:
        """Be there as this service account, called `name` where we can say so. Raises `MessengerFault`."""

    def fetch(self, account: Account, service_id: str, *, token: str, cursor: str) -> Fetched:
        """What has come for a service account since `cursor` ("" at first), oldest first.

        `token` is that of a `DirectNews`, or "" when we ask by ourselves now and then. Asked twice with one cursor it
        gives the same again. Raises `MessengerFault`.
        """

    def send_direct(self, account: Account, chat: DirectChat, message: OutgoingMessage) -> SendResult:
        """Say `message`; twice with one `message_id` says it once, where the messenger allows.

        Raises `channels.protocol.SendFailed`, permanent when the other side has left or the terms are used up.
        """
