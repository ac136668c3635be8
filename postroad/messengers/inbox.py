"""Where a messenger's connector puts what happened; see `protocol.Inbox`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from postroad.channels.actions import passing_faults
from postroad.channels.protocol import Health
from postroad.messengers import actions, queries
from postroad.messengers.models import Messenger
from postroad.messengers.protocol import Account, Happening


@dataclass(frozen=True, slots=True)
class DatabaseInbox:
    """The inbox of one connector."""

    connector: str

    def accounts(self) -> tuple[Account, ...]:
        with passing_faults():
            return tuple(queries.account_of(one) for one in queries.in_use(self.connector))

    def take(
        self, account: Account, happenings: Sequence[Happening], *, cursor: Mapping[str, Any] | None = None
    ) -> None:
        with passing_faults():
            messenger = Messenger.objects.get(pk=account.messenger_id)
            actions.take_happenings(messenger=messenger, happenings=happenings, cursor=cursor)

    def cursor(self, account: Account) -> Mapping[str, Any] | None:
        with passing_faults():
            return Messenger.objects.values_list("cursor", flat=True).get(pk=account.messenger_id)

    def report(self, account: Account, health: Health) -> None:
        with passing_faults():
            actions.report_health(messenger=Messenger.objects.get(pk=account.messenger_id), health=health)
