"""Grants (Form 2 of the standard), the rounds in which they are confirmed, and reviews of the messengers' features."""

from __future__ import annotations

from datetime import date

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.access.grantees import Grantee, post_label
from postroad.org.models import today
from postroad.org.roles import Role
from postroad.platform.models import Identified

# The application's row is approved in the same transaction, before its effect runs.
ONLY_WHEN_APPROVED = """
    IF NOT EXISTS (SELECT 1 FROM approvals_request WHERE id = NEW.request_id AND state = 'approved') THEN
        RAISE EXCEPTION 'a grant comes only from an approved application'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'access_grant_from_approved_request';
    END IF;
    RETURN NEW;
"""
AS_APPROVED = (
    "channel_id",
    "permission",
    "person_id",
    "department_id",
    "role",
    "content",
    "starts_on",
    "ends_on",
    "request_id",
)


class PermissionType(models.TextChoices):
    """What may be done on a channel; each includes the one before it."""

    VIEW = "view", pgettext_lazy("permission type", "View")
    POST = "post", pgettext_lazy("permission type", "Post")
    MANAGE = "manage", pgettext_lazy("permission type", "Manage")


class Grant(Identified):
    """One line of the permission list: what an approved application gives to whom, on which channel.

    `starts_on` and `ends_on` are days, both included. `begun_at` is when it took effect, `ended_at` when it stopped to.
    What was approved never changes (a trigger sees to it): a change ends one grant and begins another.
    """

    class EndedBecause(models.TextChoices):
        REVOKED = "revoked", _("Revoked on application")
        CHANGED = "changed", _("Replaced by a change")
        LAPSED = "lapsed", _("Its time was over")
        LEFT = "left", _("The person left")
        CHANNEL_ENDED = "channel-ended", _("The channel ended")
        NOT_NEEDED = "not-needed", _("Revoked at recertification")
        NOT_CONFIRMED = "not-confirmed", _("Confirmed by nobody at recertification")
        NOT_REVIEWED = "not-reviewed", _("The emergency was not confirmed")

    channel = models.ForeignKey("channels.Channel", models.PROTECT, related_name="grants", verbose_name=_("channel"))
    permission = models.CharField(_("permission type"), max_length=10, choices=PermissionType)
    person = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="grants")
    department = models.ForeignKey("org.Department", models.PROTECT, null=True, related_name="grants")
    role = models.CharField(max_length=30, choices=Role, blank=True)
    content = models.CharField(_("permission content"), max_length=500)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True)
    # A course that must be valid for the grant to count; see `registry.register_training`.
    training_key = models.CharField(max_length=60, blank=True)

    request = models.ForeignKey("approvals.Request", models.PROTECT, related_name="grants")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    emergency = models.BooleanField(default=False)
    review_due_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)

    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=14, choices=EndedBecause, blank=True)

    # Set up in the channel itself: by a person, or by Postroad where the person is null.
    configured_at = models.DateTimeField(null=True)
    configured_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    # Taken away again after its end.
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("grant")
        constraints = [
            models.CheckConstraint(
                name="access_grant_to_exactly_one",
                condition=Q(person__isnull=False, department__isnull=True, role="")
                | Q(person__isnull=True) & (Q(department__isnull=False) | ~Q(role="")),
            ),
            models.CheckConstraint(name="access_grant_type_known", condition=Q(permission__in=PermissionType.values)),
            models.CheckConstraint(name="access_grant_role_known", condition=Q(role__in=["", *Role.values])),
            models.CheckConstraint(
                name="access_grant_ends_after_start", condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(
                name="access_grant_ended_for_a_reason",
                condition=Q(ended_at__isnull=True, ended_because="") | Q(ended_at__isnull=False) & ~Q(ended_because=""),
            ),
            models.CheckConstraint(
                name="access_emergency_is_reviewed", condition=Q(emergency=False) | Q(review_due_at__isnull=False)
            ),
            models.CheckConstraint(
                name="access_grant_configured_by_another",
                condition=(Q(person__isnull=True) | ~Q(configured_by=F("person")) | Q(configured_by__isnull=True))
                & (Q(configured_by__isnull=True) | Q(configured_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="access_grant_removed_after_its_end",
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, ended_at__isnull=False, configured_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["channel", "permission", "person", "department", "role"],
                name="access_granted_once",
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(fields=["person"], name="access_grant_of_person", condition=Q(ended_at__isnull=True)),
            models.Index(
                fields=["id"], name="access_grant_to_configure", condition=Q(ended_at__isnull=True, configured_at=None)
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="from_approved_request",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=ONLY_WHEN_APPROVED,
            ),
            pgtrigger.Protect(name="kept_as_approved", operation=pgtrigger.UpdateOf(*AS_APPROVED) | pgtrigger.Delete),  # type: ignore[no-untyped-call]  # half typed upstream
        ]

    def __str__(self) -> str:
        return f"{self.channel} · {self.get_permission_display()} · {self.grantee_name}"

    def get_absolute_url(self) -> str:
        return reverse("access:grant", args=[self.pk])

    @property
    def grantee(self) -> Grantee:
        return Grantee(
            person_id=self.person_id, department_id=self.department_id, role=Role(self.role) if self.role else None
        )

    @property
    def grantee_name(self) -> str:
        """To whom, in the reader's language; person and department at hand."""
        if self.person:
            return str(self.person)
        role = post_label(Role(self.role)) if self.role else ""
        return " · ".join(part for part in (str(self.department or ""), role) if part)

    @property
    def is_temporary(self) -> bool:
        return self.ends_on is not None

    @property
    def state(self) -> str:
        """Where it stands, as a word: ended, upcoming, under-review or in-force."""
        if self.ended_at:
            return "ended"
        if self.begun_at is None:
            return "upcoming"
        return "under-review" if self.emergency and self.reviewed_at is None else "in-force"

    @property
    def state_label(self) -> str:
        return str(STATE_LABELS[self.state])

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return {"in-force": "success", "upcoming": "info", "under-review": "warning"}.get(self.state, "secondary")

    @property
    def to_configure(self) -> bool:
        """Whether it has to be set up in the channel still."""
        return self.begun_at is not None and self.ended_at is None and self.configured_at is None

    @property
    def to_remove(self) -> bool:
        """Whether it has ended but was not taken away in the channel yet."""
        return self.ended_at is not None and self.configured_at is not None and self.removed_at is None


STATE_LABELS = {
    "in-force": pgettext_lazy("grant", "In force"),
    "upcoming": pgettext_lazy("grant", "Not yet in force"),
    "under-review": pgettext_lazy("grant", "Review due"),
    "ended": pgettext_lazy("grant", "Ended"),
}


class Recertification(Identified):
    """One round in which the owners confirm or revoke every grant of their channels."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    started_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("recertification")
        constraints = [
            models.UniqueConstraint(
                models.expressions.Value(1), name="access_one_recertification_open", condition=Q(closed_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("access:recertification", args=[self.pk])


class RecertificationSheet(Identified):
    """The grants of one channel in one round, and who is asked: its owner, later the supervising leader too."""

    recertification = models.ForeignKey(Recertification, models.PROTECT, related_name="sheets")
    channel = models.ForeignKey("channels.Channel", models.PROTECT, related_name="recertification_sheets")
    owner = models.ForeignKey("org.Person", models.PROTECT, related_name="recertification_sheets")
    deadline = models.OneToOneField("clock.Deadline", models.PROTECT, related_name="+")
    escalated_to = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="escalated_sheets")
    escalated_at = models.DateTimeField(null=True)
    last_deadline = models.OneToOneField("clock.Deadline", models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    # How many of its promises' warnings went out by mail.
    reminders = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("recertification sheet")
        constraints = [
            models.UniqueConstraint(fields=["recertification", "channel"], name="access_sheet_once"),
            models.CheckConstraint(
                name="access_sheet_escalated_with_time",
                condition=Q(escalated_at__isnull=True, escalated_to__isnull=True, last_deadline__isnull=True)
                | Q(escalated_at__isnull=False, last_deadline__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["owner"], name="access_sheet_of_owner", condition=Q(closed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.recertification} · {self.channel}"

    def get_absolute_url(self) -> str:
        return reverse("access:sheet", args=[self.pk])


class RecertificationItem(Identified):
    """One grant on a sheet, and what its owner said of it."""

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        REVOKED = "revoked", pgettext_lazy("grant", "Revoked")

    sheet = models.ForeignKey(RecertificationSheet, models.PROTECT, related_name="items")
    grant = models.ForeignKey(Grant, models.PROTECT, related_name="recertifications")
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("recertification item")
        constraints = [
            models.UniqueConstraint(fields=["sheet", "grant"], name="access_item_once"),
            models.CheckConstraint(
                name="access_item_decided_by_somebody",
                condition=Q(decision="", decided_by__isnull=True, decided_at__isnull=True)
                | Q(decision__in=["confirmed", "revoked"], decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.grant_id} {self.decision}"


class FeatureReview(Identified):
    """The monthly look at the messengers' social features (control `risk.feature-limits`).

    `findings`: by messenger name, by feature key, {"state": a value of `FeatureState`, "note": text}.
    """

    class FeatureState(models.TextChoices):
        OFF = "off", pgettext_lazy("feature", "Switched off")
        WORK = "work", pgettext_lazy("feature", "Limited to work")
        OPEN = "open", pgettext_lazy("feature", "Open: to be limited")
        ABSENT = "absent", pgettext_lazy("feature", "Does not exist here")

    month = models.DateField(unique=True)
    deadline = models.OneToOneField("clock.Deadline", models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    findings = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("review of feature limits")
        constraints = [
            models.CheckConstraint(name="access_review_of_a_month", condition=Q(month__day=1)),
            models.CheckConstraint(
                name="access_review_by_somebody",
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    def get_absolute_url(self) -> str:
        return reverse("access:feature_review", args=[self.pk])

    @property
    def is_of_this_month(self) -> bool:
        return self.month == first_of_month(today())


def first_of_month(day: date) -> date:
    return day.replace(day=1)
