"""What directories put on people's own page."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from postroad.directory import queries
from postroad.directory.permissions import Permission
from postroad.org.models import Person
from postroad.org.permissions import Permission as OrgPermission
from postroad.org.person_facts import PersonFact


def source_of_person(request: HttpRequest, person: Person) -> PersonFact | None:
    """Which directory answers for somebody, for those who look after people or directories. One query."""
    user = request.user
    if not user.is_authenticated:
        return None
    sees_sources = user.may(Permission.SOURCE_VIEW)
    if not (sees_sources or user.may(OrgPermission.PERSON_EDIT)):
        return None
    source = queries.source_answering_for(person)
    value = source.name if source else _("none: entered by hand")
    url = source.get_absolute_url() if source and sees_sources else ""
    return PersonFact(label=_("Directory"), value=value, url=url)


def held_runs(request: HttpRequest) -> dict[str, Any] | None:
    """Readings that wait for somebody who may decide; None for everybody else, and when nothing waits."""
    if not request.user.is_authenticated or not request.user.may(Permission.RUN_DECIDE):
        return None
    runs = list(queries.held_runs())
    return {"runs": runs, "count": len(runs)} if runs else None
