"""Every read of the hotline, by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet

from postroad.channels.models import Channel, Kind
from postroad.channels.models import State as ChannelState
from postroad.conversations.models import Message, Receipt
from postroad.hotline.folding import Told, in_order
from postroad.hotline.models import (
    SPOKEN,
    UNANSWERED,
    Call,
    CallBack,
    Caller,
    CallEvent,
    Direction,
    EventType,
    Extension,
    Line,
    RecordsImport,
    RefusedEvent,
    State,
)
from postroad.hotline.registry import CaseStanding, case_keeper
from postroad.org.models import Contact, Person, today
from postroad.org.personal import PersonalField, digest
from postroad.org.registry import account_managers
from postroad.platform import crypto

PROMISED = timedelta(minutes=10)
"""What the standard promises where the channel says nothing (`external.sla-phone`)."""
RINGS_AT_MOST = timedelta(minutes=5)
"""A call that rings longer without another word from the telephone system is taken for lost."""
TALKS_AT_MOST = timedelta(hours=4)
LATE = timedelta(seconds=15)
SERVED = (ChannelState.LIVE, ChannelState.SUSPENDED)


# --- lines ---------------------------------------------------------------------------------------------------


def line_to_serve(key: str) -> Line | None:
    """The connected hotline of that key; a suspended one still tells of its calls."""
    found = Line.objects.select_related("channel").filter(channel__key=key, channel__kind=Kind.HOTLINE)
    return found.filter(channel__state__in=SERVED).first()


def line_of(channel: Channel) -> Line | None:
    return Line.objects.filter(channel=channel).first()


def secret_context(line: Line, name: str) -> str:
    return f"hotline.line.{name}:{line.pk}"


def secrets_of(line: Line, *, now: datetime) -> list[bytes]:
    """The secrets that count now, the newest first."""
    found = [crypto.open_sealed(bytes(line.sealed_secret), context=secret_context(line, "secret"))]
    if line.sealed_previous and line.previous_until and now < line.previous_until:
        found.append(crypto.open_sealed(bytes(line.sealed_previous), context=secret_context(line, "previous")))
    return found


def promised(channel: Channel) -> timedelta:
    """Within what time a call is answered, or called back."""
    return channel.first_reply or PROMISED


def extensions_of(channel: Channel) -> QuerySet[Extension]:
    return channel.extensions.select_related("person__department").order_by("number")


def people_at(channel_id: UUID, numbers: Collection[str]) -> dict[str, Person]:
    """Who sits at these extensions of a hotline's telephone system today."""
    found = Extension.objects.filter(channel=channel_id, number__in=numbers).select_related("person")
    return {one.number: one.person for one in found if one.person.is_active_on(today())}


def refused_since(channel: Channel, day: date) -> QuerySet[RefusedEvent]:
    return channel.refused_events.filter(day__gte=day).order_by("-last_at")


def records_context(records: RecordsImport) -> str:
    return f"hotline.records:{records.pk}"


def records_content(records: RecordsImport) -> bytes:
    """The file of an import that is not over."""
    return crypto.open_sealed(bytes(records.sealed_content or b""), context=records_context(records))


def remembered_columns(channel: Channel) -> dict[str, str]:
    """Which heading meant what in the last file of a hotline whose columns were named."""
    named = channel.records_imports.exclude(state=RecordsImport.State.MAPPING).exclude(columns={})
    return named.order_by("-id").values_list("columns", flat=True).first() or {}


def imports_of(channel: Channel) -> QuerySet[RecordsImport]:
    return channel.records_imports.defer("sealed_content").select_related("uploaded_by").order_by("-id")


# --- callers -------------------------------------------------------------------------------------------------


def number_digest(number: str) -> bytes:
    """The look-up digest of a normalised number, the same as of contacts' numbers."""
    return digest(PersonalField.PHONE, number)


def contacts_by_digest(digests: Collection[bytes]) -> dict[bytes, Contact]:
    """Who has these numbers. Where several share one, the one we have known longest."""
    found = Contact.objects.filter(phone_digest__in=list(digests), ended_on__isnull=True, erased_at__isnull=True)
    return {bytes(one.phone_digest or b""): one for one in found.order_by("-id")}


def plain_number(caller: Caller) -> str:
    """The number itself. Only for what is recorded at once."""
    if caller.sealed_number is None:
        return ""
    return crypto.SubjectKeys([caller.pk]).open(caller.pk, bytes(caller.sealed_number), context=CALLER_CONTEXT)


