"""A registered channel, the team behind it, the rule its name follows, and what is known of its health."""

from datetime import timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from postroad.org.models import today
from postroad.platform.language import in_active_language
from postroad.platform.models import Identified

CHANNEL_KEY = RegexValidator(
    r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
    _("Use lower-case letters, digits and single hyphens, for example customer-service."),
)


def said(detail: str) -> str:
    """A kept detail: sentences of ours are kept in the source language and translated when they are read."""
    return gettext(detail) if detail else ""


class Kind(models.TextChoices):
    GROUP = "group", _("Chat group")
    MAILBOX = "mailbox", _("Mailbox")
    HOTLINE = "hotline", _("Hotline")
    LIVE_CHAT = "live-chat", _("Live chat")
    DIRECT = "direct", _("Direct chats")
    NOTICE_BOARD = "notice-board", _("Notice board")
    PORTAL = "portal", _("Portal")
    FAX = "fax", _("Fax")
    OTHER = "other", _("Other")


class Priority(models.TextChoices):
    """The class of a channel (control `plan.priority`)."""

    MUST_USE = "must_use", _("Must use")
    SUPPLEMENTARY = "supplementary", _("Supplementary")


class Audience(models.TextChoices):
    INTERNAL = "internal", _("Staff")
    CUSTOMERS = "customers", _("Customers")
    PARTNERS = "partners", _("Partners")
    SUPPLIERS = "suppliers", _("Suppliers")
    PUBLIC = "public", _("Everyone")


class Confidentiality(models.TextChoices):
    PUBLIC = "public", _("Public")
    INTERNAL = "internal", _("Internal")
    CONFIDENTIAL = "confidential", _("Confidential")


class RetentionClass(models.TextChoices):
    """How long what is said is kept. Two years is the least the standard allows (`emergency.retention`)."""

    STANDARD = "standard", _("2 years")
    EXTENDED = "extended", _("5 years")
    LONG = "long", _("10 years")
    PERMANENT = "permanent", _("Permanent")


class Observability(models.TextChoices):
    """How much of the channel Postroad itself can see; figures resting on the lower two say so."""

    API = "api", _("Verified by API")
    OWN_ROOMS = "own-rooms", _("Only rooms we created")
    ATTESTED = "attested", _("Attested by the owner")
    UNSEEN = "unseen", _("Unseen")


class State(models.TextChoices):
    APPLIED = "applied", _("Applied for")
    APPROVED = "approved", _("Approved, not yet live")
    LIVE = "live", _("Live")
    SUSPENDED = "suspended", _("Suspended")
    RETIRED = "retired", _("Retired")
    REFUSED = "refused", _("Not approved")


