"""Reads of people, departments, posts and outside parties, by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from postroad.org.models import Account, Contact, Department, Organisation, PeopleImport, Person, Post, today
from postroad.org.personal import PersonalField, digest, normalise
from postroad.org.roles import Role

PATH_SEPARATOR = "/"


def holders(role: Role, on: date | None = None, department: Department | None = None) -> QuerySet[Person]:
    """People who hold a role on a day (default today), in one department or anywhere; by name.

    From today on, people whose account was closed are left out: nobody should wait for them.
    """
    day = on or today()
    posts = Post.objects.held_on(day).filter(role=role)
    if department is not None:
        posts = posts.filter(department=department)
    found = Person.objects.filter(pk__in=posts.values("person"))
    if day >= today():
        found = found.exclude(account__is_active=False)
    return found.order_by("name", "id")


def head_of(department: Department, on: date | None = None) -> Person | None:
    """Who heads this very department on a day (default today)."""
    return holders(Role.DEPARTMENT_HEAD, on, department).first()


def supervising_leader_of(department: Department, on: date | None = None) -> Person | None:
    """The leader a department reports to on a day: its own, else that of the nearest department above it."""
    for above in [department.pk, *ancestor_ids(department)]:
        if leader := holders(Role.SUPERVISING_LEADER, on, Department(pk=above)).first():
            return leader
    return None


def ancestor_ids(department: Department) -> list[UUID]:
    """Ids of the departments above one, nearest first."""
    return _walk(
        "SELECT parent_id, 1 FROM org_department WHERE id = %s AND parent_id IS NOT NULL",
        "SELECT d.parent_id, found.depth + 1 FROM org_department d JOIN found ON d.id = found.id "
        "WHERE d.parent_id IS NOT NULL",
        department.pk,
    )


def path_of(department: Department) -> str:
    """The names from the top down to a department: “总部/销售部”."""
    above = Department.objects.in_bulk(ancestor_ids(department))
    names = [department.name]
    while department.parent_id in above:
        department = above[department.parent_id]
        names.append(department.name)
    return PATH_SEPARATOR.join(reversed(names))


def descendant_ids(department: Department) -> list[UUID]:
    """Ids of a department and all departments below it."""
    return _walk(
        "SELECT id, 0 FROM org_department WHERE id = %s",
        "SELECT d.id, found.depth + 1 FROM org_department d JOIN found ON d.parent_id = found.id",
        department.pk,
    )


def _walk(start: str, step: str, department_id: UUID) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE found(id, depth) AS ({start} UNION ALL {step}) SELECT id FROM found ORDER BY depth",  # noqa: S608 - both parts are the constants above
            [department_id],
        )
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True)
class DepartmentNode:
    """A department in its place in the tree, with who answers for it today."""

    department: Department
    depth: int
    path: str
    head: Person | None
    leader: Person | None
    leader_inherited: bool
    people: int

    @property
    def indent(self) -> range:
        return range(self.depth)


def department_tree(on: date | None = None) -> list[DepartmentNode]:
    """Every department that is not closed, parents before children, siblings by code. Three queries."""
    day = on or today()
    active = Q(people__joined_on__lte=day) & (Q(people__left_on__isnull=True) | Q(people__left_on__gte=day))
    departments = list(
        Department.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=day))
        .annotate(people_count=Count("people", filter=active))
        .order_by("code")
    )
    posts = Post.objects.held_on(day).filter(department__isnull=False).select_related("person")
    in_charge = {
        (post.department_id, post.role): post.person
        for post in posts.filter(role__in=[Role.DEPARTMENT_HEAD, Role.SUPERVISING_LEADER])
    }
    children: dict[UUID | None, list[Department]] = {}
    known = {department.pk for department in departments}
    for department in departments:
        children.setdefault(department.parent_id if department.parent_id in known else None, []).append(department)

    nodes: list[DepartmentNode] = []

    def visit(department: Department, *, depth: int, above: str, inherited: Person | None) -> None:
        own = in_charge.get((department.pk, Role.SUPERVISING_LEADER))
        path = f"{above}{PATH_SEPARATOR}{department.name}" if above else department.name
        nodes.append(
            DepartmentNode(
                department=department,
                depth=depth,
                path=path,
                head=in_charge.get((department.pk, Role.DEPARTMENT_HEAD)),
                leader=own or inherited,
                leader_inherited=own is None and inherited is not None,
                people=department.people_count,  # type: ignore[attr-defined]  # annotated above
            )
        )
        for child in children.get(department.pk, []):
            visit(child, depth=depth + 1, above=path, inherited=own or inherited)

    for root in children.get(None, []):
        visit(root, depth=0, above="", inherited=None)
    return nodes


def visible_people(person: Person) -> QuerySet[Person]:
    """The people whose directory entry a person may see: everybody's, inside the company."""
    return Person.objects.all() if person.is_active_on(today()) else Person.objects.none()


