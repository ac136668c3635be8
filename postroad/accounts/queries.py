"""Reads of key accounts, by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from postroad.accounts.models import Absence, HandOver, KeyAccount, Medium, Rhythm, Touch
from postroad.accounts.permissions import visible_accounts
from postroad.clock.models import Deadline, DutyOccurrence
from postroad.conversations.models import Message
from postroad.org.models import Contact, Organisation, Person, today

SOON = timedelta(days=7)
QUIET = timedelta(days=30)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands for a time that nothing is due at, so that lists can be sorted by it."""
SNIPPET = 160


# --- who looks after whom -----------------------------------------------------------------------------------


def running() -> QuerySet[KeyAccount]:
    """The key accounts of today, with everybody concerned at hand."""
    return KeyAccount.objects.filter(ended_on__isnull=True).select_related("organisation", "manager", "deputy")


def absent_today() -> frozenset[object]:
    """The ids of everybody who is away today."""
    day = today()
    return frozenset(Absence.objects.filter(starts_on__lte=day, ends_on__gte=day).values_list("person_id", flat=True))


def manager_of(organisation_ids: Collection[UUID]) -> Mapping[UUID, Person]:
    """Who looks after each of these organisations today: the manager, or the deputy who stands in. Two queries.

    Organisations that nobody looks after are left out.
    """
    accounts = list(running().filter(organisation__in=organisation_ids)) if organisation_ids else []
    absent = absent_today() if accounts else frozenset()
    answering = {one.organisation_id: one.answers_on(today(), absent=absent) for one in accounts}
    return {organisation: person for organisation, person in answering.items() if person}


def account_of(organisation: Organisation | None) -> KeyAccount | None:
    """The running key account of an organisation, with manager and deputy at hand."""
    return running().filter(organisation=organisation).first() if organisation else None


def accounts_of_contacts(contact_ids: Collection[UUID]) -> dict[UUID, KeyAccount]:
    """The running key account of each contact whose organisation has one. Two queries at most, one where none has."""
    found = dict(
        Contact.objects.filter(pk__in=contact_ids, organisation__accounts__ended_on__isnull=True)
        .exclude(organisation__accounts=None)
        .values_list("pk", "organisation__accounts")
    )
    accounts = KeyAccount.objects.in_bulk(set(found.values())) if found else {}
    return {contact: accounts[account] for contact, account in found.items()}


def without_manager() -> list[Organisation]:
    """The organisations marked as key accounts that nobody has been named for."""
    cared_for = KeyAccount.objects.filter(organisation=OuterRef("pk"), ended_on__isnull=True)
    found = Organisation.objects.filter(~Exists(cared_for), key_account=True, ended_on__isnull=True)
    return list(found.order_by("name", "id"))


# --- standing -----------------------------------------------------------------------------------------------


def waiting_occurrences() -> QuerySet[DutyOccurrence]:
    """What is to be done next in each running rhythm."""
    return DutyOccurrence.objects.filter(
        duty__account_rhythm__ended_on__isnull=True,
        duty__account_rhythm__isnull=False,
        deadline__finished_at__isnull=True,
    )


