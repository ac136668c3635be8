"""People, departments, posts, outside parties and accounts, with what must always hold of them.

Two rules need more than a constraint and are triggers: the department tree has no cycle, and a
department has one head and one supervising leader at a time.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from postroad.org.roles import ROLES_OF_A_DEPARTMENT, Role, roles_carrying
from postroad.platform.actors import Actor
from postroad.platform.ids import time_of
from postroad.platform.language import in_active_language
from postroad.platform.models import Identified


def today() -> date:
    """The day it is in the company's zone."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


class Language(models.TextChoices):
    CHINESE = "zh-hans", "中文"
    ENGLISH = "en", "English"


class Named(models.Model):
    """Something with a name, and an English one where it has one."""

    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return in_active_language(self.name, self.name_en)


class Reachable(models.Model):
    """A mail address and a telephone number, sealed under the subject's key, with digests to look them up by.

    Written and read by `actions` and `personal` only.
    """

    mail_sealed = models.BinaryField(null=True, editable=False)
    mail_digest = models.BinaryField(null=True, editable=False)
    phone_sealed = models.BinaryField(null=True, editable=False)
    phone_digest = models.BinaryField(null=True, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


# The lock makes two moves that would only together close a circle wait for each other.
NO_CYCLE = """
    PERFORM pg_advisory_xact_lock(hashtext('org_department_tree'));
    IF NEW.parent_id IS NOT NULL AND EXISTS (
        WITH RECURSIVE above(id, parent_id) AS (
            SELECT id, parent_id FROM org_department WHERE id = NEW.parent_id
            UNION SELECT d.id, d.parent_id FROM org_department d JOIN above ON d.id = above.parent_id
        )
        SELECT 1 FROM above WHERE id = NEW.id
    ) THEN
        RAISE EXCEPTION 'a department cannot stand below itself'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'org_department_no_cycle';
    END IF;
    RETURN NEW;
"""


class Department(Identified, Named):
    """A node of the company's tree. Posts say who heads it and which leader supervises it."""

    code = models.CharField(max_length=40, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                F("parent"), Lower("name"), name="org_department_name_once_per_parent", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="org_department_not_its_own_parent"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="no_cycle",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("parent_id"),  # type: ignore[no-untyped-call]  # half typed upstream
                func=NO_CYCLE,
            )
        ]


class Person(Identified, Named, Reachable):
    """Somebody who works, or worked, for the company. `left_on` is the last day, itself included."""

    staff_no = models.CharField(max_length=40, unique=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="people")
    title = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=10, choices=Language, default=Language.CHINESE)
    joined_on = models.DateField()
    left_on = models.DateField(null=True, blank=True)
    address_sealed = models.BinaryField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("joined_on")),
                name="org_person_leaves_after_joining",
            ),
            models.UniqueConstraint(Upper("staff_no"), name="org_person_staff_no_once_in_any_case"),
            models.UniqueConstraint(
                fields=["mail_digest"], condition=Q(left_on__isnull=True), name="org_person_mail_once_among_staff"
            ),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="org_person_by_name"),
            models.Index(fields=["department", "name", "id"], name="org_person_by_department"),
            models.Index(fields=["phone_digest"], name="org_person_by_phone"),
            models.Index(fields=["mail_digest"], name="org_person_by_mail"),
            models.Index(fields=["left_on"], name="org_person_by_leaving", condition=Q(left_on__isnull=False)),
        ]

    def as_actor(self) -> Actor:
        return Actor("person", str(self.pk), self.name)

    def is_active_on(self, day: date) -> bool:
        """Whether the person works here on that day, the first and the last day included."""
        return self.joined_on <= day and (self.left_on is None or day <= self.left_on)

    def roles_on(self, day: date | None = None) -> frozenset[Role]:
        """The roles held on a day (default: today), STAFF among them; none for who is not active then."""
        day = day or today()
        if not self.is_active_on(day):
            return frozenset()
        held = Post.objects.held_on(day).filter(person=self).values_list("role", flat=True)
        return frozenset({Role.STAFF, *(Role(role) for role in held)})


class PostQuerySet(models.QuerySet["Post"]):
    def held_on(self, day: date) -> PostQuerySet:
        """Posts running on a day, whose holder is active then."""
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=day),
            Q(person__left_on__isnull=True) | Q(person__left_on__gte=day),
            starts_on__lte=day,
            person__joined_on__lte=day,
        )


# The lock makes two appointments to the same place wait for each other.
ONE_AT_A_TIME = """
    PERFORM pg_advisory_xact_lock(hashtext('org_post' || NEW.role || NEW.department_id::text));
    IF EXISTS (
        SELECT 1 FROM org_post
        WHERE role = NEW.role AND department_id = NEW.department_id AND id <> NEW.id
          AND daterange(starts_on, ends_on, '[]') && daterange(NEW.starts_on, NEW.ends_on, '[]')
    ) THEN
        RAISE EXCEPTION 'this department has a holder of the role % in that period', NEW.role
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'org_post_one_at_a_time';
    END IF;
    RETURN NEW;
"""