class Channel(Identified):
    """A governed thing people talk through. Changes only through `actions`; ends by being retired, never
    deleted.

    Promises: `first_reply_minutes` None means that no first reply is promised; `answer_hours` None likewise.
    Each is counted in working time of the calendar `calendar_key`, or by the wall clock.
    """

    key = models.CharField(_("short key"), max_length=60, unique=True, validators=[CHANNEL_KEY])
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    purpose = models.TextField(_("purpose"), max_length=1000)
    priority = models.CharField(_("class"), max_length=20, choices=Priority, blank=True)
    owner = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, related_name="owned_channels", verbose_name=_("owner")
    )
    deputy_owner = models.ForeignKey(
        "org.Person",
        on_delete=models.PROTECT,
        related_name="deputised_channels",
        null=True,
        blank=True,
        verbose_name=_("deputy owner"),
    )
    department = models.ForeignKey(
        "org.Department", on_delete=models.PROTECT, related_name="channels", verbose_name=_("department")
    )
    audience = models.CharField(_("audience"), max_length=20, choices=Audience)
    confidentiality = models.CharField(_("confidentiality"), max_length=20, choices=Confidentiality)
    encrypted = models.BooleanField(_("encrypted"), default=False)
    retention_class = models.CharField(
        _("kept for"), max_length=20, choices=RetentionClass, default=RetentionClass.STANDARD
    )
    review_on = models.DateField(_("review on"))
    observability = models.CharField(_("observability"), max_length=20, choices=Observability)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.APPLIED)

    address = models.CharField(_("address"), max_length=254, blank=True)
    connector = models.CharField(_("connector"), max_length=40, blank=True)
    connector_settings: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    sealed_secrets = models.BinaryField(null=True, editable=False)

    calendar_key = models.CharField(_("calendar"), max_length=60, default="company")
    first_reply_minutes = models.PositiveIntegerField(
        _("first reply within (minutes)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(43200)],
    )
    first_reply_in_working_time = models.BooleanField(_("first reply counted in working time"), default=True)
    answer_hours = models.PositiveIntegerField(
        _("answered within (hours)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(720)],
    )
    answer_in_working_time = models.BooleanField(_("answer counted in working time"), default=False)

    live_at = models.DateTimeField(null=True, editable=False)
    state_changed_at = models.DateTimeField(editable=False)
    state_reason = models.CharField(max_length=500, blank=True, editable=False)

    # What the newest checks say together; None until the first has finished.
    healthy = models.BooleanField(null=True, editable=False)
    health_detail = models.CharField(max_length=1000, blank=True, editable=False)
    health_changed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = [
            models.CheckConstraint(name="channel_state_known", condition=Q(state__in=State.values)),
            models.CheckConstraint(name="channel_kind_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="channel_class_known", condition=Q(priority__in=["", *Priority.values])),
            models.CheckConstraint(name="channel_deputy_is_another", condition=~Q(deputy_owner=F("owner"))),
            models.CheckConstraint(
                name="channel_live_has_a_moment", condition=~Q(state="live") | Q(live_at__isnull=False)
            ),
            models.CheckConstraint(
                name="channel_promises_something",
                condition=(Q(first_reply_minutes__isnull=True) | Q(first_reply_minutes__gt=0))
                & (Q(answer_hours__isnull=True) | Q(answer_hours__gt=0)),
            ),
            # Two channels on one address would race for its messages; ended ones give it free.
            models.UniqueConstraint(
                "connector",
                models.functions.Lower("address"),
                name="channel_address_once",
                condition=~Q(address="") & ~Q(connector="") & ~Q(state__in=["retired", "refused"]),
                violation_error_message=_("Another channel already uses this address."),
            ),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="channel_by_name"),
            models.Index(fields=["state", "kind"], name="channel_by_state"),
        ]

    def __str__(self) -> str:
        return in_active_language(self.name, self.name_en)

    def get_absolute_url(self) -> str:
        return reverse("channels:channel", args=[self.pk])

    @property
    def is_live(self) -> bool:
        return self.state == State.LIVE

    @property
    def has_ended(self) -> bool:
        return self.state in {State.RETIRED, State.REFUSED}

    @property
    def tone(self) -> str:
        """The colour of its state."""
        tones = {State.LIVE: "success", State.APPROVED: "info", State.APPLIED: "info", State.SUSPENDED: "warning"}
        return tones.get(State(self.state), "secondary")

    @property
    def health_said(self) -> str:
        """Why the health check fails, in the reader's language where it is our own sentence."""
        return said(self.health_detail)

    @property
    def review_is_due(self) -> bool:
        return self.review_on <= today()

    @property
    def first_reply(self) -> timedelta | None:
        """The promised time to a first reply, or None."""
        return None if self.first_reply_minutes is None else timedelta(minutes=self.first_reply_minutes)

    @property
    def answer(self) -> timedelta | None:
        """The promised time to an answer, or None."""
        return None if self.answer_hours is None else timedelta(hours=self.answer_hours)


class ChannelMember(Identified):
    """A person on a channel's team. `capacity`: how many open cases they take at a time; 0 for none."""

    class Role(models.TextChoices):
        AGENT = "agent", _("Agent")
        LEAD = "lead", _("Team lead")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="channel_memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.AGENT)
    capacity = models.PositiveSmallIntegerField(_("capacity"), default=20, validators=[MaxValueValidator(500)])

    class Meta:
        verbose_name = _("team member")
        constraints = [
            models.UniqueConstraint(fields=["channel", "person"], name="channel_member_once"),
            models.CheckConstraint(name="channel_member_role_known", condition=Q(role__in=["agent", "lead"])),
        ]

    def __str__(self) -> str:
        return f"{self.person} ({self.get_role_display()})"


class NamingRule(Identified):
    """How channels of one kind are named: fixed text and fields (`{department}-日常工作群`); see `naming`."""

    kind = models.CharField(_("kind"), max_length=20, choices=Kind, unique=True)
    pattern = models.CharField(_("pattern"), max_length=200)
    reserved_words: models.JSONField[list[str], list[str]] = models.JSONField(
        _("reserved words"), default=list, blank=True
    )
    max_length = models.PositiveSmallIntegerField(
        _("longest name"), default=50, validators=[MinValueValidator(5), MaxValueValidator(120)]
    )

    class Meta:
        verbose_name = _("naming rule")
        constraints = [models.CheckConstraint(name="naming_rule_kind_known", condition=Q(kind__in=Kind.values))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.pattern}"


class HealthCheck(Identified):
    """One probe of a channel, or one change of its connection. `ok` is None while the probe is under way."""

    class Source(models.TextChoices):
        PROBE = "probe", _("Probe sent round")
        CONNECTION = "connection", _("Connection")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="health_checks")
    source = models.CharField(max_length=12, choices=Source, default=Source.PROBE)
    token = models.CharField(max_length=64, unique=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    ok = models.BooleanField(null=True)
    detail = models.CharField(max_length=1000, blank=True)
    round_trip = models.DurationField(null=True)

    class Meta:
        verbose_name = _("health check")
        constraints = [
            models.CheckConstraint(
                name="health_check_finished_with_a_verdict",
                condition=Q(ok__isnull=True, finished_at__isnull=True) | Q(ok__isnull=False, finished_at__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["channel", "source", "-started_at"], name="health_by_channel"),
            models.Index(fields=["started_at"], name="health_under_way", condition=Q(ok__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def said(self) -> str:
        """The detail, in the reader's language where it is our own sentence."""
        return said(self.detail)


class ConnectorCursor(Identified):
    """How far a connector has read a channel; written in the transaction that stores what was read."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="cursors")
    name = models.CharField(max_length=200)
    value: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "name"], name="connector_cursor_once")]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.name}"
