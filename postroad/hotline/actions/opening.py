"""A case from a call that was answered: what was asked is written down by who heard it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.hotline import queries
from postroad.hotline.actions.saying import note_down
from postroad.hotline.models import Call, Direction
from postroad.hotline.registry import CaseStanding, case_keeper
from postroad.platform.errors import Conflict, Invalid

if TYPE_CHECKING:
    from postroad.org.models import Person


@transaction.atomic
def open_case(*, call: Call, text: str, person: Person) -> CaseStanding:
    """Open a case about what a caller asked; it is the person's own, and the answer is owed from now on.

    Raises Invalid without a text, Conflict for a call that is not an answered one of a customer, or has a case.
    """
    call = Call.objects.select_for_update(no_key=True, of=("self",)).select_related("caller__contact").get(pk=call.pk)
    if not text.strip():
        raise Invalid({"text": _("Write down what they asked.")})
    if not call.was_spoken or call.direction != Direction.IN:
        raise Conflict(_("Only an answered call of a customer can become a case."))
    if queries.case_of(call):
        raise Conflict(_("This call has a case already."))
    note_down(call, text=text.strip(), person=person)
    conversation_id = queries.conversation_of(call)
    assert conversation_id
    case_keeper().spoken_to(conversation_id, person=person)
    return case_keeper().cases_of([conversation_id])[conversation_id]
