"""Group templates, the projects and departments they speak of, and the groups they make."""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from postroad.channels.models import CHANNEL_KEY, Confidentiality
from postroad.org.models import Named
from postroad.platform.models import Identified


class Project(Identified, Named):
    """Something people of several departments work on for a while; `ended_on` is the last day, included."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    department = models.ForeignKey("org.Department", models.PROTECT, related_name="projects")
    lead = models.ForeignKey("org.Person", models.PROTECT, related_name="led_projects")
    starts_on = models.DateField(_("from"))
    ended_on = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("project")
        constraints = [
            models.CheckConstraint(
                name="project_ends_after_start", condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("starts_on"))
            )
        ]
        indexes = [models.Index(fields=["name", "id"], name="project_by_name")]

    def get_absolute_url(self) -> str:
        return reverse("groups:project", args=[self.pk])

    def is_running_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ended_on is None or day <= self.ended_on)


class ProjectMember(Identified):
    """Somebody in a project for a period, both days included."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="members")
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="project_memberships")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("project member")
        constraints = [
            models.CheckConstraint(
                name="project_member_ends_after_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
            models.UniqueConstraint(
                fields=["project", "person"], name="project_member_once_at_a_time", condition=Q(ends_on__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.project}"


class GroupTemplate(Identified, Named):
    """A rule from which groups are made and kept: one for each department, for each project, or for everybody.

    In force only once approved; every later change is approved too. `only` narrows the departments; empty means
    all. `pattern` has the fields `{department}` and `{project}` of naming rules.
    """

    class Kind(models.TextChoices):
        DEPARTMENT = "department", _("Department group")
        PROJECT = "project", _("Project group")
        ALL_STAFF = "all-staff", _("All-staff group")

    class Policy(models.TextChoices):
        AUTOMATIC = "automatic", _("By itself")
        CLICK = "click", _("After a click")

    class State(models.TextChoices):
        APPLIED = "applied", _("Waiting for approval")
        IN_FORCE = "in-force", _("In force")
        ENDED = "ended", _("Ended")
        REFUSED = "refused", _("Not approved")

    key = models.CharField(_("short key"), max_length=30, unique=True, validators=[CHANNEL_KEY])
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    messenger = models.ForeignKey("messengers.Messenger", models.PROTECT, related_name="group_templates")
    pattern = models.CharField(_("pattern of the name"), max_length=120)
    purpose = models.TextField(_("purpose"), max_length=1000)
    confidentiality = models.CharField(_("confidentiality"), max_length=20, choices=Confidentiality)
    only = models.ManyToManyField("org.Department", related_name="+", blank=True)
    include_below = models.BooleanField(_("with the departments below"), default=False)
    at_least = models.PositiveSmallIntegerField(_("least number of people"), default=2)
    policy = models.CharField(_("differences are repaired"), max_length=12, choices=Policy, default=Policy.AUTOMATIC)
    fix_names = models.BooleanField(_("names are repaired by themselves"), default=True)
    room_settings: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.APPLIED)

    class Meta:
        verbose_name = _("group template")
        constraints = [
            models.CheckConstraint(
                name="group_template_state_known", condition=Q(state__in=["applied", "in-force", "ended", "refused"])
            ),
            models.CheckConstraint(
                name="group_template_kind_known", condition=Q(kind__in=["department", "project", "all-staff"])
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("groups:template", args=[self.pk])

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return {"in-force": "success", "applied": "info"}.get(self.state, "secondary")


class Group(Identified):
    """A channel whose room in a messenger is kept as declared.

    With a template, the template says who is in it; without, only who answers for it, what it is called, and that
    nobody is in it who has left. `delegate` is the named owner in place of the head. `generation` counts rooms made
    anew after the one before was closed in the messenger.
    """

    channel = models.OneToOneField("channels.Channel", models.PROTECT, related_name="group")
    messenger = models.ForeignKey("messengers.Messenger", models.PROTECT, related_name="groups")
    template = models.ForeignKey(GroupTemplate, models.PROTECT, null=True, related_name="groups")
    department = models.ForeignKey("org.Department", models.PROTECT, null=True, related_name="groups")
    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="groups")
    delegate = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="delegated_groups")
    generation = models.PositiveSmallIntegerField(default=0)
    # Applying that failed one after the other, and when to try again.
    failures = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    compared_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("group")
        constraints = [
            models.UniqueConstraint(
                fields=["template", "department", "project"],
                name="group_once",
                condition=Q(template__isnull=False),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="group_of_one_thing", condition=Q(department__isnull=True) | Q(project__isnull=True)
            ),
        ]
        indexes = [models.Index(fields=["messenger", "next_try_at"], name="group_to_try_again")]

    def __str__(self) -> str:
        return str(self.channel)

    def get_absolute_url(self) -> str:
        return reverse("groups:group", args=[self.channel_id])

    @property
    def room_key(self) -> str:
        """Under which its room is made: asking twice makes one room."""
        return f"{self.channel_id.hex}-{self.generation}" if self.generation else self.channel_id.hex
