"""Whom a grantee reaches on a day: the one place that turns people, departments and posts into people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from uuid import UUID

from django.db.models import Q

from postroad.access.grantees import Grantee
from postroad.org.models import Department, Person, Post
from postroad.org.roles import Role

Reach = Mapping[Grantee, frozenset[UUID]]


def reach(grantees: Iterable[Grantee], *, on: date) -> Reach:
    """Who is reached by each of some grantees on a day; nobody who does not work here then.

    The role STAFF, which nobody holds by a post, reaches everybody. At most five queries, however many grantees.
    """
    wanted = set(grantees)
    people = _working([one.person_id for one in wanted if one.person_id], on=on)
    by_department = _people_below([one.department_id for one in wanted if one.department_id and not one.role], on=on)
    by_post = _holders({one.role for one in wanted if one.role}, on=on)
    found = {}
    for one in wanted:
        if one.person_id:
            found[one] = frozenset({one.person_id} & people)
        elif one.role:
            found[one] = frozenset(by_post[one.role, one.department_id])
        else:
            found[one] = by_department[one.department_id]
    return found


def departments_above(department_ids: Collection[UUID]) -> set[UUID]:
    """These departments and all above them. One query."""
    parents = dict(Department.objects.values_list("pk", "parent_id"))
    found: set[UUID] = set()
    for department_id in department_ids:
        current: UUID | None = department_id
        while current is not None and current not in found:
            found.add(current)
            current = parents.get(current)
    return found


def _working(person_ids: Collection[UUID], *, on: date) -> set[UUID]:
    if not person_ids:
        return set()
    return set(Person.objects.filter(_works_on(on), pk__in=person_ids).values_list("pk", flat=True))


def _people_below(department_ids: Collection[UUID], *, on: date) -> dict[UUID | None, frozenset[UUID]]:
    if not department_ids:
        return {}
    children: dict[UUID | None, list[UUID]] = defaultdict(list)
    for department_id, parent_id in Department.objects.values_list("pk", "parent_id"):
        children[parent_id].append(department_id)
    below = {one: _with_descendants(one, children) for one in department_ids}
    concerned = set().union(*below.values())
    staff = defaultdict(set)
    for person_id, department_id in Person.objects.filter(_works_on(on), department__in=concerned).values_list(
        "pk", "department_id"
    ):
        staff[department_id].add(person_id)
    return {one: frozenset().union(*(staff[each] for each in inside)) for one, inside in below.items()}


def _with_descendants(department_id: UUID, children: Mapping[UUID | None, list[UUID]]) -> set[UUID]:
    found, open_ones = set(), [department_id]
    while open_ones:
        current = open_ones.pop()
        found.add(current)
        open_ones += children.get(current, [])
    return found


def _holders(roles: Collection[str], *, on: date) -> dict[tuple[str, UUID | None], set[UUID]]:
    """By role and department; under no department everybody who holds the role anywhere."""
    holders: dict[tuple[str, UUID | None], set[UUID]] = defaultdict(set)
    if not roles:
        return holders
    if Role.STAFF in roles:
        holders[Role.STAFF, None] = set(Person.objects.filter(_works_on(on)).values_list("pk", flat=True))
    posts = Post.objects.held_on(on).filter(role__in=roles)
    for role, department_id, person_id in posts.values_list("role", "department_id", "person_id"):
        holders[role, department_id].add(person_id)
        holders[role, None].add(person_id)
    return holders


def _works_on(day: date) -> Q:
    return Q(joined_on__lte=day) & (Q(left_on__isnull=True) | Q(left_on__gte=day))
