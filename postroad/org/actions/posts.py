from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.ledger.actions import record
from postroad.org.actions.changes import iso, refusing
from postroad.org.actions.people import lock_person
from postroad.org.events import Event
from postroad.org.models import Department, Person, Post
from postroad.org.permissions import may_assign
from postroad.org.registry import people_changed
from postroad.org.roles import Role
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid, Refused


@transaction.atomic
def open_post(
    *,
    person: Person,
    role: Role,
    starts_on: date,
    actor: Actor,
    department: Department | None = None,
    title: str = "",
    ends_on: date | None = None,
) -> Post:
    """Give a person a role for a period, both days included.

    Raises Refused unless the acting person may give this role to this holder (`permissions.may_assign`), and
    Invalid for a period outside the person's time here or a department that has another head or leader then.
    """
    person = lock_person(person)
    _require_right(actor, role, person)
    if starts_on < person.joined_on:
        raise Invalid({"starts_on": _("The person joins later than this.")})
    if person.left_on and (ends_on is None or ends_on > person.left_on):
        raise Invalid({"ends_on": _("The person leaves before this.")})
    post = Post(
        person=person, role=role, department=department, title=title.strip(), starts_on=starts_on, ends_on=ends_on
    )
    with refusing():
        post.save(force_insert=True)
    record(
        Event.POST_OPENED,
        actor=actor,
        subject=person,
        data={
            "role": str(role),
            "department": str(department.pk) if department else None,
            "starts_on": starts_on.isoformat(),
            "ends_on": iso(ends_on),
        },
    )
    people_changed([person.pk])
    return post


@transaction.atomic
def end_post(*, post: Post, ends_on: date, actor: Actor) -> Post:
    """End a post on a day, included. Raises Refused like `open_post`, Conflict for one that ended earlier."""
    post = Post.objects.select_for_update(no_key=True, of=("self",)).select_related("person").get(pk=post.pk)
    _require_right(actor, Role(post.role), post.person)
    if post.ends_on is not None and post.ends_on < ends_on:
        raise Conflict(_("This post has already ended."))
    if post.ends_on == ends_on:
        return post
    post.ends_on = ends_on
    with refusing():
        post.save(update_fields=["ends_on"])
    record(
        Event.POST_ENDED,
        actor=actor,
        subject=post.person,
        data={
            "role": post.role,
            "department": str(post.department_id) if post.department_id else None,
            "ends_on": ends_on.isoformat(),
        },
    )
    people_changed([post.person_id])
    return post


def _require_right(actor: Actor, role: Role, holder: Person) -> None:
    if actor.kind == "system":
        return
    assigner = Person.objects.filter(pk=actor.id).first() if actor.kind == "person" else None
    if assigner is None or not may_assign(assigner, role, holder):
        raise Refused(_("You may not give or end this role for this person."))