CALLER_CONTEXT = "hotline.caller.number"


def key_account_of(caller: Caller | None) -> UUID | None:
    """The organisation of a caller, where it is a key account; contact and organisation are at hand."""
    organisation = caller.contact.organisation if caller and caller.contact else None
    return organisation.pk if organisation and organisation.key_account else None


# --- calls ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """What the list is narrowed to; empty values do not narrow. `number` is compared as a whole."""

    channel: str = ""
    state: str = ""
    direction: str = ""
    agent: UUID | None = None
    number: str = ""
    start: datetime | None = None
    end: datetime | None = None


def narrowed(calls: QuerySet[Call], wanted: CallFilter) -> QuerySet[Call]:
    found = calls.select_related("channel", "caller__contact__organisation", "agent")
    if wanted.channel:
        found = found.filter(channel__key=wanted.channel)
    if wanted.state == "unanswered":
        found = found.filter(direction=Direction.IN, state__in=UNANSWERED)
    elif wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.direction:
        found = found.filter(direction=wanted.direction)
    if wanted.agent:
        found = found.filter(agent=wanted.agent)
    if wanted.number:
        found = found.filter(caller__digest=number_digest(wanted.number))
    if wanted.start:
        found = found.filter(started_at__gte=wanted.start)
    if wanted.end:
        found = found.filter(started_at__lt=wanted.end)
    return found


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event in its place in the call; `late` by how much it came after it had happened, where that matters."""

    event: CallEvent
    person: Person | None
    late: timedelta | None


def story_of(call: Call) -> list[ToldEvent]:
    """Everything that was told of a call, in the order in which it happened. Two queries."""
    events = {one.external_id: one for one in call.events.order_by("received_at", "id")}
    people = people_at(call.channel_id, {one.extension for one in events.values()})
    order = in_order(
        Told(id=one.external_id, type=EventType(one.type), at=one.at, sequence=one.sequence) for one in events.values()
    )
    return [
        ToldEvent(event, people.get(event.extension), delay if (delay := event.received_at - event.at) > LATE else None)
        for event in (events[told.id] for told in order)
    ]


def conversation_of(call: Call) -> UUID | None:
    """The conversation in which the history tells of a call that was answered, or of one that was not."""
    if call.call_back:
        return call.call_back.conversation_id
    told = (f"{call.pk}/answered", f"{call.pk}/called")
    receipt = Receipt.objects.filter(channel=call.channel_id, external_id__in=told).first()
    message = Message.objects.filter(pk=receipt.message_id).only("conversation_id").first() if receipt else None
    return message.conversation_id if message else None


def case_of(call: Call) -> CaseStanding | None:
    """The case that a call belongs to."""
    conversation_id = conversation_of(call)
    return case_keeper().cases_of([conversation_id]).get(conversation_id) if conversation_id else None


def cases_to_file_with(call: Call, *, reader: Person) -> list[CaseStanding]:
    """The cases that a call may be about: those worked on of who called or was called, as the reader sees them."""
    contact = call.caller.contact if call.caller else None
    return case_keeper().open_of(contact, reader=reader) if contact and call.was_spoken else []


def calls_with(caller: Caller, *, besides: Call | None = None, limit: int = 8) -> list[Call]:
    """The newest calls with a number."""
    found = Call.objects.filter(caller=caller, test=False).select_related("channel", "agent")
    return list((found.exclude(pk=besides.pk) if besides else found).order_by("-started_at", "-id")[:limit])


def calls_of_contact(contact: Contact, *, limit: int = 8) -> list[Call]:
    """The newest calls with any number of a contact."""
    found = Call.objects.filter(caller__contact=contact, test=False).select_related("channel", "agent", "caller")
    return list(found.order_by("-started_at", "-id")[:limit])


def calls_in(conversation_ids: Collection[UUID]) -> list[Call]:
    """The calls that a case is made of, oldest first."""
    found = Call.objects.filter(call_back__conversation__in=conversation_ids).select_related("agent", "caller")
    return list(found.order_by("started_at", "id"))


def under_way_at(person: Person, *, now: datetime) -> list[Call]:
    """The calls that ring at a person's extensions or are spoken there now, newest first. Two queries."""
    places = list(Extension.objects.filter(person=person).values_list("channel_id", "number"))
    if not places:
        return []
    mine = Q(pk__in=())
    for channel_id, number in places:
        at_mine = Q(extension=number, state=State.TALKING) | Q(rung__contains=[number], state=State.RINGING)
        mine |= Q(channel_id=channel_id) & at_mine
    fresh = Q(state=State.RINGING, started_at__gt=now - RINGS_AT_MOST) | Q(
        state=State.TALKING, started_at__gt=now - TALKS_AT_MOST
    )
    related = ("channel", "caller__contact__organisation")
    found = Call.objects.filter(mine, fresh, state__in=(State.RINGING, State.TALKING)).select_related(*related)
    return list(found.order_by("-started_at")[:3])


