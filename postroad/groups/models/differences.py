"""Where a group differs from what is declared of it, field by field, and the departures that were approved."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from postroad.messengers.protocol import RoomSetting
from postroad.org.models import today
from postroad.platform.models import Identified

SETTINGS = {
    RoomSetting.POSTING_RESTRICTED: _("Only owner and administrators speak"),
    RoomSetting.MENTION_ALL_RESTRICTED: _("Only owner and administrators mention everybody"),
    RoomSetting.MANAGING_RESTRICTED: _("Only owner and administrators change name and members"),
    RoomSetting.SEARCHABLE: _("Can be found by searching"),
    RoomSetting.JOINING_NEEDS_APPROVAL: _("Joining needs approval"),
    RoomSetting.HISTORY_FOR_NEWCOMERS: _("Newcomers see what was said before"),
    RoomSetting.ENCRYPTED: _("Encrypted end to end"),
    RoomSetting.TOPIC: _("Topic"),
}
WORDS = {"true": _("on"), "false": _("off"), "admin": _("administrator"), "member": _("member only")}


class Field(models.TextChoices):
    """What differs. `STRANGER`: a user of the messenger who is none of our people."""

    ROOM = "room", _("Group is missing")
    CLOSED = "closed", _("Group was closed in the messenger")
    ENDING = "ending", _("Group should end")
    NAME = "name", _("Name")
    OWNER = "owner", _("Owner")
    MISSING = "missing", _("Member is missing")
    EXTRA = "extra", _("Member must go")
    STRANGER = "stranger", _("Unknown member")
    ADMIN = "admin", _("Group administrator")
    SETTING = "setting", _("Setting")


class Obstacle(models.TextChoices):
    """Why a difference is not simply repaired."""

    NONE = "", ""
    NOT_IN_DIRECTORY = "not-in-directory", _("cannot be invited: not in the directory")
    OWNER_NOT_IN_DIRECTORY = "owner-not-in-directory", _("the owner is not in the directory")
    NOBODY_ANSWERS = "nobody-answers", _("nobody can be its owner")
    TOO_LONG = "too-long", _("the name is too long for the messenger")
    FULL = "full", _("the messenger allows no larger group")
    NOT_OFFERED = "not-offered", _("the messenger does not let us change this")
    BY_HAND = "by-hand", _("only after somebody looked")


class Difference(Identified):
    """One thing about a group that is not as declared, from when it was seen until it was closed.

    `subject` tells several of one field apart: the person's id, the user id, the setting. `told_by` is who changed
    it, in the messenger's words, where it tells.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("difference", "Open")
        EXCEPTION = "exception", pgettext_lazy("difference", "Exception")
        CLOSED = "closed", pgettext_lazy("difference", "Closed")

    class How(models.TextChoices):
        REVERTED = "reverted", _("Repaired by Postroad")
        ACCEPTED = "accepted", _("Accepted as the new approved state")
        GONE = "gone", _("Gone by itself")

    channel = models.ForeignKey("channels.Channel", models.CASCADE, related_name="differences")
    field = models.CharField(max_length=12, choices=Field)
    subject = models.CharField(max_length=255, blank=True)
    person = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    declared = models.CharField(max_length=255, blank=True)
    observed = models.CharField(max_length=255, blank=True)
    obstacle = models.CharField(max_length=30, choices=Obstacle, blank=True)
    since = models.DateTimeField()
    told_by = models.CharField(max_length=255, blank=True)
    # Somebody made it so in the messenger; otherwise what is declared has moved.
    by_messenger = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    excepted_until = models.DateField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    closed_how = models.CharField(max_length=10, choices=How, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("difference")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "field", "subject"], name="difference_once", condition=~Q(state="closed")
            ),
            models.CheckConstraint(
                name="difference_closed_somehow",
                condition=Q(state="closed", closed_at__isnull=False) & ~Q(closed_how="")
                | ~Q(state="closed") & Q(closed_at__isnull=True, closed_how=""),
            ),
            models.CheckConstraint(
                name="difference_exception_has_an_end",
                condition=~Q(state="exception") | Q(excepted_until__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["-since", "-id"], name="difference_open", condition=~Q(state="closed")),
            models.Index(fields=["channel", "state"], name="difference_by_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.get_field_display()}: {self.about}"

    def get_absolute_url(self) -> str:
        return reverse("groups:difference", args=[self.pk])

    @property
    def about(self) -> str:
        """Whom or what it is about, in the reader's language."""
        if self.field == Field.SETTING:
            return str(SETTINGS.get(RoomSetting(self.subject), self.subject))
        if self.field in {Field.MISSING, Field.EXTRA, Field.STRANGER, Field.ADMIN}:
            return str(self.person) if self.person else self.observed or self.subject
        return ""

    @property
    def declared_said(self) -> str:
        return said(self.declared)

    @property
    def observed_said(self) -> str:
        return said(self.observed)

    @property
    def is_excepted(self) -> bool:
        """Whether it is left alone for now."""
        return self.state == self.State.EXCEPTION and self.excepted_until is not None and self.excepted_until >= today()

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return {"open": "warning", "exception": "info"}.get(self.state, "secondary")


def said(value: str) -> str:
    """A kept value in words."""
    return str(WORDS[value]) if value in WORDS else value or gettext("nothing")


class Amendment(Identified):
    """A departure from the template that was approved: from then on it is part of what is declared."""

    channel = models.ForeignKey("channels.Channel", models.CASCADE, related_name="amendments")
    field = models.CharField(max_length=12, choices=Field)
    subject = models.CharField(max_length=255, blank=True)
    value = models.CharField(max_length=255, blank=True)
    person = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    request = models.ForeignKey("approvals.Request", models.PROTECT, related_name="+")
    starts_on = models.DateField(default=today)
    ended_on: "models.DateField[date | None, date | None]" = models.DateField(null=True)

    class Meta:
        verbose_name = _("approved departure")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "field", "subject"], name="amendment_once", condition=Q(ended_on__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.field} {self.subject}"
