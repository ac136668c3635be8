"""What people looked for in the archive: kept so that looking is accountable."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from postroad.platform.models import Identified


class Search(Identified):
    """One search. The ledger holds its digest; the words stay here, where they can be erased."""

    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="archive_searches")
    words = models.TextField(blank=True)
    filters: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("archive search")
        verbose_name_plural = _("archive searches")
        indexes = (models.Index(fields=("person", "-id"), name="archive_search_by_person"),)

    def __str__(self) -> str:
        return self.words or str(self.pk)
