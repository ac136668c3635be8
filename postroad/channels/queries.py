"""Reads of channels, by name."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from postroad.approvals.models import Request
from postroad.channels import naming
from postroad.channels.models import (
    Channel,
    ChannelMember,
    HealthCheck,
    NamingRule,
    State,
)
from postroad.channels.permissions import visible_to
from postroad.channels.protocol import Endpoint, EndpointState, SettingKind, connector_of
from postroad.clock.models import Calendar
from postroad.org.models import Department, Person, today
from postroad.platform.actors import subject_of
from postroad.platform.crypto import open_sealed

ENDED = (State.RETIRED, State.REFUSED)
CONNECTED = {
    State.APPROVED: EndpointState.TRIAL,
    State.LIVE: EndpointState.OPEN,
    State.SUSPENDED: EndpointState.DEFERRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFilter:
    """What the list of channels is narrowed to; empty values do not narrow. `state` "" leaves out ended ones."""

    text: str = ""
    kind: str = ""
    state: str = ""
    priority: str = ""
    observability: str = ""
    health: str = ""
    owner: str = ""


def channels_matching(person: Person, wanted: ChannelFilter) -> QuerySet[Channel]:
    """The channels a person may know of, narrowed by a filter, with the people and the department at hand."""
    found = visible_to(person).select_related("owner", "deputy_owner", "department")
    found = found.filter(state=wanted.state) if wanted.state else found.exclude(state__in=ENDED)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.priority:
        found = found.filter(priority="" if wanted.priority == "none" else wanted.priority)
    if wanted.observability:
        found = found.filter(observability=wanted.observability)
    if wanted.health:
        found = found.filter(healthy=wanted.health == "ok")
    if wanted.owner == "me":
        found = found.filter(Q(owner=person) | Q(deputy_owner=person))
    elif wanted.owner == "left":
        found = found.filter(owner__left_on__isnull=False)
    for word in wanted.text.split():
        found = found.filter(
            Q(name__icontains=word)
            | Q(name_en__icontains=word)
            | Q(key__icontains=word)
            | Q(address__icontains=word)
            | Q(owner__name__icontains=word)
        )
    return found


def register_sheet(channels: QuerySet[Channel]) -> tuple[list[str], list[list[Any]]]:
    """Headings and rows of the register as a spreadsheet."""
    headings = [
        _("Short key"),
        _("Name"),
        _("English name"),
        _("Kind"),
        _("State"),
        _("Class"),
        _("Owner"),
        _("Deputy owner"),
        _("Department"),
        _("Audience"),
        _("Confidentiality"),
        _("Encrypted"),
        _("Kept for"),
        _("Next review"),
        _("Observability"),
        _("Address"),
        _("First reply within (minutes)"),
        _("Answered within (hours)"),
        _("Purpose"),
    ]
    rows = [
        [
            one.key,
            one.name,
            one.name_en,
            one.get_kind_display(),
            one.get_state_display(),
            one.get_priority_display(),
            str(one.owner),
            str(one.deputy_owner or ""),
            str(one.department),
            one.get_audience_display(),
            one.get_confidentiality_display(),
            _("yes") if one.encrypted else _("no"),
            one.get_retention_class_display(),
            one.review_on,
            one.get_observability_display(),
            one.address,
            one.first_reply_minutes,
            one.answer_hours,
            one.purpose,
        ]
        for one in channels
    ]
    return headings, rows


def team_of(channel: Channel) -> QuerySet[ChannelMember]:
    """The people of a channel's team, leads first."""
    return channel.members.select_related("person", "person__department").order_by("-role", "person__name", "id")


def recent_checks(channel: Channel, *, limit: int = 20) -> QuerySet[HealthCheck]:
    """The newest health checks first."""
    return channel.health_checks.order_by("-started_at")[:limit]


def secrets_of(channel: Channel) -> dict[str, str]:
    """The opened secrets. For connectors only; no page shows them."""
    if channel.sealed_secrets is None:
        return {}
    plain: dict[str, str] = json.loads(open_sealed(bytes(channel.sealed_secrets), context=secrets_context(channel)))
    return plain


def secrets_context(channel: Channel) -> str:
    return f"channels.channel.secrets:{channel.pk}"


def endpoint_of(channel: Channel) -> Endpoint:
    """The channel as its connector sees it, secrets opened. Ended and applied-for channels count as deferred."""
    return Endpoint(
        channel_id=channel.pk,
        key=channel.key,
        name=channel.name,
        address=channel.address,
        state=CONNECTED.get(State(channel.state), EndpointState.DEFERRED),
        open_since=channel.live_at,
        settings=channel.connector_settings,
        secrets=secrets_of(channel),
    )


def connected_channels(connector: str) -> QuerySet[Channel]:
    """The channels that a connector has to do with at the moment."""
    return Channel.objects.filter(connector=connector, state__in=list(CONNECTED)).order_by("key")


