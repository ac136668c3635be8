"""What the ledger writes about itself."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    EXPORT_WRITTEN = "ledger.export.written"


SENTENCES = {
    Event.EXPORT_WRITTEN: _("{actor} exported the evidence: {size} entries under the root {root}"),
}
