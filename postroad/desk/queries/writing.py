"""What one needs to write a mail: whom from, with which signature, when it can go, which files are there to take."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from postroad.accounts.models import Absence
from postroad.channels.models import Channel, Kind, State
from postroad.clock.workingtime.calendar import WorkingCalendar
from postroad.conversations.models import Attachment, Conversation, Message
from postroad.conversations.permissions import readable_channels
from postroad.desk import signing
from postroad.desk.models import TO_DO, Case, CaseConversation, Cover, Draft, MailRules, SenderAddress, Signature
from postroad.desk.permissions import sight_of
from postroad.desk.queries.case import conversation_to_answer
from postroad.desk.queries.chatting import chat_of
from postroad.desk.queries.promises import versions_in_force
from postroad.org.models import Person, today
from postroad.platform.errors import Invalid

FILES_OFFERED = 30


@dataclass(frozen=True, slots=True)
class SenderChoice:
    """An address one may write from: its own name ("" for that of who writes), and where answers to it go."""

    address: str
    name: str
    answers_to: str

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


def senders_of(channel: Channel) -> list[SenderChoice]:
    """The channel's own address, then the further ones its team may write from. One query."""
    own = SenderChoice(channel.address, "", channel.address)
    further = SenderAddress.objects.filter(channel=channel)
    return [
        own,
        *(SenderChoice(one.address, one.name, one.address if one.answers_here else own.address) for one in further),
    ]


def sender_to_use(senders: list[SenderChoice], *, chosen: str, answered: Message | None) -> SenderChoice:
    """The chosen address, else the one the customer wrote to, else the channel's own.

    Raises Invalid for one that the channel's team may not write from (any more).
    """
    known = {one.address.lower(): one for one in senders}
    if chosen:
        if chosen.lower() not in known:
            raise Invalid({"sender": _("This channel's team does not write from %(address)s.") % {"address": chosen}})
        return known[chosen.lower()]
    written_to = [one["address"].lower() for one in answered.recipients] if answered and answered.is_incoming else []
    return next((known[address] for address in written_to if address in known), senders[0])


def is_ours(channel: Channel, address: str) -> bool:
    """Whether an address may be written from at all: in the channel's own domain, or registered as a channel's."""
    domain = address.lower().rpartition("@")[2]
    if channel.address and domain == channel.address.lower().rpartition("@")[2]:
        return True
    return _registered(address).exists()


def is_another_channels(channel: Channel, address: str) -> bool:
    """Whether mail to that address comes in on another channel."""
    return _registered(address).exclude(pk=channel.pk).exists()


def _registered(address: str) -> QuerySet[Channel]:
    return Channel.objects.filter(address__iexact=address).exclude(state__in=(State.RETIRED, State.REFUSED))


def signature_of(person: Person | None, channel: Channel) -> Signature | None:
    """The nearest signature: the person's on this channel, the person's, the channel's. One query."""
    own = Q(person=person) & (Q(channel=channel) | Q(channel__isnull=True)) if person else Q(pk__in=())
    found = Signature.objects.filter(own | Q(person__isnull=True, channel=channel))
    return min(found, key=lambda one: (one.person_id is None, one.channel_id is None), default=None)


def signatures_of(person: Person) -> list[Signature]:
    """A person's own signatures, the one for everywhere first. One query."""
    found = Signature.objects.filter(person=person).select_related("channel")
    return sorted(found, key=lambda one: (one.channel_id is not None, str(one.channel or "")))


@dataclass(frozen=True, slots=True)
class Signed:
    """A text with the signature below it; `html` None where it goes out plain only."""

    text: str
    html: str | None


def signed(text: str, case: Case, *, channel: Channel, person: Person, language: str, address: str) -> Signed:
    """The text with the signature that counts for who writes it. One query."""
    signature = signature_of(person, channel)
    if signature is None:
        return Signed(text, None)
    english = language == signing.ENGLISH
    plain = (signature.text_en if english else signature.text) or signature.text or signature.text_en
    rich = (signature.html_en if english else signature.html) or signature.html or signature.html_en
    with translation.override(language):
        values = _values(case, channel=channel, person=person, english=english, address=address)
    html = signing.formatted(text, rich, values) if rich else None
    return Signed(signing.below(text, signing.filled(plain, values)), html)


