"""external.account-manager: every key account has a named manager, still employed, in touch at the agreed rhythm."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from postroad.accounts import queries
from postroad.accounts.models import HandOver, KeyAccount, Rhythm, Touch
from postroad.channels.models import Observability
from postroad.org.models import Person
from postroad.platform.measures import Measure, Period


def managed_and_on_rhythm(period: Period) -> Measure:
    """The share of key accounts whose manager worked here at the period's end, with no contact overdue in it.

    Of the accounts running at its end; while it lasts, organisations that nobody was named for count, too. An account
    is late in every period in which a contact was overdue at some time, however late it was made up for.
    """
    now = timezone.now()
    end = min(period.end, now)
    last_day = timezone.localdate(end)
    accounts = list(
        KeyAccount.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=last_day), opened_on__lte=last_day)
        .select_related("manager")
        .order_by("pk")
    )
    unnamed = len(queries.without_manager()) if period.end >= now else 0
    managers = _managers_at(end, accounts)
    late = _late({one.pk for one in accounts}, start=period.start, end=end)
    short = {one.pk for one in accounts if not managers[one.pk].is_active_on(last_day)} | late
    number, exceptions = len(accounts) + unnamed, len(short) + unnamed
    return Measure(
        value=100 * (number - exceptions) / number if number else None,
        unit="percent",
        sample_size=number,
        exceptions=exceptions,
        evidence_url=reverse("accounts:accounts") + ("?show=overdue" if late else ""),
        rests_on=_grades(period.start, end),
    )


def _managers_at(moment: datetime, accounts: list[KeyAccount]) -> dict[UUID, Person]:
    """Who managed each account at a moment: whoever the first hand-over after it took it from, else who does now."""
    managers = {one.pk: one.manager for one in accounts}
    since = HandOver.objects.filter(account__in=accounts, closed_at__gt=moment).exclude(previous=F("successor"))
    for hand_over in since.select_related("previous").order_by("-closed_at"):
        managers[hand_over.account_id] = hand_over.previous
    return managers


def _late(account_ids: set[UUID], *, start: datetime, end: datetime) -> set[UUID]:
    """Which of these accounts had a contact overdue at some time in a period."""
    deadline = "duty__occurrences__deadline__"
    overdue = Q(**{f"{deadline}due_at__lt": end}) & (
        Q(**{f"{deadline}finished_at__isnull": True})
        | Q(**{f"{deadline}finished_at__gt": F(f"{deadline}due_at"), f"{deadline}finished_at__gte": start})
    )
    return set(Rhythm.objects.filter(overdue, account__in=account_ids).values_list("account", flat=True))


def _grades(start: datetime, end: datetime) -> frozenset[str]:
    """Messages and calls are seen; what is entered by hand is somebody's word."""
    counted = Touch.objects.filter(counts=True, at__gte=start, at__lt=end)
    sources = set(counted.values_list("source", flat=True).distinct())
    word = Touch.Source.ENTRY
    return frozenset(Observability.ATTESTED if one == word else Observability.API for one in sources)
