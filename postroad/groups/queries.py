"""Reads of groups, templates, projects, differences, runs and hand-overs, by name."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet
from django.utils.translation import gettext as _

from postroad.approvals.models import Request
from postroad.channels import queries as channels
from postroad.channels.models import Channel, Observability, State
from postroad.channels.naming import PIECE, SEPARATOR
from postroad.groups.models import (
    Amendment,
    ApplyRun,
    ApplyStep,
    Attestation,
    Difference,
    Group,
    GroupTemplate,
    HandOver,
    Project,
    ProjectMember,
    StrayQuestion,
)
from postroad.groups.permissions import groups_visible_to
from postroad.messengers.models import MessengerUser, Room, RoomMember
from postroad.org.models import Department, Person, today
from postroad.platform.actors import subject_of

FIELDS = {
    GroupTemplate.Kind.DEPARTMENT: {"department"},
    GroupTemplate.Kind.PROJECT: {"project", "department"},
    GroupTemplate.Kind.ALL_STAFF: set[str](),
}
# The field without which all groups of a kind would have one name.
TELLING_APART = {GroupTemplate.Kind.DEPARTMENT: "department", GroupTemplate.Kind.PROJECT: "project"}


def pattern_fault(kind: str, pattern: str) -> str:
    """What is wrong with a template's pattern beyond its form; empty when nothing is."""
    if SEPARATOR in pattern:
        return _("A template has one pattern.")
    fields = {found.group(1) for found in PIECE.finditer(pattern) if found.group(1) is not None}
    known = FIELDS.get(GroupTemplate.Kind(kind), set()) if kind in GroupTemplate.Kind.values else fields
    if fields - known:
        allowed = ", ".join(f"{{{field}}}" for field in sorted(known)) or _("none")
        return _("Fields that groups of this kind know: %(fields)s.") % {"fields": allowed}
    needed = TELLING_APART.get(GroupTemplate.Kind(kind)) if kind in GroupTemplate.Kind.values else None
    if needed and needed not in fields:
        return _("Without {%(field)s} all these groups would have the same name.") % {"field": needed}
    return ""


# --- templates and projects ---------------------------------------------------------------------------------


def templates_listed() -> QuerySet[GroupTemplate]:
    """All templates, those in force first, each with the number of its groups."""
    return (
        GroupTemplate.objects.select_related("messenger")
        .annotate(group_count=Count("groups"))
        .order_by("state", "kind", "name")
    )


def template_requests(template: GroupTemplate) -> QuerySet[Request]:
    """The requests about a template, newest first."""
    subject = subject_of(template)
    return (
        Request.objects.filter(subject_type=subject.type, subject_id=subject.id)
        .select_related("applicant")
        .order_by("-id")
    )


def open_template_request(template: GroupTemplate) -> Request | None:
    return template_requests(template).exclude(state__in=Request.CLOSED).first()


def approved_request(template: GroupTemplate) -> Request | None:
    """The approval that a template rests on now."""
    return template_requests(template).filter(state=Request.State.APPROVED).first()


def projects_listed(*, text: str = "", ended: bool = False) -> QuerySet[Project]:
    """Projects with lead and department at hand, and how many people are in each today."""
    day = today()
    inside = Q(members__starts_on__lte=day) & (Q(members__ends_on__isnull=True) | Q(members__ends_on__gte=day))
    found = Project.objects.select_related("lead", "department").annotate(people=Count("members", filter=inside))
    over = Q(ended_on__lt=day)
    found = found.filter(over) if ended else found.exclude(over)
    for word in text.split():
        found = found.filter(Q(name__icontains=word) | Q(name_en__icontains=word) | Q(code__icontains=word))
    return found


def members_of(project: Project) -> QuerySet[ProjectMember]:
    """Everybody who is, was or will be in a project; those in it now first."""
    return project.members.select_related("person", "person__department").order_by(
        F("ends_on").desc(nulls_first=True), "person__name", "id"
    )


# --- groups -------------------------------------------------------------------------------------------------


def channels_of_people(person_ids: Collection[UUID]) -> set[UUID]:
    """The channels of the groups that these people are in, should be in, or answer for: what their change touches."""
    people = list(person_ids)
    found: set[UUID] = set()
    users = MessengerUser.objects.filter(person__in=people).values_list("messenger_id", "user_id")
    for messenger_id, user_id in users:
        rooms = RoomMember.objects.filter(room__messenger=messenger_id, user_id=user_id, room__channel__isnull=False)
        found |= set(rooms.values_list("room__channel_id", flat=True))
    places = departments_of_people(people)
    mine = (
        Q(department__in=places)
        | Q(project__members__person__in=people)
        | Q(project__lead__in=people)
        | Q(project__department__in=places)
        | Q(template__kind=GroupTemplate.Kind.ALL_STAFF)
        | Q(delegate__in=people)
        | Q(channel__owner__in=people)
        | Q(channel__deputy_owner__in=people)
    )
    found |= set(Group.objects.filter(mine).values_list("channel_id", flat=True))
    found |= set(
        Difference.objects.filter(person__in=people).exclude(state="closed").values_list("channel_id", flat=True)
    )
    return found


