"""Rooms without registration: whom we asked about them."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.platform.models import Identified


class StrayQuestion(Identified):
    """A person asked to register a room found in the messenger, or to say that it may be closed."""

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("stray group", "Asked")
        REGISTERED = "registered", _("Registration applied for")
        MAY_CLOSE = "may-close", _("May be closed")
        WITHDRAWN = "withdrawn", pgettext_lazy("stray group", "Withdrawn")

    room = models.ForeignKey("messengers.Room", models.CASCADE, related_name="questions")
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    asked_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    deadline = models.ForeignKey("clock.Deadline", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.ASKED)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("question about a stray group")
        constraints = [
            models.UniqueConstraint(fields=["room"], name="stray_question_one_open", condition=Q(state="asked"))
        ]

    def __str__(self) -> str:
        return f"{self.room} · {self.person}"

    def get_absolute_url(self) -> str:
        return reverse("groups:stray", args=[self.room_id])
