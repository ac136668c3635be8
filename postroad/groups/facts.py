"""What the organisation says on a day about who belongs where: read once, asked often."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Q

from postroad.groups.models import Project, ProjectMember
from postroad.org.models import Department, Person, Post, today
from postroad.org.roles import Role

HEADING = (Role.DEPARTMENT_HEAD, Role.SUPERVISING_LEADER, Role.ADMINISTRATION_HEAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Departments and posts of the whole company; people as far as they were asked for.

    Who is in `working` works here and goes on after today: somebody whose last day has come is out, as their
    account is.
    """

    departments: Mapping[UUID, Department]
    below: Mapping[UUID, frozenset[UUID]]
    heads: Mapping[UUID, UUID]
    leaders: Mapping[UUID, UUID]
    administration_head: UUID | None
    working: frozenset[UUID]
    in_department: Mapping[UUID, frozenset[UUID]]
    in_project: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)

    def people_of(self, department_id: UUID, *, include_below: bool) -> frozenset[UUID]:
        """Who works in a department, its head included, with or without the departments below it."""
        places = {department_id, *(self.below.get(department_id, ()) if include_below else ())}
        found = [self.in_department.get(place, frozenset()) for place in places]
        heads = {self.heads[place] for place in places if place in self.heads} & self.working
        return frozenset().union(*found, heads)

    def head_of(self, department_id: UUID | None) -> UUID | None:
        """Who heads a department, else the one above it, else the leader it reports to, else Administration's head."""
        for place in self._upwards(department_id):
            if (head := self.heads.get(place)) in self.working:
                return head
        for place in self._upwards(department_id):
            if (leader := self.leaders.get(place)) in self.working:
                return leader
        return self.administration_head if self.administration_head in self.working else None

    def own_head_of(self, department_id: UUID) -> UUID | None:
        """Who heads this very department."""
        head = self.heads.get(department_id)
        return head if head in self.working else None

    def leader_of(self, department_id: UUID | None) -> UUID | None:
        """The leader a department reports to."""
        leaders = (self.leaders.get(place) for place in self._upwards(department_id))
        return next((leader for leader in leaders if leader in self.working), None)

    def _upwards(self, department_id: UUID | None) -> Iterable[UUID]:
        while department_id is not None and department_id in self.departments:
            yield department_id
            department_id = self.departments[department_id].parent_id


def read_facts(
    *,
    departments: Collection[UUID] | None = None,
    people: Collection[UUID] = (),
    projects: Collection[UUID] | None = None,
    on: date | None = None,
) -> Facts:
    """Read the facts in four queries. `departments` None: everybody; else the people there, those who head
    something, those of the projects, and `people`. `projects` None: all running ones.
    """
    day = on or today()
    known = {one.pk: one for one in Department.objects.all()}
    below = _below(known.values())
    posts = list(
        Post.objects.held_on(day).filter(role__in=HEADING).values_list("role", "department", "person", "starts_on")
    )
    memberships = _memberships(projects, day)
    working = Person.objects.filter(Q(left_on__isnull=True) | Q(left_on__gt=day), joined_on__lte=day)
    if departments is not None:
        places = set(departments).union(*(below.get(one, frozenset()) for one in departments))
        named = {*people, *(person for _role, _place, person, _start in posts)}
        named |= {person for _project, person in memberships}
        working = working.filter(Q(department__in=places) | Q(pk__in=named))
    placed = list(working.values_list("pk", "department_id"))
    present = frozenset(person for person, _place in placed)
    return Facts(
        departments=known,
        below=below,
        heads={place: person for role, place, person, _start in posts if role == Role.DEPARTMENT_HEAD},
        leaders={place: person for role, place, person, _start in posts if role == Role.SUPERVISING_LEADER},
        administration_head=min(
            ((start, person) for role, _place, person, start in posts if role == Role.ADMINISTRATION_HEAD),
            default=(None, None),
        )[1],
        working=present,
        in_department=_grouped((place, person) for person, place in placed if place),
        in_project=_grouped((project, person) for project, person in memberships if person in present),
    )


def _memberships(projects: Collection[UUID] | None, day: date) -> list[tuple[UUID, UUID]]:
    """Who is in which running project, leads included."""
    members = ProjectMember.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day)
    leads = Project.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=day), starts_on__lte=day)
    if projects is not None:
        members, leads = members.filter(project__in=projects), leads.filter(pk__in=projects)
    return [*members.values_list("project_id", "person_id"), *leads.values_list("pk", "lead_id")]


def _below(departments: Iterable[Department]) -> dict[UUID, frozenset[UUID]]:
    """All open departments below each one, itself not included."""
    parents = {one.pk: one.parent_id for one in departments if one.ended_on is None}
    found: dict[UUID, set[UUID]] = {}
    for one, nearest in parents.items():
        above = nearest
        while above is not None:
            found.setdefault(above, set()).add(one)
            above = parents.get(above)
    return {above: frozenset(ids) for above, ids in found.items()}


def _grouped(pairs: Iterable[tuple[UUID, UUID]]) -> dict[UUID, frozenset[UUID]]:
    found: dict[UUID, set[UUID]] = {}
    for place, person in pairs:
        found.setdefault(place, set()).add(person)
    return {place: frozenset(people) for place, people in found.items()}
