"""Where the company's people come from, what each place said of whom, every reading of it, and what it left open."""

from datetime import datetime, timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.channels.models import CHANNEL_KEY, said
from postroad.org.models import Department, Person
from postroad.platform.ids import time_of
from postroad.platform.models import Identified

SCIM = "scim"
"""The connector of a source that is not read but pushes to us (RFC 7644)."""

NAMED = "department:"
"""What the id of a department begins with that is known by the name in pushed users only."""

SHORTEST_INTERVAL, LONGEST_INTERVAL = 5, 7 * 24 * 60


class Source(Identified):
    """A directory that says who works here. Ends by being retired; what it brought stays.

    With a `messenger`, its connection is the messenger's; otherwise settings and secrets are its own.
    `guarded_since`: ends before this moment were looked at and do not count against the guard any more.
    """

    class State(models.TextChoices):
        IN_USE = "in-use", _("In use")
        SUSPENDED = "suspended", _("Suspended")
        RETIRED = "retired", _("Retired")

    key = models.CharField(_("short key"), max_length=40, unique=True, validators=[CHANNEL_KEY])
    name = models.CharField(_("name"), max_length=120)
    connector = models.CharField(_("connector"), max_length=40)
    messenger = models.ForeignKey("messengers.Messenger", models.PROTECT, null=True, blank=True, related_name="+")
    connector_settings: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    sealed_secrets = models.BinaryField(null=True, editable=False)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.IN_USE)

    every_minutes = models.PositiveIntegerField(
        _("read every (minutes)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(SHORTEST_INTERVAL), MaxValueValidator(LONGEST_INTERVAL)],
    )
    takes_departments = models.BooleanField(default=True)
    below = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")
    adopts = models.BooleanField(default=False)
    takes_user_id = models.BooleanField(default=False)

    next_run_at = models.DateTimeField(null=True, editable=False)
    guarded_since = models.DateTimeField(null=True, editable=False)
    # None until first tried.
    healthy = models.BooleanField(null=True, editable=False)
    health_detail = models.CharField(max_length=1000, blank=True, editable=False)
    health_changed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("directory source")
        constraints = [
            models.CheckConstraint(
                name="directory_source_state_known", condition=Q(state__in=["in-use", "suspended", "retired"])
            ),
        ]
        indexes = [models.Index(fields=["next_run_at"], name="directory_source_due", condition=Q(state="in-use"))]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("directory:source", args=[self.pk])

    @property
    def is_pushed(self) -> bool:
        """Whether the other side writes to us instead of being read."""
        return self.connector == SCIM

    @property
    def health_said(self) -> str:
        return said(self.health_detail)


class SourceDepartment(Identified):
    """A department as a source knows it, and which of ours that is (None: not settled, see `Conflict`)."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="departments")
    external_id = models.CharField(max_length=255)
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="directory_entries")
    name = models.CharField(max_length=255)
    gone_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)
    # What a pushing source calls it; "" when it does not.
    pushed_id = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = _("department of a source")
        constraints = [
            models.UniqueConstraint("source", Lower("external_id"), name="directory_department_once"),
            models.UniqueConstraint(
                fields=["source", "department"],
                name="directory_department_is_one_entry",
                condition=Q(department__isnull=False, gone_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SourcePerson(Identified):
    """Somebody in a source, and who of our people that is. One source at most is authoritative (`owns`) for a person.

    `ended_at`: the source said, or showed, that this person left. `ending_since`: it says so, and the guard holds it.
    `sealed_resource` and the fields after it are kept for pushing sources only, which ask for them back; the digests
    find an entry by its user name and by the pusher's own id.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="people")
    external_id = models.CharField(max_length=255)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="directory_entries")
    owns = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    ending_since = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    sealed_resource = models.BinaryField(null=True, editable=False)
    login_digest = models.BinaryField(null=True, editable=False)
    pushed_digest = models.BinaryField(null=True, editable=False)
    department_ids: models.JSONField[list[str], list[str]] = models.JSONField(default=list)

    class Meta:
        verbose_name = _("person of a source")
        constraints = [
            models.UniqueConstraint("source", Lower("external_id"), name="directory_person_once"),
            models.UniqueConstraint(fields=["person"], name="directory_one_authority", condition=Q(owns=True)),
            models.UniqueConstraint(
                fields=["source", "login_digest"], name="directory_login_once", condition=Q(gone_at__isnull=True)
            ),
            models.CheckConstraint(
                name="directory_owner_has_person", condition=Q(owns=False) | Q(person__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["source", "ended_at"], name="directory_person_ended"),
            models.Index(fields=["person"], name="directory_person_of"),
        ]

    def __str__(self) -> str:
        return self.external_id


class SyncRun(Identified):
    """One reading of a source: what it would do, and what became of it.

    The reading itself is kept, sealed, only while the run waits: it is full of personal data. `planned` holds what
    is shown of the plan: ids, staff numbers and names of fields. `trial`: look only, never apply.
    """

    class State(models.TextChoices):
        READING = "reading", _("Being read")
        READ = "read", _("Being compared")
        HELD = "held", _("Held: needs a decision")
        LOOKED = "looked", _("Looked at, nothing changed")
        APPLIED = "applied", _("Applied")
        FAILED = "failed", _("Failed")
        DISCARDED = "discarded", _("Discarded")
        REPLACED = "replaced", _("Replaced by a newer reading")

    class Hold(models.TextChoices):
        TOO_MANY = "too-many", _("It would end too many people")
        EMPTY = "empty", _("The source showed nobody")
        INCOMPLETE = "incomplete", _("The source did not show everybody")
        FIRST = "first", _("It is the first reading: look before it is applied")

    source = models.ForeignKey(Source, models.CASCADE, related_name="runs")
    state = models.CharField(max_length=12, choices=State, default=State.READING)
    hold = models.CharField(max_length=12, choices=Hold, blank=True)
    trial = models.BooleanField(default=False)
    started_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    sealed_reading = models.BinaryField(null=True, editable=False)
    planned: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    approved_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    approved_reason = models.CharField(max_length=500, blank=True)
    detail = models.CharField(max_length=1000, blank=True)
    finished_at = models.DateTimeField(null=True)

    people_read = models.PositiveIntegerField(default=0)
    departments_read = models.PositiveIntegerField(default=0)
    people_new = models.PositiveIntegerField(default=0)
    people_changed = models.PositiveIntegerField(default=0)
    people_unchanged = models.PositiveIntegerField(default=0)
    people_ended = models.PositiveIntegerField(default=0)
    departments_new = models.PositiveIntegerField(default=0)
    departments_changed = models.PositiveIntegerField(default=0)
    conflicts_open = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("reading of a directory")
        indexes = [models.Index(fields=["source", "-id"], name="directory_run_newest_first")]
        constraints = [
            models.CheckConstraint(name="directory_held_for_a_reason", condition=~Q(state="held") | ~Q(hold="")),
            models.UniqueConstraint(fields=["source"], name="directory_one_held_run", condition=Q(state="held")),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def started_at(self) -> datetime:
        return time_of(self.pk)

    @property
    def took(self) -> timedelta | None:
        return self.finished_at - self.started_at if self.finished_at else None

    @property
    def is_worked_on(self) -> bool:
        return self.state in {self.State.READING, self.State.READ}

    @property
    def detail_said(self) -> str:
        return said(self.detail)


class Conflict(Identified):
    """Something that a source says and that nobody but a person may settle. Both sides stay as they are meanwhile.

    `theirs` is what the source said when it was last looked at, sealed; `entry_digest` tells whether it changed since.
    """

    class Kind(models.TextChoices):
        NAME_DIFFERS = "name-differs", _("Same staff number, another name")
        MAIL_TAKEN = "mail-taken", _("Somebody else here has this mail address")
        TWICE = "twice", _("Two entries with one staff number or mail address")
        OWNED_BY_HAND = "owned-by-hand", _("Entered by hand here")
        OWNED_ELSEWHERE = "owned-elsewhere", _("Another source answers for this person")
        RETURNED = "returned", _("Somebody who left is back")
        NO_STAFF_NO = "no-staff-no", _("No staff number")
        STAFF_NO_TAKEN = "staff-no-taken", _("The new staff number belongs to somebody else")
        BAD_VALUE = "bad-value", _("A value that cannot be taken")
        UNKNOWN_PARENT = "unknown-parent", _("The department stands below one that is not there")
        CYCLE = "cycle", _("The departments stand below each other in a circle")
        DEPARTMENT_EXISTS = "department-exists", _("A department of this name is here already")
        HEAD_DIFFERS = "head-differs", _("Another head of the department is proposed")

    class Choice(models.TextChoices):
        TAKE = "take", _("Take theirs")
        KEEP = "keep", _("Keep ours")
        SAME = "same", _("They are the same")
        IGNORE = "ignore", _("Ignore until it changes")

    source = models.ForeignKey(Source, models.CASCADE, related_name="conflicts")
    kind = models.CharField(max_length=20, choices=Kind)
    external_id = models.CharField(max_length=255)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    other_id = models.CharField(max_length=255, blank=True)
    fields: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    sealed_theirs = models.BinaryField(null=True, editable=False)
    sealed_other = models.BinaryField(null=True, editable=False)
    entry_digest = models.BinaryField()
    # None: open. It stays open until somebody chooses, or the source stops saying it (`gone_at`).
    choice = models.CharField(max_length=10, choices=Choice, blank=True)
    chosen_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    chosen_at = models.DateTimeField(null=True)
    chosen_reason = models.CharField(max_length=500, blank=True)
    gone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("conflict with a directory")
        constraints = [
            models.UniqueConstraint("source", "kind", Lower("external_id"), name="directory_conflict_once"),
            models.CheckConstraint(
                name="directory_choice_by_somebody",
                condition=Q(choice="", chosen_by__isnull=True) | ~Q(choice="") & Q(chosen_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["source", "kind", "id"], name="directory_conflict_open", condition=Q(choice="", gone_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"

    @property
    def choices_here(self) -> tuple["Conflict.Choice", ...]:
        return CHOICES[Conflict.Kind(self.kind)]


_C, _K = Conflict.Choice, Conflict.Kind
CHOICES: dict[Conflict.Kind, tuple[Conflict.Choice, ...]] = {
    _K.NAME_DIFFERS: (_C.SAME, _C.KEEP, _C.IGNORE),
    _K.MAIL_TAKEN: (_C.SAME, _C.KEEP, _C.IGNORE),
    _K.TWICE: (_C.TAKE, _C.IGNORE),
    _K.OWNED_BY_HAND: (_C.TAKE, _C.KEEP, _C.IGNORE),
    _K.OWNED_ELSEWHERE: (_C.TAKE, _C.KEEP, _C.IGNORE),
    _K.RETURNED: (_C.TAKE, _C.KEEP, _C.IGNORE),
    _K.NO_STAFF_NO: (_C.SAME, _C.IGNORE),
    _K.STAFF_NO_TAKEN: (_C.KEEP, _C.IGNORE),
    _K.BAD_VALUE: (_C.IGNORE,),
    _K.UNKNOWN_PARENT: (_C.TAKE, _C.IGNORE),
    _K.CYCLE: (_C.TAKE, _C.IGNORE),
    _K.DEPARTMENT_EXISTS: (_C.SAME, _C.IGNORE),
    _K.HEAD_DIFFERS: (_C.TAKE, _C.KEEP, _C.IGNORE),
}
"""What can be chosen for each kind. TAKE of a department: it stands at the top; of one of two entries: it counts."""


class ScimToken(Identified):
    """What a pushing source shows for itself. Kept only as a digest; shown once, when it is made."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="tokens")
    digest = models.BinaryField(unique=True)
    note = models.CharField(pgettext_lazy("token", "note"), max_length=120, blank=True)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("token")

    def __str__(self) -> str:
        return self.note or str(self.pk)

    @property
    def made_at(self) -> datetime:
        return time_of(self.pk)

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None and timezone.now() < self.expires_at
