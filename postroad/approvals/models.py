"""Flows with their versions, requests with their steps and the people asked, delegations, links sent by mail."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from postroad.approvals.counting import Verdict
from postroad.approvals.definition import Definition, Mode, StepDefinition, parse
from postroad.clock.models import Deadline
from postroad.org.models import Named, Person
from postroad.platform.actors import Subject
from postroad.platform.models import Identified

LONGEST_COMMENT = 2000
REMIND_AGAIN_AFTER = timedelta(hours=1)
# Under this key a payload holds the ids of people to whom the request gives something: they may not decide it.
CONCERNS = "concerns"

NO_OWN_REQUEST = """
    IF NEW.decided_by_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM approvals_step step JOIN approvals_request request ON request.id = step.request_id
        WHERE step.id = NEW.step_id AND request.applicant_id = NEW.decided_by_id
    ) THEN
        RAISE EXCEPTION 'nobody decides a request of their own'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approvals_no_own_request';
    END IF;
    RETURN NEW;
"""


class Flow(Identified, Named):
    """A way that requests of one sort go, kept as a row of versions."""

    key = models.SlugField(_("key"), max_length=60, unique=True, allow_unicode=False)

    class Meta:
        ordering: ClassVar = ["name", "id"]

    def get_absolute_url(self) -> str:
        """The flow's page."""
        return reverse("approvals:flow", kwargs={"flow_id": self.pk})


