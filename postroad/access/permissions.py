"""Who may see, apply for, configure and confirm permissions, and the doors from an id to an object."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.access.models import FeatureReview, Grant, Recertification, RecertificationSheet
from postroad.access.reach import departments_above
from postroad.approvals.models import Request
from postroad.channels.models import Channel
from postroad.channels.permissions import visible_to as channels_visible_to
from postroad.org.models import Person, Post, today
from postroad.org.permissions import Role, person_may, register
from postroad.platform.errors import NotFound, Refused

Found = TypeVar("Found", bound=Model)


class Permission(StrEnum):
    GRANT_VIEW = "access.grant.view"
    GRANT_VIEW_ALL = "access.grant.view-all"
    GRANT_EXPORT = "access.grant.export"
    GRANT_IMPORT = "access.grant.import"
    GRANT_CONFIGURE = "access.grant.configure"
    APPLICATION_SUBMIT = "access.application.submit"
    RECERTIFICATION_VIEW = "access.recertification.view"
    RECERTIFICATION_START = "access.recertification.start"
    SHEET_ANSWER = "access.sheet.answer"
    FEATURES_VIEW = "access.features.view"
    FEATURES_REVIEW = "access.features.review"


_KEEPERS = {Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION}
_CONFIGURERS = {Role.IT, Role.ADMINISTRATOR}
_OVERSEERS = {Role.AUDITOR, Role.EXECUTIVE, Role.SUPERVISING_LEADER}

GRANTS: tuple[tuple[Permission, set[Role], Any], ...] = (
    (Permission.GRANT_VIEW, {Role.STAFF}, gettext_lazy("See the permission list as far as it concerns oneself")),
    (Permission.GRANT_VIEW_ALL, _KEEPERS | _CONFIGURERS | _OVERSEERS, gettext_lazy("See the whole permission list")),
    (Permission.GRANT_EXPORT, _KEEPERS | _CONFIGURERS | _OVERSEERS, gettext_lazy("Export the permission list")),
    (Permission.GRANT_IMPORT, _KEEPERS | _CONFIGURERS, gettext_lazy("Apply for a whole permission list by import")),
    (Permission.GRANT_CONFIGURE, _CONFIGURERS, gettext_lazy("Say that a grant was set up in its channel")),
    (Permission.APPLICATION_SUBMIT, {Role.STAFF}, gettext_lazy("Apply for permissions")),
    (
        Permission.RECERTIFICATION_VIEW,
        _KEEPERS | _CONFIGURERS | _OVERSEERS,
        gettext_lazy("See how the recertification goes"),
    ),
    (Permission.RECERTIFICATION_START, _KEEPERS, gettext_lazy("Start a recertification")),
    (Permission.SHEET_ANSWER, {Role.STAFF}, gettext_lazy("Confirm or revoke the grants of one's channels")),
    (
        Permission.FEATURES_VIEW,
        _KEEPERS | _CONFIGURERS | _OVERSEERS,
        gettext_lazy("See the reviews of the messengers' features"),
    ),
    (Permission.FEATURES_REVIEW, _CONFIGURERS, gettext_lazy("Review the messengers' features")),
)


def register_all() -> None:
    """Make the permissions known; called once at start-up."""
    for permission, roles, label in GRANTS:
        register(permission, roles=roles, label=label)


def visible_to(person: Person) -> QuerySet[Grant]:
    """The grants a person may see: all with the right to; else those of channels they answer for, and their own."""
    if person_may(person, Permission.GRANT_VIEW_ALL):
        return Grant.objects.all()
    posts = Post.objects.held_on(today()).filter(person=person)
    headed = posts.filter(role=Role.DEPARTMENT_HEAD).values("department")
    owned = Channel.objects.filter(Q(owner=person) | Q(deputy_owner=person) | Q(department__in=headed))
    return Grant.objects.filter(Q(channel__in=owned.values("pk")) | reaching(person))


def reaching(person: Person) -> Q:
    """What makes a grant reach a person today: by name, through a department they are in or below, or a post."""
    places = departments_above([person.department_id] if person.department_id else [])
    through = Q(person=person) | Q(department__in=places, role="")
    for role, department_id in Post.objects.held_on(today()).filter(person=person).values_list("role", "department"):
        through |= Q(role=role) & (Q(department=department_id) | Q(department__isnull=True))
    return through | Q(role=Role.STAFF, department__isnull=True)


def applicable_channels(person: Person) -> QuerySet[Channel]:
    """The channels for which a person may apply for permissions: those in use that they may know of."""
    return channels_visible_to(person).filter(state__in=["approved", "live", "suspended"])


def get_grant_for(person: Person, grant_id: UUID) -> Grant:
    """A grant a person may see. Raises NotFound."""
    related = ("channel__owner", "person", "department", "request__applicant", "configured_by", "removed_by")
    return _first(visible_to(person).select_related(*related).filter(pk=grant_id))


def get_grants_for(person: Person, grant_ids: Collection[UUID]) -> list[Grant]:
    """Several grants a person may see. Raises NotFound when one of them is not."""
    found = list(visible_to(person).select_related("channel", "person", "department").filter(pk__in=grant_ids))
    if len(found) != len(set(grant_ids)):
        raise NotFound(_("There is nothing here."))
    return found


def get_own_application_for(person: Person, request_id: UUID) -> Request:
    """An application for permissions that a person made. Raises NotFound."""
    found = Request.objects.filter(applicant=person, kind__startswith="access.", pk=request_id)
    return _first(found.select_related("applicant__department", "flow_version__flow"))


def get_recertification_for(person: Person, recertification_id: UUID) -> Recertification:
    """Raises Refused without the right, NotFound for an unknown id."""
    _require(person, Permission.RECERTIFICATION_VIEW)
    return _first(Recertification.objects.filter(pk=recertification_id))


def answerable_by(person: Person) -> QuerySet[RecertificationSheet]:
    """The open sheets a person is to answer: as owner or deputy of the channel, or since it was escalated to them."""
    mine = Q(channel__owner=person) | Q(channel__deputy_owner=person) | Q(escalated_to=person)
    return RecertificationSheet.objects.filter(mine, closed_at__isnull=True)


def get_sheet_for(person: Person, sheet_id: UUID) -> RecertificationSheet:
    """A sheet a person answers or oversees. Raises NotFound."""
    found = RecertificationSheet.objects.select_related("channel__owner", "owner", "recertification", "escalated_to")
    if not person_may(person, Permission.RECERTIFICATION_VIEW):
        found = found.filter(
            Q(channel__owner=person) | Q(channel__deputy_owner=person) | Q(owner=person) | Q(escalated_to=person)
        )
    return _first(found.filter(pk=sheet_id))


def may_answer(person: Person, sheet: RecertificationSheet) -> bool:
    """Whether a person may confirm or revoke on this sheet."""
    return answerable_by(person).filter(pk=sheet.pk).exists()


def get_feature_review_for(person: Person, review_id: UUID) -> FeatureReview:
    """Raises Refused without the right, NotFound for an unknown id."""
    _require(person, Permission.FEATURES_VIEW)
    return _first(FeatureReview.objects.select_related("reviewed_by", "deadline").filter(pk=review_id))


def _require(person: Person, permission: str) -> None:
    if not person_may(person, permission):
        raise Refused(_("You are not allowed to do this."))


def _first(found: QuerySet[Found]) -> Found:
    first = found.first()
    if first is None:
        raise NotFound(_("There is nothing here."))
    return first
