"""What the board writes into the ledger."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    TARGET_CHANGED = "board.target.changed"


SENTENCES = {
    Event.TARGET_CHANGED: _("{actor} changed the target of {control} from {value[before]} to {value[after]} {unit}"),
}
