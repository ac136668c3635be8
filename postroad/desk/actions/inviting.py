"""Asking a colleague into a case's chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.desk import queries
from postroad.desk.actions.notes import add_note
from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from postroad.desk.models import Case, Note
    from postroad.org.models import Person


@transaction.atomic
def invite(*, case: Case, colleague: Person, about: str, person: Person) -> Note:
    """Ask a colleague of the team to join: they are named in a note, and find the chat on My work.

    Whoever works on the channel may answer in its chats, so nothing else changes: the case stays with its agent.
    Raises Invalid for oneself and for somebody who does not work on this channel.
    """
    if colleague == person:
        raise Invalid({"colleague": _("That is yourself.")})
    if colleague not in queries.colleagues([case.channel]):
        message = _("%(name)s does not work at the desk of this channel.") % {"name": colleague}
        raise Invalid({"colleague": message})
    asked = about.strip() or _("%(name)s, please join this chat.") % {"name": colleague}
    return add_note(case=case, text=f"@{colleague.name} {asked}", person=person)
