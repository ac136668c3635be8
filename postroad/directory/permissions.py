"""Names of the permissions of this package, and the doors from an id to an object."""

from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from postroad.directory.models import Conflict, ScimToken, Source, SyncRun
from postroad.org.models import Person
from postroad.org.permissions import Role, register, require
from postroad.platform.errors import NotFound

M = TypeVar("M", bound=Model)


class Permission(StrEnum):
    SOURCE_VIEW = "directory.source.view"
    SOURCE_EDIT = "directory.source.edit"
    RUN_DECIDE = "directory.run.decide"


_KEEPERS = {Role.IT, Role.ADMINISTRATOR, Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION}

GRANTS: tuple[tuple[StrEnum, set[Role], str | Promise], ...] = (
    (Permission.SOURCE_VIEW, _KEEPERS | {Role.HR, Role.AUDITOR}, _("See where people come from")),
    (Permission.SOURCE_EDIT, _KEEPERS, _("Connect and change directories")),
    (Permission.RUN_DECIDE, _KEEPERS | {Role.HR}, _("Decide what a directory may not decide alone")),
)


def register_own() -> None:
    for permission, roles, label in GRANTS:
        register(permission, roles=roles, label=label)


def get_source_for(reader: Person, source_id: UUID, right: str) -> Source:
    """The source behind an id. Raises Refused without the right and NotFound for an unknown id."""
    return _get(reader, source_id, right, Source.objects.select_related("messenger", "below"))


def get_run_for(reader: Person, run_id: UUID, right: str) -> SyncRun:
    found = SyncRun.objects.select_related("source", "started_by", "approved_by").defer("sealed_reading")
    return _get(reader, run_id, right, found)


def get_conflict_for(reader: Person, conflict_id: UUID, right: str) -> Conflict:
    return _get(reader, conflict_id, right, Conflict.objects.select_related("source", "person", "department"))


def get_token_for(reader: Person, token_id: UUID, right: str) -> ScimToken:
    return _get(reader, token_id, right, ScimToken.objects.select_related("source"))


def _get(reader: Person, object_id: UUID, right: str, found_in: QuerySet[M]) -> M:
    require(reader, right)
    found = found_in.filter(pk=object_id).first()
    if found is None:
        raise NotFound(gettext("There is nothing here."))
    return found
