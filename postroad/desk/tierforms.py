"""What is filled in about what is offered to those whom nobody answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _

from postroad.channels.models import Channel
from postroad.desk.models import TierRule


class TierRuleForm(forms.ModelForm[TierRule]):
    class Meta:
        model = TierRule
        fields: ClassVar = ["enabled", "minutes", "offers", "text", "text_en"]

    def __init__(self, *args: Any, tiers: Sequence[Channel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = self.fields["offers"]
        assert isinstance(offered, forms.ModelChoiceField)
        offered.queryset = Channel.objects.filter(pk__in=[one.pk for one in tiers]).order_by("kind", "name")
        offered.required = False
        for name in ("text", "text_en"):
            self.fields[name].help_text = _("Left empty, we say when they called and what is offered.")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("enabled") and not given.get("offers") and "offers" not in self.errors:
            self.add_error("offers", _("Choose what is offered."))
        return given