def _values(case: Case, *, channel: Channel, person: Person, english: bool, address: str) -> dict[str, str]:
    department = person.department
    named = (department.name_en or department.name if english else department.name) if department else ""
    return {
        "name": (person.name_en or person.name) if english else person.name,
        "name_en": person.name_en,
        "title": person.title,
        "department": named,
        "channel": str(channel),
        "address": address,
        "number": f"#{case.number}",
    }


def mail_rules_of(channel: Channel) -> MailRules:
    """How mail on the channel is written; the defaults where nobody has said so. One query."""
    return MailRules.objects.filter(channel=channel).first() or MailRules(channel=channel)


def open_draft(case: Case, person: Person) -> Draft | None:
    """The reply that a person is writing, with its files. Two queries."""
    found = Draft.objects.filter(case=case, person=person, kind=Draft.Kind.REPLY, send_at__isnull=True)
    return found.prefetch_related("attachments__blob").first()


def asides_begun(case: Case, person: Person) -> list[Draft]:
    """What a person has begun to write to others than the customer. One query."""
    found = Draft.objects.filter(case=case, person=person, kind=Draft.Kind.ASIDE, send_at__isnull=True)
    return list(found.order_by("written_at"))


def scheduled_answers(cases: Collection[Case]) -> dict[UUID, datetime]:
    """When an answer to each of the cases goes out that a person told to wait, the first of them. One query."""
    found = Draft.objects.filter(case__in=cases, kind=Draft.Kind.REPLY, scheduled=True, held_back="")
    return dict(found.values_list("case").annotate(Min("send_at")))


def waiting_on(case: Case) -> list[Draft]:
    """What is to be sent on a case and has not been, the first to go first. Two queries."""
    found = Draft.objects.filter(case=case, send_at__isnull=False).select_related("person")
    return list(found.prefetch_related("attachments").order_by("send_at"))


def held_back_of(person: Person) -> list[Draft]:
    """What a person wanted to send and did not go; on cases that are not merged away. One query."""
    found = Draft.objects.filter(person=person).exclude(held_back="").select_related("case")
    return list(found.order_by("send_at"))


def mailbox_of(case: Case) -> Channel | None:
    """The mailbox from which one writes to others about a case: that of its conversation, its team's, or its chat's."""
    conversation = conversation_to_answer(case)
    channels = [conversation.channel] if conversation else []
    for channel in [*channels, case.channel]:
        if channel.kind == Kind.MAILBOX:
            return channel
    chat = chat_of(case)
    return chat.mailbox if chat else None


def aside_with(case: Case, address: str, channel: Channel) -> Conversation | None:
    """The conversation in which somebody else at that address was written to about the case already."""
    known = CaseConversation.objects.filter(case=case, aside=True, until_message_id__isnull=True)
    return (
        Conversation.objects.filter(pk__in=known.values("conversation"), channel=channel)
        .filter(participants__contains=[address.lower()])
        .order_by("-last_message_at")
        .first()
    )


def is_aside(case: Case, message: Message) -> bool:
    """Whether a message of the case was exchanged with somebody who is not the customer. One query."""
    if message.is_incoming and message.contact_id and message.contact_id == case.contact_id:
        return False
    return CaseConversation.objects.filter(case=case, conversation=message.conversation_id, aside=True).exists()


def language_for(case: Case, answered: Message | None) -> str:
    """The language to write to the customer in: that of what is answered."""
    return signing.language_of(
        f"{answered.subject} {answered.reply_text or answered.text}" if answered else case.subject
    )


# --- when ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Openings:
    """When the channel's working time begins next: `soon` only while it is closed now, `tomorrow` from tomorrow on."""

    soon: datetime | None
    tomorrow: datetime | None


