"""Lists of cases that people keep under a name."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from postroad.platform.models import Identified


class SavedView(Identified):
    """Filters, order and columns of the case list under a name: one's own, or shared with everybody at the desk.

    What it shows is still limited by what its reader may see.
    """

    name = models.CharField(_("name"), max_length=60)
    owner = models.ForeignKey("org.Person", models.CASCADE, related_name="case_views")
    shared = models.BooleanField(_("show it to everybody at the desk"), default=False)
    # What stands in the list's address line, name by name: {"view": ["team"], "tag": ["…", "…"], "sort": ["newest"]}.
    query = models.JSONField(default=dict)
    columns = models.JSONField(_("columns"), default=list)

    class Meta:
        verbose_name = _("saved view")
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="desk_view_once",
                violation_error_message=_("You have a view of this name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