@dataclass(frozen=True)
class PeopleFilter:
    """What the list of people is narrowed to; `text` is part of a name or a whole number or mail address."""

    text: str = ""
    standing: str = "active"
    department: Department | None = None
    role: Role | None = None


def people_matching(person: Person, wanted: PeopleFilter) -> QuerySet[Person]:
    """The people a person may see, narrowed by a filter, with department and account at hand."""
    day = today()
    found = visible_people(person).select_related("department", "account")
    has_left = Q(left_on__lt=day)
    if wanted.standing == "active":
        found = found.exclude(has_left)
    elif wanted.standing == "left":
        found = found.filter(has_left)
    if wanted.department is not None:
        found = found.filter(department__in=descendant_ids(wanted.department))
    if wanted.role is not None:
        posts = Post.objects.held_on(day).filter(person=OuterRef("pk"), role=wanted.role)
        found = found.filter(Exists(posts))
    if text := wanted.text.strip():
        found = found.filter(_named(text) | Q(staff_no__iexact=text) | _reached_by(text))
    return found


def find_people(person: Person, text: str, *, limit: int = 8) -> list[Person]:
    """The few best hits for the search box."""
    return list(people_matching(person, PeopleFilter(text=text, standing="active")).order_by("name", "id")[:limit])


def contacts_matching(*, text: str = "", organisation: Organisation | None = None) -> QuerySet[Contact]:
    """Outside contacts whose name, organisation, number or mail address matches."""
    found = Contact.objects.select_related("organisation").filter(ended_on__isnull=True)
    if organisation is not None:
        found = found.filter(organisation=organisation)
    if text := text.strip():
        found = found.filter(Q(name__icontains=text) | Q(organisation__name__icontains=text) | _reached_by(text))
    return found


def organisations_matching(*, text: str = "", kind: str = "", key_accounts: bool = False) -> QuerySet[Organisation]:
    found = Organisation.objects.annotate(contact_count=Count("contacts"))
    if kind:
        found = found.filter(kind=kind)
    if key_accounts:
        found = found.filter(key_account=True)
    return found.filter(_named(text.strip())) if text.strip() else found


def posts_of(person: Person) -> QuerySet[Post]:
    """Every post a person holds, held or will hold, newest first."""
    return person.posts.select_related("department").order_by("-starts_on", "-id")


def posts_running(*, role: Role | None = None, on: date | None = None) -> QuerySet[Post]:
    found = Post.objects.held_on(on or today()).select_related("person", "department")
    return found.filter(role=role) if role else found


def imports() -> QuerySet[PeopleImport]:
    return PeopleImport.objects.select_related("uploaded_by").defer("content_sealed").order_by("-id")


def accounts_without_password() -> QuerySet[Account]:
    """Open accounts of people who work here and have not set a password yet."""
    day = today()
    return (
        Account.objects.select_related("person")
        .filter(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX, person__joined_on__lte=day)
        .exclude(person__left_on__lt=day)
        .order_by("person__staff_no")
    )


def _named(text: str) -> Q:
    return Q(name__icontains=text) | Q(name_en__icontains=text)


def _reached_by(text: str) -> Q:
    """Whoever has exactly this mail address or telephone number."""
    for field in (PersonalField.MAIL, PersonalField.PHONE):
        try:
            value = normalise(field, text)
        except ValidationError:
            continue
        return Q(**{f"{field}_digest": digest(field, value)})
    return Q(pk__in=[])


def roles_held(people: Iterable[Person], on: date | None = None) -> dict[UUID, list[Post]]:
    """The posts that each of these people holds on a day, by person; one query."""
    held: dict[UUID, list[Post]] = {}
    for post in Post.objects.held_on(on or today()).filter(person__in=list(people)).select_related("department"):
        held.setdefault(post.person_id, []).append(post)
    return held