def connected_channel(channel_id: UUID) -> Channel | None:
    """The channel, if it has a connector and is approved, live or suspended."""
    return Channel.objects.filter(pk=channel_id, state__in=list(CONNECTED)).exclude(connector="").first()


def naming_rules() -> dict[str, NamingRule]:
    """The naming rules by kind of channel."""
    return {rule.kind: rule for rule in NamingRule.objects.order_by("kind")}


def rule_of(stored: NamingRule) -> naming.Rule:
    return naming.Rule(stored.pattern, tuple(stored.reserved_words), stored.max_length)


def known_fields(department: Department | None) -> dict[str, Sequence[str]]:
    """What is decided about a name by the channel's department: both ways to write it."""
    if department is None:
        return {}
    return {"department": [name for name in (department.name, department.name_en) if name]}


def problems_of(name: str, stored: NamingRule, known: Mapping[str, Collection[str]]) -> list[naming.Problem]:
    """What is wrong with a name by a stored rule."""
    return naming.check_name(name, rule_of(stored), known)


def name_problems(name: str, *, kind: str, department: Department | None) -> list[naming.Problem]:
    """What is wrong with a name by the rule of its kind; nothing where there is no rule."""
    stored = NamingRule.objects.filter(kind=kind).first()
    return problems_of(name, stored, known_fields(department)) if stored else []


@dataclass(frozen=True, slots=True)
class NamedChannels:
    """Channels of one kind in use, and those among them whose names break a rule."""

    checked: int
    breaking: list[Channel]


def breaking(rule: naming.Rule, channels: Iterable[Channel]) -> NamedChannels:
    """Which of `channels` (departments at hand) a rule finds wrongly named."""
    everything = list(channels)
    wrong = [
        channel for channel in everything if naming.check_name(channel.name, rule, known_fields(channel.department))
    ]
    return NamedChannels(len(everything), wrong)


def in_use(*, kind: str = "") -> QuerySet[Channel]:
    """Channels that are approved, live or suspended, with owner and department at hand."""
    found = Channel.objects.filter(state__in=list(CONNECTED)).select_related("owner", "department").order_by("name")
    return found.filter(kind=kind) if kind else found


def open_requests(channel: Channel) -> QuerySet[Request]:
    """The requests about a channel that are not closed, newest first."""
    subject = subject_of(channel)
    return (
        Request.objects.filter(subject_type=subject.type, subject_id=subject.id)
        .exclude(state__in=Request.CLOSED)
        .select_related("applicant")
        .order_by("-id")
    )


def requests_about(channel: Channel) -> QuerySet[Request]:
    """All requests about a channel, newest first."""
    subject = subject_of(channel)
    return (
        Request.objects.filter(subject_type=subject.type, subject_id=subject.id)
        .select_related("applicant")
        .order_by("-id")
    )


def owned_with_trouble(person: Person) -> QuerySet[Channel]:
    """Channels a person answers for whose health check fails."""
    mine = Q(owner=person) | Q(deputy_owner=person)
    return Channel.objects.filter(mine, healthy=False).exclude(state__in=ENDED).order_by("health_changed_at")


def owned_to_review(person: Person, *, until: Any) -> QuerySet[Channel]:
    """Channels a person answers for whose review date has come."""
    mine = Q(owner=person) | Q(deputy_owner=person)
    return Channel.objects.filter(mine, review_on__lte=until).exclude(state__in=ENDED).order_by("review_on")


def people_like(typed: str, *, limit: int = 8) -> QuerySet[Person]:
    """The few people who work here whose name or staff number begins like this."""
    if not typed.strip():
        return Person.objects.none()
    text = typed.strip()
    fits = Q(name__istartswith=text) | Q(name_en__istartswith=text) | Q(staff_no__istartswith=text)
    working = Person.objects.filter(Q(left_on__isnull=True) | Q(left_on__gte=today()))
    return working.filter(fits).select_related("department").order_by("name", "id")[:limit]


def calendar_of(channel: Channel) -> Calendar | None:
    """The calendar in which the channel's promises count."""
    return Calendar.objects.filter(key=channel.calendar_key).first()


def connection_facts(channel: Channel) -> list[tuple[Any, str]]:
    """How a channel is connected, as label and value; a secret only as being there."""
    if not channel.connector:
        return []
    known = secrets_of(channel)
    facts = []
    for setting in connector_of(channel.connector).settings:
        if setting.kind == SettingKind.SECRET:
            value = "••••••••" if known.get(setting.name) else ""
        elif setting.kind == SettingKind.SWITCH:
            value = _("yes") if channel.connector_settings.get(setting.name) else _("no")
        else:
            raw = channel.connector_settings.get(setting.name, "")
            value = str(dict(setting.choices).get(raw, raw)) if raw is not None else ""
        if value:
            facts.append((setting.label, value))
    return facts