def departments_of_people(person_ids: Collection[UUID]) -> set[UUID]:
    """The departments whose groups may contain these people: where they work or hold a post, and all above."""
    placed = Person.objects.filter(pk__in=list(person_ids)).values_list("department_id", "posts__department_id")
    parents = dict(Department.objects.values_list("pk", "parent_id"))
    found: set[UUID] = set()
    for one in {place for pair in placed for place in pair}:
        place: UUID | None = one
        while place is not None and place not in found:
            found.add(place)
            place = parents.get(place)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFilter:
    """What the list of groups is narrowed to."""

    text: str = ""
    messenger: str = ""
    which: str = ""


def groups_listed(person: Person, wanted: GroupFilter) -> QuerySet[Group]:
    """The groups a person may look into, with the number of their open differences and the room at hand."""
    open_ones = Q(channel__differences__state=Difference.State.OPEN)
    found = (
        groups_visible_to(person)
        .exclude(channel__state__in=[State.RETIRED, State.REFUSED])
        .select_related("channel__room")
        .annotate(open_count=Count("channel__differences", filter=open_ones))
    )
    for word in wanted.text.split():
        found = found.filter(Q(channel__name__icontains=word) | Q(channel__owner__name__icontains=word))
    if wanted.messenger:
        found = found.filter(messenger__key=wanted.messenger)
    if wanted.which == "differing":
        found = found.filter(open_count__gt=0)
    elif wanted.which == "in-order":
        found = found.filter(open_count=0)
    elif wanted.which == "failing":
        found = found.filter(failures__gt=0)
    return found


def differences_listed(person: Person, *, field: str = "", state: str = "open", text: str = "") -> QuerySet[Difference]:
    """The differences of the groups a person may look into."""
    visible = groups_visible_to(person).values("channel")
    found = Difference.objects.filter(channel__in=visible).select_related("channel__owner", "person")
    if state:
        found = found.filter(state=state)
    if field:
        found = found.filter(field=field)
    for word in text.split():
        found = found.filter(
            Q(channel__name__icontains=word) | Q(person__name__icontains=word) | Q(observed__icontains=word)
        )
    return found


def open_differences_of(channel: Channel) -> QuerySet[Difference]:
    """What differs about a channel now, exceptions last."""
    found = channel.differences.exclude(state=Difference.State.CLOSED).select_related("person")
    return found.order_by("-state", "field", "id")


def recently_closed(channel: Channel, *, limit: int = 20) -> QuerySet[Difference]:
    """The differences of a channel that were closed last."""
    found = channel.differences.filter(state=Difference.State.CLOSED).select_related("person", "decided_by")
    return found.order_by("-closed_at")[:limit]


def amendments_of(channel: Channel) -> QuerySet[Amendment]:
    """The approved departures that hold for a channel."""
    return channel.amendments.filter(ended_on=None).select_related("person", "request").order_by("starts_on", "id")


def acceptance_of(difference: Difference) -> Request | None:
    """The request under which a difference waits to become the approved state."""
    subject = subject_of(difference)
    found = Request.objects.filter(subject_type=subject.type, subject_id=subject.id)
    return found.exclude(state__in=Request.CLOSED).order_by("-id").first()


def tellers(differences: Collection[Difference]) -> dict[str, str]:
    """The names of the users that messengers told of, by case-folded user id."""
    wanted = {one.told_by.casefold() for one in differences if one.told_by}
    if not wanted:
        return {}
    users = MessengerUser.objects.filter(user_id__in={one.told_by for one in differences if one.told_by})
    return {one.user_id.casefold(): str(one.person or one) for one in users.select_related("person")}


# --- runs ---------------------------------------------------------------------------------------------------


def runs_listed() -> QuerySet[ApplyRun]:
    return ApplyRun.objects.select_related("messenger", "person")


def held_runs() -> QuerySet[ApplyRun]:
    """The runs that wait for a click."""
    return runs_listed().filter(state=ApplyRun.State.HELD).order_by("started_at")


def steps_of(run: ApplyRun) -> QuerySet[ApplyStep]:
    return run.steps.select_related("channel").order_by("position")


