"""Projects and who is in them."""

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from postroad.groups.actions.comparing import TOPIC
from postroad.groups.events import Event
from postroad.groups.jobs import Job
from postroad.groups.models import Project, ProjectMember
from postroad.ledger.actions import record
from postroad.org.models import Department, Person, today
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

CHANGEABLE = frozenset({"name", "name_en", "department", "lead", "starts_on", "ended_on"})


@transaction.atomic
def create_project(
    *,
    code: str,
    name: str,
    department: Department,
    lead: Person,
    starts_on: date,
    actor: Actor,
    name_en: str = "",
    ended_on: date | None = None,
) -> Project:
    """Begin a project; its lead is in it. Templates in force make its group. Raises Invalid by field."""
    project = Project(
        code=code.strip(),
        name=name.strip(),
        name_en=name_en.strip(),
        department=department,
        lead=lead,
        starts_on=starts_on,
        ended_on=ended_on,
    )
    _check(project)
    project.save(force_insert=True)
    record(Event.PROJECT_CREATED, actor=actor, subject=project, data={"code": project.code})
    _follow_soon()
    return project


@transaction.atomic
def change_project(*, project: Project, actor: Actor, **values: Any) -> Project:
    """Change any of CHANGEABLE; `ended_on` ends it. Raises Invalid by field."""
    if unknown := values.keys() - CHANGEABLE:
        raise TypeError(f"change_project does not change {sorted(unknown)}")
    project = Project.objects.select_for_update(no_key=True, of=("self",)).select_related("lead").get(pk=project.pk)
    changed = [name for name, value in values.items() if getattr(project, name) != value]
    for name in changed:
        setattr(project, name, values[name])
    if not changed:
        return project
    _check(project)
    project.save(update_fields=changed)
    record(Event.PROJECT_CHANGED, actor=actor, subject=project, data={"fields": ", ".join(changed)})
    _follow_soon()
    return project


@transaction.atomic
def add_member(
    *, project: Project, person: Person, starts_on: date, actor: Actor, ends_on: date | None = None
) -> ProjectMember:
    """Put a person into a project for a period, both days included. Raises Invalid by field."""
    if not person.is_active_on(max(starts_on, today())):
        raise Invalid({"person": _("%(name)s does not work here any more.") % {"name": person.name}})
    if ends_on is not None and ends_on < starts_on:
        raise Invalid({"ends_on": _("The end lies before the beginning.")})
    if project.members.filter(person=person, ends_on=None).exists():
        raise Invalid({"person": _("%(name)s is in this project already.") % {"name": person.name}})
    member = ProjectMember(project=project, person=person, starts_on=starts_on, ends_on=ends_on)
    try:
        with transaction.atomic():
            member.save(force_insert=True)
    except IntegrityError as error:
        raise Invalid({"person": _("%(name)s is in this project already.") % {"name": person.name}}) from error
    data: dict[str, Any] = {"person": str(person.pk), "starts_on": starts_on.isoformat()}
    record(Event.PROJECT_MEMBER_ADDED, actor=actor, subject=project, data=data)
    _follow_soon()
    return member


@transaction.atomic
def end_member(*, member: ProjectMember, actor: Actor) -> None:
    """Take somebody out of a project now: yesterday was the last day. Who came today was never in it.

    Raises Conflict when it has ended already.
    """
    member = (
        ProjectMember.objects.select_for_update(no_key=True, of=("self",)).select_related("project").get(pk=member.pk)
    )
    last_day = today() - timedelta(days=1)
    if member.ends_on is not None and member.ends_on <= last_day:
        raise Conflict(_("This has ended already."))
    if member.starts_on > last_day:
        member.delete()
    else:
        member.ends_on = last_day
        member.save(update_fields=["ends_on"])
    data: dict[str, Any] = {"person": str(member.person_id), "ends_on": last_day.isoformat()}
    record(Event.PROJECT_MEMBER_ENDED, actor=actor, subject=member.project, data=data)
    _follow_soon()


def _check(project: Project) -> None:
    try:
        project.full_clean()
    except ValidationError as error:
        raise Invalid({name: " ".join(messages) for name, messages in error.message_dict.items()}) from error
    if not project.lead.is_active_on(today()):
        raise Invalid({"lead": _("%(name)s does not work here any more.") % {"name": project.lead.name}})


def _follow_soon() -> None:
    enqueue(Job.FOLLOW, once=True)
    publish(TOPIC)
