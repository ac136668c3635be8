"""What is known about the customer of a case: their history over all channels, and what they agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from postroad.channels.models import Channel, Kind
from postroad.conversations.models import Conversation
from postroad.desk.models import ACTIVE, Case, Consent
from postroad.desk.permissions import Sight
from postroad.hotline.models import Call
from postroad.livechat.models import Visit
from postroad.org.models import Contact, Organisation
from postroad.org.registry import Agreement

PAST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Past:
    """One thing between us and a customer: a case, a call, or what was filed without one; one of them is set."""

    at: datetime
    channel: Channel
    case: Case | None = None
    call: Call | None = None
    conversation: Conversation | None = None


def past_of(contact: Contact, *, sight: Sight, besides: Case | None = None, limit: int = PAST_SHOWN) -> list[Past]:
    """The history of a contact over all channels that the reader sees, newest first. Three queries."""
    cases = sight.cases().filter(contact=contact).select_related("channel", "assignee", "rating").defer("search")
    if besides is not None:
        cases = cases.exclude(pk=besides.pk)
    calls = Call.objects.filter(caller__contact=contact, test=False).select_related("channel", "agent")
    filed = Conversation.objects.filter(contact=contact, case_links__isnull=True).exclude(channel__kind=Kind.HOTLINE)
    if sight.channels is not None:
        calls, filed = calls.filter(channel__in=sight.channels), filed.filter(channel__in=sight.channels)
    found = [Past(one.opened_at, one.channel, case=one) for one in cases.order_by("-opened_at")[:limit]]
    found += [Past(one.started_at, one.channel, call=one) for one in calls.order_by("-started_at", "-id")[:limit]]
    newest = filed.select_related("channel").order_by("-last_message_at", "-id")[:limit]
    found += [Past(one.last_message_at, one.channel, conversation=one) for one in newest]
    return sorted(found, key=lambda one: one.at, reverse=True)[:limit]


def open_cases_of(organisation: Organisation, *, sight: Sight, besides: Case) -> int:
    """How many other cases of an organisation are being worked on, as far as the reader sees them. One query."""
    return sight.cases().filter(organisation=organisation, state__in=ACTIVE).exclude(pk=besides.pk).count()


def recorded_consents(contact: Contact) -> list[Agreement]:
    """What agents were told, and what the contact is held by; registered as a source of agreements. One query."""
    held = []
    if at := contact.consented_at:
        held = [Agreement(purpose=contact.stated_purpose, agreed_at=at, source=contact.get_basis_display())]
    return held + [
        Agreement(
            purpose=one.purpose,
            agreed_at=one.given_at,
            source=one.get_source_display(),
            withdrawn_at=one.withdrawn_at,
            url="" if one.withdrawn_at else reverse("desk:withdraw_consent", args=[one.pk]),
        )
        for one in Consent.objects.filter(contact=contact)
    ]


def consents_before_chats(contact: Contact) -> list[Agreement]:
    """What visitors agreed to before they chatted, in the words they saw; each wording once. One query."""
    visits = Visit.objects.filter(Q(contact=contact) | Q(conversation__contact=contact)).exclude(consent_text="")
    seen: dict[str, Visit] = {}
    for one in visits.select_related("channel").order_by("-consented_at")[:PAST_SHOWN]:
        seen.setdefault(one.consent_text, one)
    return [
        Agreement(purpose=one.consent_text, agreed_at=one.consented_at, source=str(one.channel))
        for one in seen.values()
    ]
