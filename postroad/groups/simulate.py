"""What a template or a move would mean, before anybody asks for it. Reads only."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from postroad.channels import queries as channels
from postroad.channels.models import Kind
from postroad.channels.naming import check_name
from postroad.groups.desired import declared_name, declared_owner, declared_people, desired_of, governed
from postroad.groups.facts import Facts, read_facts
from postroad.groups.models import Group, GroupTemplate, Project
from postroad.messengers import queries as messengers
from postroad.messengers.protocol import messenger_of
from postroad.org.models import Department, Person, today


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredGroup:
    """A group that a template asks for, made or not."""

    name: str
    department: Department | None
    project: Project | None
    owner: UUID | None
    people: frozenset[UUID]
    is_large_enough: bool

    @property
    def department_id(self) -> UUID | None:
        return self.department.pk if self.department else None

    @property
    def project_id(self) -> UUID | None:
        return self.project.pk if self.project else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a template asks for a group: a department, a project, or (neither) the whole company."""

    department: Department | None = None
    project: Project | None = None

    @property
    def ids(self) -> tuple[UUID | None, UUID | None]:
        return (self.department.pk if self.department else None, self.project.pk if self.project else None)


def places_of(template: GroupTemplate, *, only: Collection[UUID] | None = None) -> list[Place]:
    """Where a template asks for groups, if enough people are there. `only` stands in for the template's own departments
    where it is not kept yet.
    """
    day = today()
    limited = set(template.only.values_list("pk", flat=True)) if only is None else set(only)
    if template.kind == GroupTemplate.Kind.ALL_STAFF:
        return [Place()]
    if template.kind == GroupTemplate.Kind.DEPARTMENT:
        open_ones = Department.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=day))
        chosen = open_ones.filter(pk__in=limited) if limited else open_ones
        return [Place(department=one) for one in chosen.order_by("code")]
    running = Project.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=day), starts_on__lte=day)
    if limited:
        running = running.filter(department__in=limited)
    return [Place(project=one) for one in running.select_related("department").order_by("code")]


def declared_group(template: GroupTemplate, facts: Facts, place: Place) -> DeclaredGroup:
    """The group that a template asks for at a place."""
    department, project = place.department, place.project
    department_id, project_id = place.ids
    people = declared_people(template, facts, department_id=department_id, project_id=project_id)
    return DeclaredGroup(
        name=declared_name(template, department=department, project=project),
        department=department,
        project=project,
        owner=declared_owner(template, facts, department_id=department_id, project=project),
        people=people,
        is_large_enough=len(people) >= template.at_least,
    )


