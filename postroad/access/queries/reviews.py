"""Rounds of recertification, and reviews of the messengers' features."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from postroad.access.features import FEATURES
from postroad.access.models import (
    FeatureReview,
    Recertification,
    RecertificationItem,
    RecertificationSheet,
)
from postroad.messengers.models import Messenger


def with_progress(sheets: QuerySet[RecertificationSheet]) -> QuerySet[RecertificationSheet]:
    """Sheets with their channels and promises, how many grants they hold, and how many were answered."""
    related = ("channel", "owner", "recertification", "deadline", "last_deadline", "escalated_to")
    ended = Q(items__decision="", items__grant__ended_at__isnull=False)
    return (
        sheets.select_related(*related)
        .annotate(
            total=Count("items"),
            confirmed=Count("items", filter=Q(items__decision="confirmed")),
            revoked=Count("items", filter=Q(items__decision="revoked")),
            lapsed=Count("items", filter=ended),
            left=F("total") - F("confirmed") - F("revoked") - F("lapsed"),
        )
        .order_by("closed_at", "channel__name", "id")
    )


def items_of(sheet: RecertificationSheet) -> list[RecertificationItem]:
    """The grants of a sheet, unanswered ones first."""
    related = ("grant__channel", "grant__person__department", "grant__department", "decided_by")
    found = sheet.items.select_related(*related).order_by("decision", "grant__permission", "id")
    return list(found)


def recertifications() -> QuerySet[Recertification]:
    """All rounds, newest first, with how many grants they hold and how many were answered."""
    return Recertification.objects.annotate(
        sheet_count=Count("sheets", distinct=True),
        total=Count("sheets__items"),
        answered=Count("sheets__items", filter=~Q(sheets__items__decision="")),
    ).order_by("-started_at")


def feature_reviews() -> QuerySet[FeatureReview]:
    """All reviews of the messengers' features, newest first."""
    return FeatureReview.objects.select_related("reviewed_by", "deadline").order_by("-month")


def messengers_to_review() -> list[str]:
    """The names of the messengers in use; where none is connected, the company's own words stand for it."""
    in_use = Messenger.objects.exclude(state=Messenger.State.RETIRED).order_by("name")
    return [str(one) for one in in_use] or [_("The company's messenger")]


def findings_before(review: FeatureReview) -> dict[str, Any]:
    """What the last finished review before this one found; nothing for the first."""
    last = FeatureReview.objects.filter(month__lt=review.month, reviewed_at__isnull=False).order_by("-month").first()
    return dict(last.findings) if last else {}


def findings_shown(review: FeatureReview) -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    """What a review found, in words: by messenger the feature, its state's colour and label, and the note."""
    states = FeatureReview.FeatureState
    tones = {states.OPEN: "warning", states.OFF: "success", states.WORK: "success"}
    return [
        (
            messenger,
            [
                (
                    str(FEATURES[key]),
                    tones.get(states(one["state"]), "secondary"),
                    str(states(one["state"]).label),
                    one["note"],
                )
                for key, one in found.items()
                if key in FEATURES
            ],
        )
        for messenger, found in review.findings.items()
    ]
