"""Hotlines as telephone systems tell of them: calls, the events they are made of, callers, and whom to call back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

import pgtrigger
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.platform.models import Identified

EXTENSION_NUMBER = RegexValidator(
    r"^[0-9A-Za-z*#+._-]{1,40}$", _("Enter the extension as the telephone system names it.")
)


class Direction(models.TextChoices):
    IN = "in", pgettext_lazy("call", "Incoming")
    OUT = "out", pgettext_lazy("call", "Outgoing")


class EventType(models.TextChoices):
    """What a telephone system tells of a call; `LOST` is said by Postroad itself, of a call it hears no more of."""

    RINGING = "ringing", pgettext_lazy("call", "Ringing")
    ANSWERED = "answered", pgettext_lazy("call", "Answered")
    TRANSFERRED = "transferred", pgettext_lazy("call", "Transferred")
    MISSED = "missed", pgettext_lazy("call", "Missed")
    VOICEMAIL = "voicemail", pgettext_lazy("call", "Voicemail")
    HUNG_UP = "hungup", pgettext_lazy("call", "Hung up")
    LOST = "lost", pgettext_lazy("call", "Nothing more was heard of it")


class State(models.TextChoices):
    """How a call stands. `ANSWERED`: it was spoken, and is over. `MISSED`: over, and nobody spoke."""

    RINGING = "ringing", pgettext_lazy("call state", "Ringing")
    TALKING = "talking", pgettext_lazy("call state", "Being spoken")
    ANSWERED = "answered", pgettext_lazy("call state", "Answered")
    MISSED = "missed", pgettext_lazy("call state", "Missed")
    VOICEMAIL = "voicemail", pgettext_lazy("call state", "Voicemail")


OVER = (State.ANSWERED, State.MISSED, State.VOICEMAIL)
SPOKEN = (State.TALKING, State.ANSWERED)
UNANSWERED = (State.MISSED, State.VOICEMAIL)


class Line(Identified):
    """How the telephone system of one hotline proves itself.

    Two secrets count for a while after a change, so that nothing is refused meanwhile.
    """

    channel = models.OneToOneField("channels.Channel", models.CASCADE, related_name="line")
    sealed_secret = models.BinaryField(editable=False)
    secret_since = models.DateTimeField(default=timezone.now)
    sealed_previous = models.BinaryField(null=True, editable=False)
    previous_until = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("hotline")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="hotline_previous_secret_ends",
                condition=Q(sealed_previous__isnull=True, previous_until__isnull=True)
                | Q(sealed_previous__isnull=False, previous_until__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.channel)


class Extension(Identified):
    """Who sits at an extension of a hotline's telephone system."""

    channel = models.ForeignKey("channels.Channel", models.CASCADE, related_name="extensions")
    number = models.CharField(_("extension"), max_length=40, validators=[EXTENSION_NUMBER])
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="extensions", verbose_name=_("person"))

    class Meta:
        verbose_name = _("extension")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "number"], name="hotline_extension_once"),
        ]

    def __str__(self) -> str:
        return self.number


class Caller(Identified):
    """A telephone number outside: sealed under a key of its own, found by its digest, shown by `masked`.

    `contact` is who has that number, as far as we know; looked up again with each call.
    """

    sealed_number = models.BinaryField(null=True, editable=False)
    digest = models.BinaryField(null=True, editable=False)
    masked = models.CharField(max_length=40)
    contact = models.ForeignKey("org.Contact", models.PROTECT, null=True, related_name="callers")

    class Meta:
        verbose_name = _("caller")
        constraints: ClassVar = [models.UniqueConstraint(fields=["digest"], name="hotline_caller_once")]

    def __str__(self) -> str:
        return self.masked


class CallBack(Identified):
    """That somebody who reached nobody is to be called back; one row however often they tried.

    It stands until `settled_at`; one for a case that was finished otherwise stands on no list (see `queries.waiting`).
    """

    class Outcome(models.TextChoices):
        SETTLED = "settled", pgettext_lazy("call back", "Reached, and settled")
        REACHED = "reached", pgettext_lazy("call back", "Reached, more is to be done")
        NOT_REACHED = "not-reached", pgettext_lazy("call back", "Not reached")
        NOT_NEEDED = "not-needed", pgettext_lazy("call back", "No call back needed")
        CAME_THROUGH = "came-through", pgettext_lazy("call back", "They called again and were answered")
        WAS_ANSWERED = "was-answered", pgettext_lazy("call back", "The call had been answered after all")
        CASE_FINISHED = "case-finished", pgettext_lazy("call back", "The case was finished otherwise")

    channel = models.ForeignKey("channels.Channel", models.PROTECT, related_name="call_backs")
    caller = models.ForeignKey(Caller, models.PROTECT, related_name="call_backs")
    conversation = models.ForeignKey("conversations.Conversation", models.PROTECT, related_name="call_backs")
    # The external id of the message that opened it: what later ones of the same caller continue.
    thread_id = models.CharField(max_length=250)
    since = models.DateTimeField()
    last_at = models.DateTimeField()
    missed = models.PositiveIntegerField(default=1)
    voicemails = models.PositiveIntegerField(default=0)
    first_tried_at = models.DateTimeField(null=True)
    tried = models.PositiveIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="call_backs")
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)

    class Meta:
        verbose_name = _("call back")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "caller"],
                condition=Q(settled_at__isnull=True),
                name="hotline_one_call_back_a_caller",
            ),
            models.CheckConstraint(
                name="hotline_call_back_settled_with_outcome",
                condition=Q(settled_at__isnull=True, outcome="") | Q(settled_at__isnull=False) & ~Q(outcome=""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["since"], name="hotline_call_back_waiting", condition=Q(settled_at__isnull=True))
        ]

    def __str__(self) -> str:
        return str(self.caller)


