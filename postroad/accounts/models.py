"""Key accounts: who looks after a customer, how often they agreed to be in touch, and when they were."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.org.models import Person
from postroad.platform.models import Identified


class Medium(models.TextChoices):
    """How people are in touch."""

    MESSENGER = "messenger", _("Messenger or chat")
    PHONE = "phone", _("Telephone")
    MAIL = "mail", _("Mail")
    MEETING = "meeting", _("Visit or meeting")


class KeyAccount(Identified):
    """An organisation that somebody by name looks after, for a period; the last day included."""

    organisation = models.ForeignKey("org.Organisation", models.PROTECT, related_name="accounts")
    manager = models.ForeignKey("org.Person", models.PROTECT, related_name="managed_accounts")
    deputy = models.ForeignKey("org.Person", models.PROTECT, null=True, blank=True, related_name="deputised_accounts")
    contract_number = models.CharField(_("contract number"), max_length=80, blank=True)
    contract_from = models.DateField(_("contract valid from"), null=True, blank=True)
    contract_until = models.DateField(_("contract valid until"), null=True, blank=True)
    contract_link = models.URLField(_("where the contract is"), max_length=500, blank=True)
    note = models.TextField(_("what one should know"), max_length=2000, blank=True)
    opened_on = models.DateField()
    ended_on = models.DateField(null=True)
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("key account")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(ended_on__isnull=True), name="key_account_one_running"
            ),
            models.CheckConstraint(
                condition=Q(deputy__isnull=True) | ~Q(deputy=F("manager")), name="key_account_deputy_is_another"
            ),
            models.CheckConstraint(
                condition=Q(contract_from__isnull=True)
                | Q(contract_until__isnull=True)
                | Q(contract_until__gte=F("contract_from")),
                name="key_account_contract_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("opened_on")),
                name="key_account_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return str(self.organisation)

    def get_absolute_url(self) -> str:
        return reverse("accounts:account", args=[self.pk])

    def answers_on(self, day: date, *, absent: frozenset[object] = frozenset()) -> Person | None:
        """Who looks after it on a day: the manager, or the deputy while the manager is absent or gone.

        With both away it is the manager's still; with both gone nobody's. `absent` holds ids of people.
        """
        here = [one for one in (self.manager, self.deputy) if one is not None and one.is_active_on(day)]
        return next((one for one in here if one.pk not in absent), here[0] if here else None)


class Rhythm(Identified):
    """How often the manager of a key account is in touch by one medium: a duty to be done again and again.

    `escalated_to` was told that `escalated` is overdue.
    """

    account = models.ForeignKey(KeyAccount, models.CASCADE, related_name="rhythms")
    medium = models.CharField(max_length=10, choices=Medium)
    duty = models.OneToOneField("clock.Duty", models.PROTECT, related_name="account_rhythm")
    ended_on = models.DateField(null=True)
    escalated = models.ForeignKey("clock.DutyOccurrence", models.PROTECT, null=True, related_name="+")
    escalated_to = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("contact rhythm")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "medium"], condition=Q(ended_on__isnull=True), name="key_account_one_rhythm_a_medium"
            ),
            models.CheckConstraint(condition=Q(medium__in=Medium.values), name="key_account_rhythm_medium_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_medium_display()} · {self.duty.how_often}"


class Touch(Identified):
    """One time somebody of ours and somebody of a key account were in touch, or tried to be.

    What was said by message or telephone is told by those; a visit, or what happened elsewhere, is entered by hand, in
    `words`. It `counts` for the rhythm when the manager or the deputy did it. `message_id` is no foreign key: retention
    drops a month of messages without a look at each of these.
    """

    class Direction(models.TextChoices):
        IN = "in", pgettext_lazy("contact", "from them")
        OUT = "out", pgettext_lazy("contact", "from us")
        BOTH = "both", pgettext_lazy("contact", "together")

    class Source(models.TextChoices):
        MESSAGE = "message", _("message")
        CALL = "call", _("call")
        ENTRY = "entry", _("entered by hand")

    account = models.ForeignKey(KeyAccount, models.CASCADE, related_name="touches", db_index=False)
    medium = models.CharField(_("medium"), max_length=10, choices=Medium)
    direction = models.CharField(max_length=4, choices=Direction)
    source = models.CharField(max_length=7, choices=Source)
    at = models.DateTimeField(_("when"))
    person = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    contact = models.ForeignKey("org.Contact", models.PROTECT, null=True, blank=True, related_name="+")
    message_id = models.UUIDField(null=True, unique=True)
    call = models.OneToOneField("hotline.Call", models.PROTECT, null=True, related_name="+")
    words = models.TextField(_("what it was about"), max_length=2000, blank=True)
    counts = models.BooleanField(default=False)
    undelivered = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("contact")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(source="message", message_id__isnull=False, call__isnull=True)
                | Q(source="call", message_id__isnull=True, call__isnull=False)
                | Q(source="entry", message_id__isnull=True, call__isnull=True) & ~Q(words=""),
                name="key_account_touch_has_its_source",
            ),
            models.CheckConstraint(
                condition=Q(counts=False) | Q(person__isnull=False), name="key_account_touch_that_counts_has_a_person"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "-at", "-id"], name="key_account_touch_latest"),
            models.Index(fields=["account", "-at"], condition=Q(counts=True), name="key_account_touch_counted"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.at:%Y-%m-%d %H:%M}"


class HandOver(Identified):
    """A key account on its way from one manager to another. Past the due date the proposed person has it, if the
    manager has left.
    """

    class Cause(models.TextChoices):
        LEFT = "left", _("The manager leaves")
        PLANNED = "planned", _("The manager changes")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("hand-over", "Open")
        HANDED_OVER = "handed-over", _("Handed over")
        PASSED = "passed", _("Passed on by itself")
        KEPT = "kept", _("The manager keeps it")

    account = models.ForeignKey(KeyAccount, models.CASCADE, related_name="hand_overs")
    cause = models.CharField(max_length=10, choices=Cause)
    previous = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    proposed = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    words = models.TextField(_("what the successor should know"), max_length=2000, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    deadline = models.ForeignKey("clock.Deadline", models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    successor = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("hand-over")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(state="open"), name="key_account_one_open_hand_over"
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | ~Q(state="open") & Q(closed_at__isnull=False),
                name="key_account_hand_over_closed_has_time",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["account", "-opened_at"], name="key_account_hand_over_latest")]

    def __str__(self) -> str:
        return str(self.account)

    def get_absolute_url(self) -> str:
        return reverse("accounts:hand_over", args=[self.pk])

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return {"open": "warning", "passed": "danger"}.get(self.state, "success")


class Absence(Identified):
    """Days on which somebody is away, the first and the last included; deputies look after their key accounts."""

    person = models.ForeignKey("org.Person", models.PROTECT, related_name="account_absences")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("absence")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="key_account_absence_period")
        ]
        indexes: ClassVar = [models.Index(fields=["ends_on"], name="key_account_absence_by_end")]

    def __str__(self) -> str:
        return f"{self.person} {self.starts_on} – {self.ends_on}"