class Post(Identified):
    """A role held by a person for a period, both days included; what answers "the head of Sales on 3 May"."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="posts")
    role = models.CharField(max_length=30, choices=Role)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="posts")
    title = models.CharField(max_length=120, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="org_post_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(role__in=sorted(ROLES_OF_A_DEPARTMENT)) | Q(department__isnull=False),
                name="org_post_of_a_department_names_it",
            ),
            models.CheckConstraint(condition=~Q(role=Role.STAFF), name="org_post_is_never_plain_staff"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="org_post_role_is_known"),
        ]
        indexes = [
            models.Index(fields=["role", "department", "starts_on"], name="org_post_by_role"),
            models.Index(fields=["department", "role"], name="org_post_by_department"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="one_at_a_time",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__role__in=sorted(ROLES_OF_A_DEPARTMENT)),
                func=ONE_AT_A_TIME,
            )
        ]


class Organisation(Identified, Named):
    """An outside company: customer, partner or supplier."""

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        PARTNER = "partner", _("Partner")
        SUPPLIER = "supplier", _("Supplier")
        OTHER = "other", _("Other")

    kind = models.CharField(max_length=20, choices=Kind, default=Kind.CUSTOMER)
    # Who looks after a key account is known to whoever registered as the source of managers (see `registry`).
    key_account = models.BooleanField(default=False)
    note = models.TextField(blank=True, max_length=2000)
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="org_organisation_name_once")]


# The purpose of those who became contacts by writing to us.
ANSWERING = "answering"


class Contact(Identified, Reachable):
    """An outside person. Why their data is held, and since when they agreed, is part of the row."""

    class Basis(models.TextChoices):
        WROTE_TO_US = "wrote_to_us", _("Wrote to us")
        CONSENT = "consent", _("Gave consent")
        CONTRACT = "contract", _("Needed for a contract")

    name = models.CharField(max_length=200)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="contacts")
    title = models.CharField(max_length=120, blank=True)
    basis = models.CharField(max_length=20, choices=Basis)
    purpose = models.CharField(max_length=200)
    consented_at = models.DateTimeField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mail_digest"], name="org_contact_mail_once"),
            models.CheckConstraint(
                condition=~Q(basis="consent") | Q(consented_at__isnull=False), name="org_contact_consent_has_its_time"
            ),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="org_contact_by_name"),
            models.Index(fields=["phone_digest"], name="org_contact_by_phone"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stated_purpose(self) -> str:
        """The purpose in the reader's language where it is ours, in the words of whoever typed it otherwise."""
        return gettext("Answering what they write to us") if self.purpose == ANSWERING else self.purpose

    def as_actor(self) -> Actor:
        return Actor("contact", str(self.pk), self.name)


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> Account:
        return self.select_related("person").get(username__iexact=username)


class Account(Identified, AbstractBaseUser):
    """What a person signs in with. Closed accounts (`is_active` false) are kept, never deleted."""

    username = models.CharField(max_length=80)
    person = models.OneToOneField(Person, models.PROTECT, null=True, related_name="account")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [models.UniqueConstraint(Upper("username"), name="org_account_username_once")]

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles of the person today; read once per request, since each request loads its own account."""
        if not self.is_active or self.person is None:
            return frozenset()
        return self.person.roles_on(today())

    def may(self, permission: str) -> bool:
        """Whether this account carries a permission today. Raises for an unregistered permission."""
        return bool(self.roles & roles_carrying(permission))


class PeopleImport(Identified):
    """A spreadsheet of people on its way in: read and checked in the background, then applied as a whole.

    The file itself is kept, sealed, only until it is applied or discarded: it is full of personal data.
    """

    class State(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        READY = "ready", _("Ready to apply")
        FAULTY = "faulty", _("Has errors")
        APPLYING = "applying", _("Being applied")
        APPLIED = "applied", _("Applied")
        DISCARDED = "discarded", _("Discarded")

    content_sealed = models.BinaryField(null=True, editable=False)
    file_name = models.CharField(max_length=255)
    uploaded_by = models.ForeignKey(Person, models.PROTECT)
    state = models.CharField(max_length=20, choices=State, default=State.CHECKING)
    rows_read = models.PositiveIntegerField(default=0)
    rows_new = models.PositiveIntegerField(default=0)
    rows_changed = models.PositiveIntegerField(default=0)
    rows_unchanged = models.PositiveIntegerField(default=0)
    rows_faulty = models.PositiveIntegerField(default=0)
    sample = models.JSONField(default=list)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-id"], name="org_import_newest_first")]

    @property
    def uploaded_at(self) -> datetime:
        return time_of(self.pk)

    @property
    def is_worked_on(self) -> bool:
        return self.state in {self.State.CHECKING, self.State.APPLYING}

    @property
    def changes_something(self) -> bool:
        return bool(self.rows_new or self.rows_changed)


class ImportProblem(models.Model):
    """One thing wrong in one row of an import: which column and why, without any personal data."""

    people_import = models.ForeignKey(PeopleImport, models.CASCADE, related_name="problems")
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=60)
    shown = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["people_import", "row", "id"], name="org_problem_by_row")]

    def __str__(self) -> str:
        return f"{self.row} {self.column}: {self.reason}"