def lost(*, now: datetime) -> list[UUID]:
    """Calls that ring for so long that the telephone system must have forgotten to tell how they ended."""
    ringing = Call.objects.filter(state=State.RINGING, started_at__lt=now - RINGS_AT_MOST)
    return list(ringing.order_by("started_at").values_list("pk", flat=True)[:200])


@dataclass(frozen=True, slots=True)
class Answered:
    """Incoming calls of a period that somebody answered, in the promised time or later, and those without a number
    that nobody answered: nobody can call those back.
    """

    in_time: int
    late: int
    nameless: int
    channels: frozenset[UUID]


def answered(*, start: datetime, end: datetime) -> Answered:
    """What a period's incoming calls came to, tests left out. Two queries; by when they began."""
    calls = Call.objects.filter(direction=Direction.IN, test=False, started_at__gte=start, started_at__lt=end)
    lines = Channel.objects.in_bulk(list(calls.order_by().values_list("channel", flat=True).distinct()))
    in_time = late = nameless = 0
    for channel in lines.values():
        waited = ExpressionWrapper(F("answered_at") - F("started_at"), output_field=DurationField())
        spoken = calls.filter(channel=channel, state__in=SPOKEN).annotate(wait=waited)
        on_time = spoken.filter(wait__lte=promised(channel)).count()
        in_time += on_time
        late += spoken.count() - on_time
        nameless += calls.filter(channel=channel, state__in=UNANSWERED, caller__isnull=True).count()
    return Answered(in_time, late, nameless, frozenset(lines))


# --- calling back --------------------------------------------------------------------------------------------


def _manager(managers: Mapping[UUID, Person], caller: Caller) -> Person | None:
    key_account = key_account_of(caller)
    return managers.get(key_account) if key_account else None


@dataclass(frozen=True, slots=True)
class ToCallBack:
    """A line of the call-back list; `manager` looks after the caller's organisation."""

    call_back: CallBack
    case: CaseStanding
    manager: Person | None


def waiting(channels: QuerySet[Channel], *, limit: int = 200) -> list[ToCallBack]:
    """Whom to call back: who has waited longest first, those already tried last. A constant number of queries."""
    found = list(
        CallBack.objects.filter(channel__in=channels, settled_at__isnull=True)
        .select_related("channel", "caller__contact__organisation")
        .order_by("since")[:limit]
    )
    cases = case_keeper().cases_of([one.conversation_id for one in found])
    managers = account_managers({key for one in found if (key := key_account_of(one.caller))})
    rows = [
        ToCallBack(one, cases[one.conversation_id], _manager(managers, one.caller))
        for one in found
        if one.conversation_id in cases and not cases[one.conversation_id].finished
    ]
    return sorted(rows, key=lambda row: (row.case.promise is None, row.call_back.since))


def standing_call_back(conversation_ids: Collection[UUID]) -> CallBack | None:
    """Who is to be called back in one of these conversations. One query, none without a conversation."""
    found = CallBack.objects.filter(conversation__in=list(conversation_ids), settled_at__isnull=True)
    return found.select_related("caller", "channel").first()


def recently_settled(channels: QuerySet[Channel], *, limit: int = 20) -> list[CallBack]:
    """The call backs settled last."""
    found = CallBack.objects.filter(channel__in=channels, settled_at__isnull=False)
    return list(found.select_related("channel", "caller__contact", "settled_by").order_by("-settled_at")[:limit])


def open_call_backs(caller_id: UUID) -> list[CallBack]:
    """What stands open with a number, on any hotline, locked in the order of ids."""
    found = CallBack.objects.filter(caller=caller_id, settled_at__isnull=True)
    return list(found.select_for_update(no_key=True, of=("self",)).order_by("pk"))
