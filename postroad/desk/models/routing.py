"""To whom new cases go: rules in order, skills, and whose turn it is."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from postroad.org.models import Named
from postroad.platform.models import Identified


class Rule(models.TextChoices):
    """One way to find who gets a case. A channel has some of them in an order; the first that finds somebody counts."""

    ACCOUNT_MANAGER = "account-manager", _("the customer's account manager")
    LAST_AGENT = "last-agent", _("who worked on the customer's last case")
    SKILL = "skill", _("whoever has the skills it takes, with the most room")
    ROUND_ROBIN = "round-robin", _("turn by turn")
    LEAST_BUSY = "least-busy", _("whoever has the most room")


class Language(models.TextChoices):
    CHINESE = "zh", _("Chinese")
    ENGLISH = "en", _("English")
    OTHER = "other", _("another language")


class Skill(Identified, Named):
    """Something not everybody on a team can do, who can, and which new cases take it.

    A case takes it if it came in on one of `channels`, holds one of `words` in its subject or first message, or is
    written in `language`.
    """

    words = models.TextField(
        _("taken by cases that hold one of these words"), blank=True, max_length=2000, help_text=_("One on each line.")
    )
    language = models.CharField(_("taken by cases written in"), max_length=10, choices=Language, blank=True)
    channels = models.ManyToManyField(
        "channels.Channel", blank=True, related_name="+", verbose_name=_("taken by every case on")
    )
    people = models.ManyToManyField("org.Person", blank=True, related_name="+", verbose_name=_("who has it"))

    class Meta:
        verbose_name = _("skill")
        ordering: ClassVar = ["name", "id"]

    @property
    def topics(self) -> list[str]:
        """The words, one each, without case."""
        return [line.strip().lower() for line in self.words.splitlines() if line.strip()]


class Turn(Identified):
    """When somebody last had their turn on a channel, as a number that rises; who has the smallest, or none, is next.

    Written in the transaction that gives the case, while the places of the channel's team are locked.
    """

    channel = models.ForeignKey("channels.Channel", models.CASCADE, related_name="+")
    person = models.ForeignKey("org.Person", models.CASCADE, related_name="+")
    number = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "person"], name="desk_turn_once"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.person_id}"
