"""How long a page counts as open after it last said so, and what somebody is told whose answer was overtaken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from postroad.platform.errors import Conflict
from postroad.platform.ids import new_id

if TYPE_CHECKING:
    from postroad.conversations.models import Message
    from postroad.desk.models import Draft

SAYS_SO_EVERY = timedelta(seconds=20)
STALE_AFTER = timedelta(seconds=50)
FORGOTTEN_AFTER = timedelta(hours=1)


class Overtaken(Conflict):
    """Somebody said something on the case while its answer was being written; `since`, oldest first.

    `sending` are answers of colleagues that can still be taken back. Nothing has been sent. Who has been told sends all
    the same by naming `seen` as the last they saw.
    """

    def __init__(self, since: Sequence[Message], sending: Sequence[Draft] = ()) -> None:
        super().__init__(_("Something was said on this case while you were writing. Nothing has been sent yet."))
        self.since = list(since)
        self.sending = list(sending)

    @property
    def seen(self) -> UUID:
        """The newest of what was told; ids sort by time, so this moment's stands for what is being sent."""
        return new_id() if self.sending else self.since[-1].pk