# --- a template ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SimulatedGroup:
    """A group as it would be. `problems` are sentences; with `is_new` it is not there yet."""

    name: str
    owner: Person | None
    people: int
    is_new: bool
    problems: tuple[str, ...]
    renamed_from: str = ""
    joining: int = 0
    leaving: int = 0


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a template would mean: its groups, and how many people would be in any of them."""

    groups: tuple[SimulatedGroup, ...]
    people: int
    too_small: tuple[str, ...]

    @property
    def new(self) -> int:
        return sum(one.is_new for one in self.groups)

    @property
    def renamed(self) -> int:
        return sum(bool(one.renamed_from) for one in self.groups)

    @property
    def joining(self) -> int:
        return sum(one.joining for one in self.groups)

    @property
    def leaving(self) -> int:
        return sum(one.leaving for one in self.groups)

    @property
    def with_problems(self) -> int:
        return sum(bool(one.problems) for one in self.groups)


def simulate_template(
    template: GroupTemplate, *, only: Collection[UUID] = (), existing: GroupTemplate | None = None
) -> Simulation:
    """What a template as typed would make, or change where `existing` is in force. A few queries."""
    facts = read_facts()
    wanted = [declared_group(template, facts, place) for place in places_of(template, only=only)]
    kept = [one for one in wanted if one.is_large_enough]
    there = _there(existing)
    owners = Person.objects.in_bulk({one.owner for one in kept if one.owner})
    names = Counter(one.name for one in kept)
    reach = frozenset().union(*(one.people for one in kept)) if kept else frozenset()
    reachable = set(messengers.users_of(template.messenger, reach))
    groups = []
    for one in kept:
        now = there.get((one.department_id, one.project_id))
        groups.append(
            SimulatedGroup(
                name=one.name,
                owner=owners.get(one.owner) if one.owner else None,
                people=len(one.people),
                is_new=now is None,
                problems=tuple(_problems(template, one, reachable=reachable, same_name=names[one.name])),
                renamed_from=now.name if now and now.name != one.name else "",
                joining=len(one.people - now.people) if now else len(one.people),
                leaving=len(now.people - one.people) if now else 0,
            )
        )
    return Simulation(tuple(groups), len(reach), tuple(one.name for one in wanted if not one.is_large_enough))


@dataclass(frozen=True, slots=True)
class _Now:
    name: str
    people: frozenset[UUID]


def _there(existing: GroupTemplate | None) -> Mapping[tuple[UUID | None, UUID | None], _Now]:
    if existing is None:
        return {}
    groups = list(governed().filter(template=existing))
    declared = desired_of(groups, everything=True)
    return {
        (one.department_id, one.project_id): _Now(declared[one.channel_id].name, declared[one.channel_id].members)
        for one in groups
    }


def _problems(
    template: GroupTemplate, one: DeclaredGroup, *, reachable: Collection[UUID], same_name: int
) -> Iterable[str]:
    connector = messenger_of(template.messenger.connector)
    if one.owner is None:
        yield _("Nobody can be its owner.")
    elif one.owner not in reachable:
        yield _("Its owner is not in the messenger's directory.")
    missing = len(one.people - set(reachable))
    if missing:
        yield _("%(count)d people cannot be invited: not in the directory.") % {"count": missing}
    if len(one.name) > connector.longest_name:
        yield _("The name has %(length)d characters; the messenger allows %(most)d.") % {
            "length": len(one.name),
            "most": connector.longest_name,
        }
    if len(one.people) > connector.largest_room:
        yield _("%(count)d people; the messenger allows %(most)d in a group.") % {
            "count": len(one.people),
            "most": connector.largest_room,
        }
    if same_name > 1:
        yield _("%(count)d groups would have this name.") % {"count": same_name}
    stored = channels.naming_rules().get(Kind.GROUP)
    if stored is not None:
        place = one.department or (one.project.department if one.project else None)
        known = {**channels.known_fields(place), **({"project": [one.project.name]} if one.project else {})}
        for fault in check_name(one.name, channels.rule_of(stored), known):
            yield fault.message


# --- a move -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MoveSimulation:
    """Which groups somebody would join and leave by moving to another department, and which they own now."""

    joining: tuple[Group, ...]
    leaving: tuple[Group, ...]
    owned: tuple[Group, ...]


def simulate_move(person: Person, to: Department | None) -> MoveSimulation:
    """What moving a person would mean; `to` None: leaving the company."""
    groups = [one for one in governed() if one.template and one.template.state == GroupTemplate.State.IN_FORCE]
    facts = read_facts()
    after = _moved(facts, person.pk, to.pk if to else None)
    joining, leaving = [], []
    for one in groups:
        before_in, after_in = (person.pk in _people(one, known) for known in (facts, after))
        if after_in and not before_in:
            joining.append(one)
        if before_in and not after_in:
            leaving.append(one)
    owned = [one for one in groups if one.channel.owner_id == person.pk]
    return MoveSimulation(tuple(joining), tuple(leaving), tuple(owned))


def _people(group: Group, facts: Facts) -> frozenset[UUID]:
    assert group.template is not None
    return declared_people(group.template, facts, department_id=group.department_id, project_id=group.project_id)


def _moved(facts: Facts, person: UUID, to: UUID | None) -> Facts:
    places = {place: people - {person} for place, people in facts.in_department.items()}
    if to is not None:
        return replace(facts, in_department={**places, to: places.get(to, frozenset()) | {person}})
    projects = {project: people - {person} for project, people in facts.in_project.items()}
    heads = {place: head for place, head in facts.heads.items() if head != person}
    return replace(facts, in_department=places, in_project=projects, heads=heads, working=facts.working - {person})
