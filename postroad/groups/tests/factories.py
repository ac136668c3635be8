"""Templates and groups for tests, made by the actions that people use."""

from dataclasses import replace
from itertools import count
from typing import Any

from postroad.approvals.models import Request
from postroad.channels.models import Channel
from postroad.channels.tests.factories import company_calendar, sign
from postroad.groups import actions
from postroad.groups.actions import TemplateValues
from postroad.groups.models import Group, GroupTemplate, Project
from postroad.messengers import actions as messengers
from postroad.messengers.models import Messenger, Room
from postroad.messengers.tests.factories import connected_messenger
from postroad.org.models import today
from postroad.platform.actors import Actor

ACTOR = Actor.system("test")

_numbers = count(1)


def read_messenger(company: Any) -> Messenger:
    """A simulated messenger with the cast in its directory, read."""
    company_calendar()
    messenger = connected_messenger(company)
    messengers.read_directory_of(messenger=messenger)
    return messenger


def template_values(messenger: Messenger, **changes: Any) -> TemplateValues:
    given = TemplateValues(
        name="部门日常工作群",
        name_en="Daily department groups",
        key=f"daily-{next(_numbers)}",
        kind=GroupTemplate.Kind.DEPARTMENT,
        messenger=messenger,
        pattern="{department}-日常工作群",
        purpose="部门日常沟通",
        confidentiality="internal",
    )
    return replace(given, **changes)


def template_in_force(company: Any, messenger: Messenger, **changes: Any) -> GroupTemplate:
    """A template that went through its approval; nothing has followed from it yet."""
    company_calendar()
    values = template_values(messenger, **changes)
    template = actions.apply_for_template(values=values, applicant=company.it, actor=company.it.as_actor())
    sign(company, request_about(template))
    template.refresh_from_db()
    return template


def request_about(thing: Any) -> Request:
    return Request.objects.filter(subject_id=str(thing.pk)).latest("id")


def project(company: Any, *people: Any, **changes: Any) -> Project:
    number = next(_numbers)
    given = {"code": f"P{number}", "name": f"天工{number}", "department": company.sales, "lead": company.owner}
    made = actions.create_project(**{**given, "starts_on": today(), **changes}, actor=ACTOR)
    for person in people:
        actions.add_member(project=made, person=person, starts_on=today(), actor=ACTOR)
    return made


def applied(messenger: Messenger, **how: Any) -> Any:
    """Everything followed and done, as the background does it."""
    actions.follow_everything()
    return actions.apply_messenger(messenger=messenger, actor=ACTOR, **how)


def group_of(department: Any) -> Group:
    return Group.objects.select_related("channel", "template", "messenger").get(department=department)


def room_of(channel: Channel) -> Room:
    return Room.objects.select_related("messenger").get(channel=channel)