def with_standing(accounts: QuerySet[KeyAccount]) -> QuerySet[KeyAccount]:
    """Key accounts with `next_due` (NEVER without any) and `last_at`, the last contact that counts (or none)."""
    waiting = waiting_occurrences().filter(duty__account_rhythm__account=OuterRef("pk"))
    counted = Touch.objects.filter(account=OuterRef("pk"), counts=True).order_by("-at")
    return accounts.annotate(
        next_due=Coalesce(Subquery(waiting.order_by("deadline__due_at").values("deadline__due_at")[:1]), Value(NEVER)),
        last_at=Subquery(counted.values("at")[:1]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFilter:
    """What the list is narrowed to; empty values do not narrow."""

    text: str = ""
    show: str = ""


SHOWS = ("mine", "overdue", "soon", "quiet", "hand-over", "ended")


def accounts_matching(person: Person, wanted: AccountFilter) -> QuerySet[KeyAccount]:
    """The key accounts that `person` sees, narrowed, with their standing; ended ones only where they are asked for."""
    now = timezone.now()
    found = with_standing(visible_accounts(person)).filter(ended_on__isnull=wanted.show != "ended")
    if wanted.text:
        found = found.filter(
            Q(organisation__name__icontains=wanted.text)
            | Q(organisation__name_en__icontains=wanted.text)
            | Q(contract_number__icontains=wanted.text)
            | Q(manager__name__icontains=wanted.text)
            | Q(deputy__name__icontains=wanted.text)
        )
    opened_at = Cast("opened_on", Touch._meta.get_field("at"))
    narrowed = {
        "mine": Q(manager=person) | Q(deputy=person),
        "overdue": Q(next_due__lt=now),
        "soon": Q(next_due__gte=now, next_due__lt=now + SOON),
        "quiet": Q(last_at__lt=now - QUIET) | Q(last_at__isnull=True, opened_at__lt=now - QUIET),
        "hand-over": Q(Exists(HandOver.objects.filter(account=OuterRef("pk"), state=HandOver.State.OPEN))),
    }
    return found.alias(opened_at=opened_at).filter(narrowed.get(wanted.show, Q()))


@dataclass(frozen=True, slots=True)
class Beat:
    """A rhythm, how it stands now, and the last contact that counted for it."""

    rhythm: Rhythm
    deadline: Deadline | None
    last_at: datetime | None

    @property
    def is_overdue(self) -> bool:
        return self.deadline is not None and self.deadline.due_at < timezone.now()

    @property
    def is_due_soon(self) -> bool:
        return self.deadline is not None and not self.is_overdue and self.deadline.due_at < timezone.now() + SOON


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A key account as lists show it. `answering` is who looks after it today."""

    account: KeyAccount
    answering: Person | None
    beats: tuple[Beat, ...]
    last_at: datetime | None
    hand_over: HandOver | None

    @property
    def stands_in(self) -> bool:
        """Whether it is the deputy who looks after it today."""
        return self.answering is not None and self.answering.pk != self.account.manager_id

    @property
    def manager_left(self) -> bool:
        return not self.account.manager.is_active_on(today())

    @property
    def overdue(self) -> tuple[Beat, ...]:
        return tuple(one for one in self.beats if one.is_overdue)

    @property
    def next(self) -> Beat | None:
        """What is to be done first."""
        due = [one for one in self.beats if one.deadline]
        return min(due, key=lambda one: one.deadline.due_at if one.deadline else NEVER, default=None)

    @property
    def quiet_days(self) -> int | None:
        """For how many days nobody who looks after it spoke to them, once that is long."""
        since = self.last_at or datetime.combine(
            self.account.opened_on, datetime.min.time(), tzinfo=timezone.get_default_timezone()
        )
        silent = timezone.now() - since
        return silent.days if silent >= QUIET else None

    @property
    def contract_runs_out(self) -> bool:
        """Whether the contract ends within two months, or has ended."""
        until = self.account.contract_until
        return until is not None and until <= today() + timedelta(days=60)

    @property
    def tone(self) -> str:
        if self.account.ended_on:
            return "secondary"
        if self.overdue or self.answering is None:
            return "danger"
        return "warning" if self.hand_over or self.manager_left else "success"


def standings(accounts: Collection[KeyAccount]) -> list[Standing]:
    """How each of these key accounts stands, in their order. Five queries, whatever their number."""
    ids = [one.pk for one in accounts]
    if not ids:
        return []
    rhythms = list(
        Rhythm.objects.filter(account__in=ids, ended_on__isnull=True).select_related("duty").order_by("medium")
    )
    waiting = waiting_occurrences().filter(duty__in=[one.duty_id for one in rhythms]).select_related("deadline")
    deadlines = {one.duty_id: one.deadline for one in waiting}
    counted = Touch.objects.filter(account__in=ids, counts=True).values("account", "medium").annotate(last=Max("at"))
    last = {(one["account"], one["medium"]): one["last"] for one in counted}
    coming = HandOver.objects.filter(account__in=ids, state=HandOver.State.OPEN).select_related("proposed")
    hand_overs = {one.account_id: one for one in coming}
    absent, day = absent_today(), today()
    order = {medium: place for place, medium in enumerate(Medium.values)}
    beats: dict[UUID, list[Beat]] = {one: [] for one in ids}
    for rhythm in sorted(rhythms, key=lambda one: order[one.medium]):
        beat = Beat(rhythm, deadlines.get(rhythm.duty_id), last.get((rhythm.account_id, rhythm.medium)))
        beats[rhythm.account_id].append(beat)
    return [
        Standing(
            account=one,
            answering=one.answers_on(day, absent=absent),
            beats=tuple(beats[one.pk]),
            last_at=max((at for (account, _medium), at in last.items() if account == one.pk), default=None),
            hand_over=hand_overs.get(one.pk),
        )
        for one in accounts
    ]


# --- contact log --------------------------------------------------------------------------------------------


def touches_of(account: KeyAccount, *, medium: str = "") -> QuerySet[Touch]:
    """The contacts with a key account, whoever had them; newest first by "-at", "-id"."""
    found = account.touches.select_related("person", "contact", "call")
    return found.filter(medium=medium) if medium in Medium.values else found


@dataclass(frozen=True, slots=True)
class Line:
    """Contacts of one day that belong together: the messages of a conversation between the same people."""

    newest: Touch
    number: int
    words: str


def lines(touches: Iterable[Touch]) -> list[Line]:
    """Contacts as the log shows them, in their order, with what they were about. One query."""
    these = list(touches)
    ids = [one.message_id for one in these if one.message_id]
    messages = {
        one.pk: one
        for one in Message.objects.filter(pk__in=ids).only("subject", "reply_text", "text", "conversation_id")
    }
    found: list[Line] = []
    before: object = None
    for one in these:
        message = messages.get(one.message_id) if one.message_id else None
        same = (message.conversation_id, one.person_id, one.counts, timezone.localdate(one.at)) if message else one.pk
        if same == before:
            found[-1] = Line(found[-1].newest, found[-1].number + 1, found[-1].words)
            continue
        before = same
        found.append(Line(one, 1, one.words or (_about(one, message) if message else "")))
    return found


def _about(touch: Touch, message: Message) -> str:
    if touch.medium == Medium.MAIL and message.subject:
        return message.subject
    text = " ".join((message.reply_text or message.text).split())
    return text if len(text) <= SNIPPET else f"{text[:SNIPPET]}…"


# --- what waits ---------------------------------------------------------------------------------------------


def hand_overs_for(person: Person) -> QuerySet[HandOver]:
    """The key accounts that a person is to take over."""
    found = HandOver.objects.filter(proposed=person, state=HandOver.State.OPEN)
    return found.select_related("account__organisation", "previous", "deadline").order_by("opened_at")


def due_for(person: Person) -> QuerySet[Rhythm]:
    """The rhythms in which a person has to be in touch with somebody within a week, or should have been."""
    waiting = waiting_occurrences().filter(duty=OuterRef("duty")).values("deadline__due_at")[:1]
    return (
        Rhythm.objects.filter(duty__responsible=person, ended_on__isnull=True)
        .annotate(due_at=Subquery(waiting))
        .filter(due_at__lt=timezone.now() + SOON)
        .select_related("account__organisation", "duty")
        .order_by("due_at", "id")
    )


def escalated_to(person: Person) -> QuerySet[Rhythm]:
    """The rhythms of others of which a person was told that they are overdue, as long as they are."""
    return (
        Rhythm.objects.filter(escalated_to=person, ended_on__isnull=True, escalated__deadline__finished_at__isnull=True)
        .annotate(due_at=F("escalated__deadline__due_at"))
        .select_related("account__organisation", "duty__responsible")
        .order_by("due_at", "id")
    )


def absences(people: QuerySet[Person]) -> QuerySet[Absence]:
    """The absences of some people that are not over."""
    return (
        Absence.objects.filter(person__in=people, ends_on__gte=today()).select_related("person").order_by("starts_on")
    )