class Call(Identified):
    """One call, as its events together tell it (`folding.fold`); never changed but by folding them again.

    `agent` is the person at `extension` when the newest event was taken in. `call_back` is what it made us owe, if
    nobody answered it, or what it kept, if it is ours. `test` calls come from the settings page and count nowhere.
    """

    channel = models.ForeignKey("channels.Channel", models.PROTECT, related_name="calls", db_index=False)
    external_id = models.CharField(max_length=200)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction, default=Direction.IN)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RINGING)
    caller = models.ForeignKey(Caller, models.PROTECT, null=True, related_name="calls", db_index=False)
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    extension = models.CharField(max_length=40, blank=True)
    rung: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    transfers = models.PositiveSmallIntegerField(default=0)
    voicemail_seconds = models.PositiveIntegerField(null=True)
    agent = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="calls")
    call_back = models.ForeignKey(CallBack, models.PROTECT, null=True, related_name="calls")
    test = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="hotline_call_once"),
            models.CheckConstraint(name="hotline_call_state_known", condition=Q(state__in=State.values)),
            models.CheckConstraint(
                name="hotline_call_ends_after_start",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
            ),
            models.CheckConstraint(
                name="hotline_call_spoken_has_moment",
                condition=~Q(state__in=["talking", "answered"]) | Q(answered_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-started_at", "-id"], name="hotline_call_latest"),
            models.Index(fields=["channel", "-started_at", "-id"], name="hotline_call_of_channel"),
            models.Index(fields=["caller", "-started_at"], name="hotline_call_of_caller"),
            models.Index(
                fields=["started_at"], name="hotline_call_under_way", condition=Q(state__in=["ringing", "talking"])
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    def get_absolute_url(self) -> str:
        return reverse("hotline:call", args=[self.pk])

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def is_unanswered(self) -> bool:
        """Whether somebody outside tried in vain."""
        return self.direction == Direction.IN and self.state in UNANSWERED

    @property
    def was_spoken(self) -> bool:
        """Whether it is over, and a customer was spoken to."""
        return self.state == State.ANSWERED and not self.test

    @property
    def waited(self) -> timedelta | None:
        """How long the other side heard it ring; None while it rings."""
        end = self.answered_at or self.ended_at
        return end - self.started_at if end else None

    @property
    def spoken(self) -> timedelta | None:
        return self.ended_at - self.answered_at if self.answered_at and self.ended_at else None

    @property
    def missed_at(self) -> datetime:
        """When a caller who reached nobody gave up; from then on they wait for us."""
        return self.ended_at or self.started_at


class CallEvent(Identified):
    """One thing a telephone system told of a call. Never changed; `digest` tells a repetition from another event.

    `sequence` is the telephone system's own counter within the call, if it has one.
    """

    class Source(models.TextChoices):
        WEBHOOK = "webhook", _("told by the telephone system")
        IMPORT = "import", _("imported call record")
        POSTROAD = "postroad", _("concluded by Postroad")
        TEST = "test", _("test from the settings page")

    channel = models.ForeignKey("channels.Channel", models.PROTECT, related_name="+", db_index=False)
    call = models.ForeignKey(Call, models.PROTECT, related_name="events")
    external_id = models.CharField(max_length=200)
    type = models.CharField(max_length=12, choices=EventType)
    at = models.DateTimeField()
    sequence = models.BigIntegerField(null=True)
    direction = models.CharField(max_length=3, choices=Direction, blank=True)
    caller = models.ForeignKey(Caller, models.PROTECT, null=True, related_name="+", db_index=False)
    extension = models.CharField(max_length=40, blank=True)
    seconds = models.PositiveIntegerField(null=True)
    digest = models.BinaryField()
    source = models.CharField(max_length=10, choices=Source)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("call event")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="hotline_event_once"),
        ]
        triggers: ClassVar = [pgtrigger.Protect(name="told_once", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.type} {self.external_id}"


class RefusedEvent(models.Model):
    """How often on a day a hotline's address was called in a way that was refused, by reason."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey("channels.Channel", models.CASCADE, related_name="refused_events")
    day = models.DateField()
    reason = models.CharField(max_length=40)
    count = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "day", "reason"], name="hotline_refused_once")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.reason}: {self.count}"


class RecordsImport(Identified):
    """A file of call records on its way in: its columns named, checked row by row, then applied as a whole.

    The file is kept, sealed, only until it is applied or discarded. `problems` holds the first of what is wrong:
    row, column, reason, what stands there.
    """

    class State(models.TextChoices):
        MAPPING = "mapping", pgettext_lazy("import", "Columns to be named")
        FAULTY = "faulty", pgettext_lazy("import", "With errors")
        READY = "ready", pgettext_lazy("import", "Ready to apply")
        APPLYING = "applying", pgettext_lazy("import", "Being applied")
        APPLIED = "applied", pgettext_lazy("import", "Applied")
        DISCARDED = "discarded", pgettext_lazy("import", "Discarded")

    channel = models.ForeignKey("channels.Channel", models.CASCADE, related_name="records_imports")
    file_name = models.CharField(max_length=255)
    uploaded_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=12, choices=State, default=State.MAPPING)
    sealed_content = models.BinaryField(null=True, editable=False)
    columns: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    problems: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    faulty_rows = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    events_new = models.PositiveIntegerField(default=0)
    events_known = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("import of call records")
        indexes: ClassVar = [models.Index(fields=["channel", "-id"], name="hotline_import_of_channel")]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("hotline:records_import", args=[self.channel.key, self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in {self.State.MAPPING, self.State.FAULTY, self.State.READY}
