"""Who may see and take calls, and the doors from an id to a call: people see those of the hotlines they belong to."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.models import Channel, Kind
from postroad.hotline.models import Call, CallBack, Extension, RecordsImport
from postroad.org.models import Person
from postroad.org.permissions import Role, person_may, roles_of
from postroad.org.roles import roles_carrying
from postroad.platform.errors import NotFound, Refused


class Permission(StrEnum):
    CALL_VIEW = "hotline.call.view"
    CALL_VIEW_ALL = "hotline.call.view-all"
    CALL_WORK = "hotline.call.work"
    EXTENSION_SET = "hotline.extension.set"
    LINE_CONNECT = "hotline.line.connect"
    RECORDS_IMPORT = "hotline.records.import"


_LEADERS = {Role.DESK_LEAD, Role.SUPERVISING_LEADER, Role.ADMINISTRATION_HEAD, Role.AUDITOR}
_CONNECTORS = {Role.IT, Role.ADMINISTRATOR}

GRANTS: tuple[tuple[Permission, set[Role], str | Promise], ...] = (
    (
        Permission.CALL_VIEW,
        _LEADERS | _CONNECTORS | {Role.AGENT, Role.DEPARTMENT_HEAD, Role.ADMINISTRATION},
        gettext_lazy("See the calls of one's own hotlines"),
    ),
    (Permission.CALL_VIEW_ALL, _LEADERS | _CONNECTORS, gettext_lazy("See the calls of all hotlines")),
    (Permission.CALL_WORK, {Role.AGENT, Role.DESK_LEAD}, gettext_lazy("Call people back")),
    (Permission.EXTENSION_SET, _CONNECTORS | {Role.DESK_LEAD}, gettext_lazy("Say who sits at which extension")),
    (Permission.LINE_CONNECT, _CONNECTORS, gettext_lazy("Connect a telephone system to a hotline")),
    (Permission.RECORDS_IMPORT, _CONNECTORS | {Role.DESK_LEAD}, gettext_lazy("Import call records")),
)


def hotlines_of(person: Person) -> QuerySet[Channel]:
    """The hotlines whose calls a person sees."""
    lines = Channel.objects.filter(kind=Kind.HOTLINE)
    roles = roles_of(person)
    if roles & roles_carrying(Permission.CALL_VIEW_ALL):
        return lines
    if not roles & roles_carrying(Permission.CALL_VIEW):
        return lines.none()
    own = Channel.objects.filter(Q(members__person=person) | Q(owner=person) | Q(deputy_owner=person))
    return lines.filter(pk__in=own.values("pk"))


def calls_of(person: Person) -> QuerySet[Call]:
    """The calls a person sees."""
    return Call.objects.filter(channel__in=hotlines_of(person))


def get_call_for(person: Person, call_id: UUID) -> Call:
    """The call behind an id. Raises NotFound where the person sees no such call."""
    related = ("channel", "caller__contact__organisation", "agent", "call_back")
    call = calls_of(person).select_related(*related).filter(pk=call_id).first()
    if call is None:
        raise NotFound(_("There is no such call, or it is not yours to see."))
    return call


def get_call_back_for(person: Person, call_back_id: UUID) -> CallBack:
    """Whom to call back, for who may. Raises NotFound, Refused."""
    seen = CallBack.objects.filter(channel__in=hotlines_of(person))
    found = seen.select_related("channel", "caller__contact__organisation").filter(pk=call_back_id).first()
    if found is None:
        raise NotFound(_("There is nobody to call back here, or it is not yours to see."))
    if not person_may(person, Permission.CALL_WORK):
        raise Refused(_("You may see whom to call back but not do it."))
    return found


def get_hotline_for(person: Person, key: str, right: Permission = Permission.CALL_VIEW) -> Channel:
    """The hotline of that key. Raises NotFound where the person does not see it, Refused without `right`."""
    channel = hotlines_of(person).filter(key=key).first()
    if channel is None:
        raise NotFound(_("There is no such hotline, or it is not yours to see."))
    if not person_may(person, right):
        raise Refused(_("You are not allowed to do this."))
    return channel


def get_extension_for(person: Person, key: str, extension_id: UUID) -> Extension:
    """An extension of a hotline, for who may set them. Raises NotFound, Refused."""
    channel = get_hotline_for(person, key, Permission.EXTENSION_SET)
    found = channel.extensions.select_related("channel", "person").filter(pk=extension_id).first()
    if found is None:
        raise NotFound(_("There is no such extension."))
    return found


def get_import_for(person: Person, key: str, records_id: UUID) -> RecordsImport:
    """An import of call records, for who may import them. Raises NotFound, Refused."""
    channel = get_hotline_for(person, key, Permission.RECORDS_IMPORT)
    found = channel.records_imports.select_related("channel", "uploaded_by").filter(pk=records_id).first()
    if found is None:
        raise NotFound(_("There is no such import."))
    return found
