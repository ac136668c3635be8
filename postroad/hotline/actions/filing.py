"""A call about something that is being worked on already: it goes on in that case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.hotline import queries
from postroad.hotline.actions.saying import say
from postroad.hotline.models import Call, Direction
from postroad.hotline.registry import CaseStanding, SpokenCall, case_keeper
from postroad.platform.errors import Conflict, NotFound

if TYPE_CHECKING:
    from postroad.org.models import Person


@transaction.atomic
def file_call(*, call: Call, number: int, person: Person) -> CaseStanding:
    """Put a call that was spoken, by them or by us, with an open case of that customer; returns the case.

    It stands in the case's history, and keeps the promise of a first answer from when they were spoken to.

    Raises Conflict for a call that was not spoken or has a case, NotFound for any other case than
    `queries.cases_to_file_with` names.
    """
    call = Call.objects.select_for_update(no_key=True, of=("self",)).select_related("caller__contact").get(pk=call.pk)
    if not call.was_spoken:
        raise Conflict(_("Only a call that was spoken to its end can go to a case."))
    if queries.case_of(call):
        raise Conflict(_("This call has a case already."))
    if number not in {one.number for one in queries.cases_to_file_with(call, reader=person)}:
        raise NotFound(_("This customer has no open case of that number, or it is not yours to see."))
    if call.direction == Direction.OUT:
        say(call, "called", caller=call.agent or person)
    conversation_id = queries.conversation_of(call)
    assert conversation_id
    assert call.answered_at
    told = SpokenCall(conversation_id=conversation_id, at=call.answered_at, person=person)
    case_keeper().add_call(number, told)
    return case_keeper().cases_of([conversation_id])[conversation_id]
