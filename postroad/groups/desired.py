"""What every group should be like: from templates, projects, posts, grants and approved departures.

A constant number of queries, whatever the number of groups.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from postroad.access.models import PermissionType
from postroad.access.queries import people_granted
from postroad.channels.models import Channel, Kind, State
from postroad.channels.naming import example
from postroad.groups.compare import DesiredRoom
from postroad.groups.facts import Facts, read_facts
from postroad.groups.models import Amendment, Field, Group, GroupTemplate, Project
from postroad.messengers.models import Messenger
from postroad.org.models import Department, today

GOVERNED_STATES = (State.APPROVED, State.LIVE)


def governed(channel_ids: Collection[UUID] | None = None) -> QuerySet[Group]:
    """The groups that are kept as declared, of all channels or of some: their channels in use, messengers too."""
    found = Group.objects.filter(
        channel__kind=Kind.GROUP, channel__state__in=GOVERNED_STATES, messenger__state=Messenger.State.IN_USE
    )
    if channel_ids is not None:
        found = found.filter(channel__in=channel_ids)
    # Templates and messengers are few: prefetched, each is one object for all its groups.
    found = found.select_related("channel", "project").prefetch_related("template", "messenger")
    return found.order_by("channel__name", "channel_id")


def desired_rooms(channel_ids: Collection[UUID] | None = None) -> dict[UUID, DesiredRoom]:
    """The declared state of all governed groups, or of those of `channel_ids`, by channel."""
    return desired_of(list(governed(channel_ids)), everything=channel_ids is None)


def desired_of(groups: Collection[Group], *, everything: bool = False) -> dict[UUID, DesiredRoom]:
    """The declared state of these groups (channel, template and project at hand)."""
    channel_ids = [one.channel_id for one in groups]
    granted, managing = _granted(channel_ids)
    amended: dict[UUID, list[Amendment]] = {}
    for amendment in Amendment.objects.filter(channel__in=channel_ids, ended_on=None):
        amended.setdefault(amendment.channel_id, []).append(amendment)
    facts = _facts(groups, granted, amended, everything=everything)
    return {
        one.channel_id: _desired(
            one,
            facts,
            granted=granted.get(one.channel_id, frozenset()),
            managing=managing.get(one.channel_id, frozenset()),
            amendments=amended.get(one.channel_id, ()),
        )
        for one in groups
    }


def declared_name(template: GroupTemplate, *, department: Department | None, project: Project | None) -> str:
    """What a group of this template is called."""
    place = department or (project.department if project else None)
    known = {"department": [place.name] if place else [], "project": [project.name] if project else []}
    return example(template.pattern, known)


def declared_people(
    template: GroupTemplate, facts: Facts, *, department_id: UUID | None, project_id: UUID | None
) -> frozenset[UUID]:
    """Who belongs in a group of this template."""
    if template.kind == GroupTemplate.Kind.ALL_STAFF:
        return facts.working
    if department_id is not None:
        return facts.people_of(department_id, include_below=template.include_below)
    return facts.in_project.get(project_id, frozenset()) if project_id else frozenset()


def declared_owner(
    template: GroupTemplate,
    facts: Facts,
    *,
    department_id: UUID | None,
    project: Project | None,
    delegate: UUID | None = None,
) -> UUID | None:
    """Who owns a group of this template: the named delegate, else the head of the department, the project's lead,
    or Administration's head; where there is none, whoever stands above.
    """
    if delegate in facts.working:
        return delegate
    if project is not None:
        return project.lead_id if project.lead_id in facts.working else facts.head_of(project.department_id)
    if template.kind == GroupTemplate.Kind.ALL_STAFF:
        return facts.administration_head if facts.administration_head in facts.working else None
    return facts.head_of(department_id)


def _facts(
    groups: Collection[Group],
    granted: Mapping[UUID, frozenset[UUID]],
    amended: Mapping[UUID, list[Amendment]],
    *,
    everything: bool,
) -> Facts:
    templates = [one.template for one in groups if one.template]
    if everything or any(one.kind == GroupTemplate.Kind.ALL_STAFF for one in templates):
        return read_facts()
    people: set[UUID] = set().union(*granted.values())
    people |= {one for group in groups for one in (group.channel.owner_id, group.delegate_id) if one}
    people |= {one.person_id for amendments in amended.values() for one in amendments if one.person_id}
    return read_facts(
        departments={one.department_id for one in groups if one.department_id},
        projects={one.project_id for one in groups if one.project_id},
        people=people,
    )


def _desired(
    group: Group,
    facts: Facts,
    *,
    granted: frozenset[UUID],
    managing: frozenset[UUID],
    amendments: Iterable[Amendment],
) -> DesiredRoom:
    template, channel = group.template, group.channel
    follows = template is not None and template.state == GroupTemplate.State.IN_FORCE
    if template is not None and follows:
        members = declared_people(template, facts, department_id=group.department_id, project_id=group.project_id)
        name = declared_name(template, department=facts.departments.get(group.department_id), project=group.project)  # type: ignore[arg-type]  # None finds none
        owner = declared_owner(
            template, facts, department_id=group.department_id, project=group.project, delegate=group.delegate_id
        )
        settings: Mapping[str, Any] = template.room_settings
    else:
        members, name, settings = frozenset[UUID](), channel.name, {}
        owner = channel.owner_id if channel.owner_id in facts.working else None
    members |= granted & facts.working
    changed = _amended(amendments, name=name, owner=owner, members=members, settings=settings, facts=facts)
    name, owner, members, settings = changed
    return DesiredRoom(
        channel_id=channel.pk,
        messenger_id=group.messenger_id,
        room_key=group.room_key,
        name=name,
        owner=owner,
        members=members | ({owner} if owner else frozenset()),
        closed_list=follows,
        automatic=template is not None and follows and template.policy == GroupTemplate.Policy.AUTOMATIC,
        fix_names=template is not None and follows and template.fix_names,
        admins=managing & members,
        settings=settings,
        ending=_has_ended(group, facts),
    )


def _amended(
    amendments: Iterable[Amendment],
    *,
    name: str,
    owner: UUID | None,
    members: frozenset[UUID],
    settings: Mapping[str, Any],
    facts: Facts,
) -> tuple[str, UUID | None, frozenset[UUID], Mapping[str, Any]]:
    """The declared state with the departures that were approved."""
    for one in amendments:
        if one.field == Field.NAME:
            name = one.value
        elif one.field == Field.OWNER and one.person_id in facts.working:
            owner = one.person_id
        elif one.field == Field.EXTRA and one.person_id in facts.working:
            members |= {one.person_id}
        elif one.field == Field.MISSING:
            members -= {one.person_id}
        elif one.field == Field.SETTING:
            settings = {**settings, one.subject: {"true": True, "false": False}.get(one.value, one.value)}
    return name, owner, members, settings


def _has_ended(group: Group, facts: Facts) -> bool:
    if group.department_id is not None:
        department = facts.departments.get(group.department_id)
        return department is None or (department.ended_on is not None and department.ended_on <= today())
    return group.project is not None and group.project.ended_on is not None and group.project.ended_on < today()


def _granted(channel_ids: Collection[UUID]) -> tuple[dict[UUID, frozenset[UUID]], dict[UUID, frozenset[UUID]]]:
    """Who may be in each channel by the permission list, whatever the permission; and who of them may manage it."""
    found: dict[UUID, frozenset[UUID]] = {}
    managing: dict[UUID, frozenset[UUID]] = {}
    for (channel_id, permission), people in people_granted(channel_ids, on=today()).items():
        found[channel_id] = found.get(channel_id, frozenset()) | people
        if permission == PermissionType.MANAGE:
            managing[channel_id] = people
    return found, managing


def channels_of(groups: Iterable[Group]) -> dict[UUID, Channel]:
    """The channels of groups, by id."""
    return {one.channel_id: one.channel for one in groups}