class FlowVersion(Identified):
    """The steps of a flow as they were decided once. Never changed: requests in progress rest on it."""

    flow = models.ForeignKey(Flow, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    note = models.CharField(_("reason for the change"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["flow", "number"], name="approvals_flow_version_once"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="kept_as_it_was", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.flow} · {self.number}"

    @cached_property
    def parsed(self) -> Definition:
        """The steps, ready to use."""
        return parse(self.definition)


class Request(Identified):
    """Something asked for. What it is about and what approving it does belongs to the registered kind."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PENDING = "pending", _("Waiting for approval")
        RETURNED = "returned", _("Returned for changes")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    CHANGEABLE: ClassVar = (State.DRAFT, State.RETURNED)
    CLOSED: ClassVar = (State.APPROVED, State.REJECTED, State.WITHDRAWN)

    kind = models.CharField(max_length=60)
    flow_version = models.ForeignKey(FlowVersion, models.PROTECT, related_name="requests")
    applicant = models.ForeignKey(Person, models.PROTECT, related_name="requests")
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=60)
    title = models.CharField(_("title"), max_length=200)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    round = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="draft", submitted_at=None) | ~Q(state="draft"), name="approvals_draft_not_submitted"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["approved", "rejected", "withdrawn"], closed_at__isnull=False)
                | Q(state__in=["draft", "pending", "returned"], closed_at=None),
                name="approvals_closed_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["applicant", "-id"], name="approvals_of_applicant"),
            models.Index(fields=["state", "-id"], name="approvals_by_state"),
            models.Index(fields=["subject_type", "subject_id"], name="approvals_by_subject"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The request's page."""
        return reverse("approvals:request", kwargs={"request_id": self.pk})

    @property
    def subject(self) -> Subject:
        """What the request is about."""
        return Subject(self.subject_type, self.subject_id)

    @property
    def is_closed(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.state in self.CLOSED

    @property
    def tone(self) -> str:
        """The colour of its state."""
        tones = {"pending": "info", "returned": "warning", "approved": "success", "rejected": "danger"}
        return tones.get(self.state, "secondary")

    @property
    def live_topic(self) -> str:
        """What its open pages listen to."""
        return f"approvals.request.{self.pk}"


class Step(Identified, Named):
    """A step that a request has come to, in one round of submission; later steps have no row yet."""

    class State(models.TextChoices):
        OPEN = "open", _("Waiting")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        RETURNED = "returned", _("Returned for changes")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    request = models.ForeignKey(Request, models.PROTECT, related_name="steps")
    round = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    mode = models.CharField(max_length=3, choices=[(mode.value, mode.value) for mode in Mode])
    needed = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    deadline = models.ForeignKey(Deadline, models.PROTECT, null=True, related_name="+")
    remind_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "round", "position"], name="approvals_step_once_a_round"),
            models.UniqueConstraint(fields=["request"], condition=Q(state="open"), name="approvals_one_open_step"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | ~Q(state="open") & Q(closed_at__isnull=False),
                name="approvals_step_closed_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["remind_at"], condition=Q(state="open"), name="approvals_step_to_remind"),
        ]

    @property
    def definition(self) -> StepDefinition:
        """What the flow says of this step."""
        return self.request.flow_version.parsed.steps[self.position]

    @property
    def number(self) -> int:
        """Its place in the flow, counted from one."""
        return self.position + 1

    @property
    def can_be_reminded_at(self) -> datetime | None:
        """From when on the applicant may remind again; None: at once."""
        return self.reminded_at + REMIND_AGAIN_AFTER if self.reminded_at else None


class Assignment(Identified):
    """Somebody who is asked in a step, why, and what was said: by them, or by a delegate in their place."""

    class Because(models.TextChoices):
        RULE = "rule", _("named by the flow")
        DELEGATE = "delegate", _("deputy, since the applicant cannot decide")
        NEXT_HIGHER = "next-higher", _("next higher leader")
        ONLY_ONE = "only-one", _("nobody else is there: one person signs two steps")
        ESCALATED = "escalated", _("escalated, since it was not decided in time")
        MOVED = "moved", _("in place of somebody who left")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        RETURNED = "returned", _("Returned for changes")
        NOT_NEEDED = "not-needed", _("No longer needed")
        MOVED = "moved", _("Went to somebody else")

    class Via(models.TextChoices):
        PAGE = "page", _("signed in")
        MAIL_LINK = "mail-link", _("by the link in a mail")
        CARRIED = "carried", _("carried over from the step before")

    DECIDED: ClassVar = (State.APPROVED, State.REJECTED, State.RETURNED)

    step = models.ForeignKey(Step, models.PROTECT, related_name="assignments")
    person = models.ForeignKey(Person, models.PROTECT, related_name="approvals")
    because = models.CharField(max_length=12, choices=Because, default=Because.RULE)
    instead_of = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decisive = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    via = models.CharField(max_length=10, choices=Via, blank=True)
    comment = models.TextField(_("comment"), max_length=LONGEST_COMMENT, blank=True)
    stranded_at = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["step", "person"], name="approvals_asked_once_a_step"),
            models.UniqueConstraint(fields=["step", "decided_by"], name="approvals_one_voice_a_step"),
            models.CheckConstraint(
                condition=Q(state__in=["approved", "rejected", "returned"], decided_by__isnull=False)
                & Q(decided_at__isnull=False)
                | ~Q(state__in=["approved", "rejected", "returned"]) & Q(decided_by=None, decided_at=None),
                name="approvals_decided_by_somebody",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["person", "id"], condition=Q(state="waiting"), name="approvals_waiting_for"),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="no_own_request",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=NO_OWN_REQUEST,
            )
        ]

    def __str__(self) -> str:
        return f"{self.step} · {self.person}"

    @property
    def said(self) -> Verdict | None:
        """The verdict, None while there is none."""
        return Verdict(self.state) if self.state in self.DECIDED else None

    @property
    def by_delegate(self) -> bool:
        """Whether somebody else decided in the person's place."""
        return self.decided_by_id is not None and self.decided_by_id != self.person_id

    @property
    def tone(self) -> str:
        """The colour of its state."""
        tones = {"waiting": "info", "returned": "warning", "approved": "success", "rejected": "danger"}
        return tones.get(self.state, "secondary")


class Delegation(Identified):
    """Somebody who decides in another's place for some days, the first and the last included."""

    delegator = models.ForeignKey(Person, models.PROTECT, related_name="delegations_given")
    delegate = models.ForeignKey(Person, models.PROTECT, related_name="delegations_received")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on") - timedelta(days=1)), name="approvals_delegation_period"
            ),
            models.CheckConstraint(condition=~Q(delegator=F("delegate")), name="approvals_delegation_to_another"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["delegate", "ends_on"], name="approvals_delegation_to"),
            models.Index(fields=["delegator", "ends_on"], name="approvals_delegation_from"),
        ]

    def __str__(self) -> str:
        return f"{self.delegator} > {self.delegate}"

    def is_active_on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.starts_on <= day <= self.ends_on


class MailLink(Identified):
    """A single-use link with which one person can decide one step without signing in; only its hash is kept.

    `occasion` says which mail it went out with, so that a repeated job sends each mail once.
    """

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="links")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    occasion = models.CharField(max_length=30)
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["assignment", "person", "occasion"],
                condition=Q(sent_at__isnull=False),
                name="approvals_mail_sent_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assignment} · {self.occasion}"
