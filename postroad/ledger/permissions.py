"""Who may read the evidence. Roles live above this package: ``org`` registers the grant."""

from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.ledger.models import Entry
from postroad.platform.errors import NotFound


class Permission(StrEnum):
    VIEW = "ledger.evidence.view"


VIEW_LABEL = gettext_lazy("Read the evidence")


def get_entry(uuid: UUID) -> Entry:
    """The entry behind an id, for whoever holds VIEW: it admits to all evidence alike. Raises NotFound."""
    entry = Entry.objects.filter(uuid=uuid).first()
    if entry is None:
        raise NotFound(_("There is no such entry."))
    return entry