def openings(channel: Channel, *, now: datetime | None = None) -> Openings:
    """When one could want a reply to go out; None of it where the channel has no calendar. One query."""
    moment = now or timezone.now()
    calendar = _calendar_of(channel)
    if calendar is None:
        return Openings(None, None)
    midnight = timezone.localtime(moment, calendar.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = calendar.add_working_time(midnight + timedelta(days=1), timedelta())
    soon = None if _is_open(calendar, moment) else calendar.add_working_time(moment, timedelta())
    return Openings(soon if soon != tomorrow else None, tomorrow)


def closed_until(channel: Channel, at: datetime) -> datetime | None:
    """When the channel opens again, where it is closed at that moment; None while it is open or has no calendar."""
    calendar = _calendar_of(channel)
    if calendar is None or _is_open(calendar, at):
        return None
    return calendar.add_working_time(at, timedelta())


def _calendar_of(channel: Channel) -> WorkingCalendar | None:
    version = versions_in_force({channel.calendar_key}).get(channel.calendar_key)
    return version.working_calendar() if version else None


def _is_open(calendar: WorkingCalendar, at: datetime) -> bool:
    return calendar.working_time_between(at, at + timedelta(microseconds=1)) > timedelta()


# --- files --------------------------------------------------------------------------------------------------------


def files_to_take(case: Case, *, person: Person, words: str) -> list[Attachment]:
    """Files that may go along with a mail: of this customer's messages, and with `words` of any one may read.

    The newest first, at most `FILES_OFFERED`; pictures that belong into a text are left out. Two queries beside the
    reader's rights.
    """
    found = _readable_files(person)
    if words.strip():
        for word in words.split():
            found = found.filter(name__icontains=word)
    else:
        found = found.filter(_of_the_customer(case))
    return list(found.select_related("message__channel", "blob").order_by("-message_id", "position")[:FILES_OFFERED])


def file_to_take(attachment_id: UUID, *, person: Person) -> Attachment | None:
    """A file that the person may read and so send on."""
    return _readable_files(person).select_related("message", "blob").filter(pk=attachment_id).first()


def _readable_files(person: Person) -> QuerySet[Attachment]:
    within = Q(until_message_id__isnull=True) | Q(until_message_id__gt=OuterRef("message_id"))
    of_a_case = CaseConversation.objects.filter(
        within,
        conversation=OuterRef("message__conversation"),
        first_message_id__lte=OuterRef("message_id"),
        case__in=sight_of(person).cases(),
    )
    readable = Q(message__channel__in=readable_channels(person)) | Exists(of_a_case)
    return Attachment.objects.filter(readable, inline=False)


def _of_the_customer(case: Case) -> Q:
    of_the_case = Q(message__conversation__in=case.links.values("conversation"))
    return of_the_case | Q(message__conversation__contact=case.contact_id) if case.contact_id else of_the_case


# --- who is away --------------------------------------------------------------------------------------------------


def away_today() -> QuerySet[Absence]:
    """The absences of today, with what becomes of the cases meanwhile."""
    day = today()
    return Absence.objects.filter(starts_on__lte=day, ends_on__gte=day).select_related("person", "cover__deputy")


def absences_of(people: Collection[Person]) -> list[Absence]:
    """Absences of these people that last or are to come. One query."""
    found = Absence.objects.filter(ends_on__gte=today(), person__in=people).order_by("starts_on", "id")
    return list(found.select_related("person", "cover__deputy"))


def absence_of(person: Person) -> Absence | None:
    """The absence a person is on today. One query."""
    return away_today().filter(person=person).first()


def cases_of_the_absent() -> list[tuple[Absence, list[Case]]]:
    """Each absence of today that gives cases away, with the cases to be worked on that its person still has.

    Two queries.
    """
    giving = away_today().exclude(cover__open_cases=Cover.OpenCases.KEEP)
    absences = {one.person_id: one for one in giving}
    cases: dict[UUID, list[Case]] = {}
    for case in Case.objects.filter(assignee__in=absences, state__in=TO_DO).defer("search").order_by("pk"):
        if case.assignee_id:
            cases.setdefault(case.assignee_id, []).append(case)
    return [(absences[person_id], found) for person_id, found in cases.items()]
