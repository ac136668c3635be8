"""Lists of cases kept under a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.desk.events import Event
from postroad.desk.models import SavedView
from postroad.desk.permissions import Permission
from postroad.ledger.actions import record
from postroad.org.permissions import person_may
from postroad.platform.errors import Invalid, Refused

if TYPE_CHECKING:
    from postroad.org.models import Person

MOST_VIEWS = 30


@transaction.atomic
def save_view(
    *,
    view: SavedView | None,
    name: str,
    shared: bool,
    query: Mapping[str, Sequence[str]],
    columns: Sequence[str],
    person: Person,
) -> SavedView:
    """Keep filters, order and columns under a name, for oneself or for everybody at the desk; or change what is kept.

    Raises Refused where somebody shares who may not, Invalid for a name one uses already.
    """
    if shared and not (view and view.shared) and not person_may(person, Permission.VIEW_SHARE):
        raise Refused(_("You may keep views for yourself but not share them with everybody."))
    view = view or SavedView(owner=person)
    others = SavedView.objects.filter(owner=view.owner_id).exclude(pk=view.pk)
    if others.filter(name=name.strip()).exists():
        raise Invalid({"name": _("You have a view of this name already.")})
    if others.count() >= MOST_VIEWS:
        raise Invalid({"name": _("More than %(count)s views nobody finds again; remove one.") % {"count": MOST_VIEWS}})
    newly_shared = shared and not view.shared
    view.name, view.shared, view.columns = name.strip(), shared, list(columns)
    view.query = {key: list(values) for key, values in query.items()}
    view.save()
    if newly_shared:
        record(Event.VIEW_SHARED, actor=person.as_actor(), subject=view, data={"name": view.name})
    return view


@transaction.atomic
def remove_view(*, view: SavedView) -> None:
    view.delete()