def steps_about(channel: Channel, *, limit: int = 10) -> QuerySet[ApplyStep]:
    """What was done about a channel last."""
    return channel.apply_steps.select_related("run").order_by("-run__started_at", "-id")[:limit]


# --- strays -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stray:
    """A room without registration, who made it as far as we know, and whom we asked."""

    room: Room
    creator: MessengerUser | None
    question: StrayQuestion | None
    request: Request | None


def with_makers(rooms: Collection[Room]) -> list[Stray]:
    """Rooms with their creators (else owners), questions and registrations under way; three queries."""
    wanted = {(one.creator_user_id or one.owner_user_id) for one in rooms} - {""}
    users = MessengerUser.objects.filter(user_id__in=wanted, messenger__in={one.messenger_id for one in rooms})
    known = {(one.messenger_id, one.user_id.casefold()): one for one in users.select_related("person")}
    asked = StrayQuestion.objects.filter(room__in=[one.pk for one in rooms]).exclude(state="withdrawn")
    questions = {one.room_id: one for one in asked.select_related("person").order_by("asked_at")}
    requests = Request.objects.filter(
        subject_type="messengers.room", subject_id__in=[str(one.pk) for one in rooms]
    ).exclude(state__in=Request.CLOSED)
    waiting = {one.subject_id: one for one in requests}
    return [
        Stray(
            room,
            known.get((room.messenger_id, (room.creator_user_id or room.owner_user_id).casefold())),
            questions.get(room.pk),
            waiting.get(str(room.pk)),
        )
        for room in rooms
    ]


def questions_to(person: Person) -> QuerySet[StrayQuestion]:
    """The stray groups a person was asked about and has not answered for."""
    found = StrayQuestion.objects.filter(person=person, state=StrayQuestion.State.ASKED, room__gone_at__isnull=True)
    return found.select_related("room__messenger", "deadline").order_by("asked_at")


# --- answering ----------------------------------------------------------------------------------------------


def open_hand_overs() -> QuerySet[HandOver]:
    return HandOver.objects.filter(state=HandOver.State.OPEN)


def hand_overs_for(person: Person) -> QuerySet[HandOver]:
    """The hand-overs that wait for a person to take the channel."""
    return open_hand_overs().filter(proposed=person).select_related("channel", "previous", "deadline")


@dataclass(frozen=True, slots=True)
class Confirmable:
    """A channel that only its owner can see into, and what was last confirmed of it."""

    channel: Channel
    last: Attestation | None
    month: date

    @property
    def is_due(self) -> bool:
        return self.last is None or self.last.month < self.month


def attested_channels() -> QuerySet[Channel]:
    """Channels in use that rest on their owner's word."""
    return channels.in_use().filter(observability=Observability.ATTESTED).exclude(state=State.SUSPENDED)


def confirmable(found: QuerySet[Channel]) -> list[Confirmable]:
    """Channels with their last confirmation; two queries."""
    these = list(found.select_related("owner", "deputy_owner"))
    newest = Attestation.objects.filter(channel__in=these).values("channel").annotate(month=Max("month"))
    wanted = Q(pk__in=[])
    for one in newest:
        wanted |= Q(channel=one["channel"], month=one["month"])
    last = {one.channel_id: one for one in Attestation.objects.filter(wanted).select_related("person", "screenshot")}
    month = this_month()
    return [Confirmable(one, last.get(one.pk), month) for one in these]


def confirmable_by(person: Person) -> QuerySet[Channel]:
    """The channels a person has to confirm."""
    return attested_channels().filter(Q(owner=person) | Q(deputy_owner=person))


def this_month() -> date:
    return today().replace(day=1)


def confirmation_of(channel_id: UUID, month: str) -> Attestation | None:
    """What was confirmed of a channel for a month given as 2026-01; None for what is no month."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        return None
    found = Attestation.objects.select_related("channel", "screenshot")
    return found.filter(channel=channel_id, month__year=first.year, month__month=first.month).first()


def unconfirmed_by(person: Person) -> QuerySet[Channel]:
    """The channels a person owns and has not confirmed for this month."""
    done = Attestation.objects.filter(month=this_month()).values("channel")
    return attested_channels().filter(owner=person).exclude(pk__in=done)


def unconfirmed_last_month() -> QuerySet[Channel]:
    """The channels on their owner's word that were live all of last month and were not confirmed for it."""
    before = (this_month() - timedelta(days=1)).replace(day=1)
    done = Attestation.objects.filter(month=before).values("channel")
    return attested_channels().filter(live_at__date__lt=before).exclude(pk__in=done)
