"""Who may see, keep and repair groups, and the doors from an id to the thing."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.permissions import may_keep
from postroad.groups.models import ApplyRun, Difference, Group, GroupTemplate, HandOver, Project
from postroad.messengers.models import Room
from postroad.org.models import Person, Post, today
from postroad.org.permissions import Role, person_may, register
from postroad.platform.errors import NotFound, Refused


class Permission(StrEnum):
    GROUP_VIEW_ALL = "groups.group.view-all"
    GROUP_KEEP = "groups.group.keep"
    PLAN_APPLY = "groups.plan.apply"
    TEMPLATE_EDIT = "groups.template.edit"
    PROJECT_VIEW = "groups.project.view"
    PROJECT_KEEP = "groups.project.keep"
    PROJECT_EDIT = "groups.project.edit"
    STRAY_HANDLE = "groups.stray.handle"
    STRAY_ANSWER = "groups.stray.answer"
    HAND_OVER_DECIDE = "groups.hand-over.decide"
    HAND_OVER_DECIDE_ANY = "groups.hand-over.decide-any"
    CHANNEL_CONFIRM = "groups.channel.confirm"


_KEEPERS = {Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION, Role.IT}

GRANTS: tuple[tuple[Permission, set[Role], Any], ...] = (
    (
        Permission.GROUP_VIEW_ALL,
        _KEEPERS | {Role.AUDITOR, Role.EXECUTIVE, Role.SUPERVISING_LEADER},
        gettext_lazy("See the plan of all groups"),
    ),
    (Permission.GROUP_KEEP, {Role.STAFF}, gettext_lazy("See and keep the groups one answers for")),
    (Permission.PLAN_APPLY, _KEEPERS, gettext_lazy("Make all groups as declared")),
    (Permission.TEMPLATE_EDIT, _KEEPERS, gettext_lazy("Apply for group templates and changes to them")),
    (Permission.PROJECT_VIEW, {Role.STAFF}, gettext_lazy("See projects")),
    (Permission.PROJECT_KEEP, {Role.STAFF}, gettext_lazy("Keep the projects one leads")),
    (
        Permission.PROJECT_EDIT,
        _KEEPERS | {Role.DEPARTMENT_HEAD},
        gettext_lazy("Create projects and keep their members"),
    ),
    (Permission.STRAY_HANDLE, _KEEPERS, gettext_lazy("Deal with groups found without registration")),
    (Permission.STRAY_ANSWER, {Role.STAFF}, gettext_lazy("Answer for a group found without registration")),
    (Permission.HAND_OVER_DECIDE, {Role.STAFF}, gettext_lazy("Take over channels one is proposed for")),
    (
        Permission.HAND_OVER_DECIDE_ANY,
        {Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION},
        gettext_lazy("Decide every hand-over of a channel"),
    ),
    (Permission.CHANNEL_CONFIRM, {Role.STAFF}, gettext_lazy("Confirm the channels one answers for")),
)


def register_all() -> None:
    """Make the permissions known; called once at start-up."""
    for permission, roles, label in GRANTS:
        register(permission, roles=roles, label=label)


def groups_visible_to(person: Person) -> QuerySet[Group]:
    """The groups a person may look into: all for those who keep them, else one's own and those of one's department."""
    found = Group.objects.select_related(
        "channel__owner", "channel__department", "template", "project", "messenger", "delegate"
    )
    if person_may(person, Permission.GROUP_VIEW_ALL):
        return found
    mine = Q(channel__owner=person) | Q(channel__deputy_owner=person)
    return found.filter(mine | Q(channel__department__in=_headed_by(person)))


def _headed_by(person: Person) -> QuerySet[Post, Any]:
    """The departments that a person heads today."""
    return Post.objects.held_on(today()).filter(role=Role.DEPARTMENT_HEAD, person=person).values("department")


def get_group_for(person: Person, channel_id: UUID) -> Group:
    """The group of a channel. Raises NotFound where the person may not look."""
    group = groups_visible_to(person).filter(channel=channel_id).first()
    if group is None:
        raise NotFound(_("There is no such group."))
    return group


def may_repair(person: Person, group: Group) -> bool:
    """Whether a person may have a group made as declared: who keeps all groups, its owner, or its department's head."""
    if person_may(person, Permission.PLAN_APPLY) or may_keep(person, group.channel):
        return True
    return _headed_by(person).filter(department=group.channel.department_id).exists()


def get_difference_for(person: Person, difference_id: UUID) -> Difference:
    """A difference of a group that the person may look into. Raises NotFound."""
    visible = groups_visible_to(person).values("channel")
    found = Difference.objects.select_related("channel__owner", "person", "decided_by")
    difference = found.filter(pk=difference_id, channel__in=visible).first()
    if difference is None:
        raise NotFound(_("There is no such difference."))
    return difference


def get_template(template_id: UUID) -> GroupTemplate:
    """The template. Raises NotFound."""
    template = GroupTemplate.objects.select_related("messenger").filter(pk=template_id).first()
    if template is None:
        raise NotFound(_("There is no such group template."))
    return template


def get_project(project_id: UUID) -> Project:
    """The project. Raises NotFound."""
    project = Project.objects.select_related("department", "lead").filter(pk=project_id).first()
    if project is None:
        raise NotFound(_("There is no such project."))
    return project


def may_edit_project(person: Person, project: Project) -> bool:
    """Whether a person may change a project and its members: its lead, and whoever keeps projects."""
    return person.pk == project.lead_id or person_may(person, Permission.PROJECT_EDIT)


def get_project_for(person: Person, project_id: UUID) -> Project:
    """The project, if the person may change it. Raises NotFound, Refused."""
    project = get_project(project_id)
    if not may_edit_project(person, project):
        raise Refused(_("This project is kept by its lead."))
    return project


def get_stray_for(person: Person, room_id: UUID) -> Room:
    """A room without channel, for who deals with strays or was asked about it. Raises NotFound."""
    found = Room.objects.select_related("messenger").filter(channel__isnull=True, gone_at__isnull=True, pk=room_id)
    if not person_may(person, Permission.STRAY_HANDLE):
        found = found.filter(questions__person=person, questions__state="asked")
    room = found.first()
    if room is None:
        raise NotFound(_("There is no such group, or it has been dealt with."))
    return room


def get_run(run_id: UUID) -> ApplyRun:
    """The run. Raises NotFound."""
    run = ApplyRun.objects.select_related("messenger", "person").filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such run."))
    return run


def hand_overs_visible_to(person: Person) -> QuerySet[HandOver]:
    """The hand-overs a person may decide or has to do with."""
    found = HandOver.objects.select_related("channel", "previous", "proposed", "successor", "deadline", "closed_by")
    if person_may(person, Permission.HAND_OVER_DECIDE_ANY):
        return found
    return found.filter(Q(proposed=person) | Q(previous=person) | Q(successor=person))


def get_hand_over_for(person: Person, hand_over_id: UUID) -> HandOver:
    """The hand-over. Raises NotFound."""
    found = hand_overs_visible_to(person).filter(pk=hand_over_id).first()
    if found is None:
        raise NotFound(_("There is no such hand-over."))
    return found
