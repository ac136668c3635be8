"""What is filled in to set a live chat up."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.models import Channel, Kind, State
from postroad.livechat import colours, origins, texts
from postroad.livechat.models import ChatSettings

MOST_ORIGINS = 50


class ChatForm(forms.ModelForm[ChatSettings]):
    """All of a chat's settings but the identity key, which is made, not chosen."""

    sites = forms.CharField(
        label=gettext_lazy("Sites that may embed the chat"),
        help_text=gettext_lazy("One a line, with http or https, for example https://www.example.com"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
    field_order = ("sites",)

    class Meta:
        model = ChatSettings
        fields = (
            "title", "title_en", "greeting", "greeting_en", "away", "away_en", "consent", "consent_en", "colour",
            "mail", "mailbox", "proactive", "proactive_after",
        )  # fmt: skip
        widgets: ClassVar[dict[str, Any]] = {
            "colour": forms.TextInput(attrs={"type": "color"}),
            **{name: forms.Textarea(attrs={"rows": 2}) for name in ("away", "away_en", "consent", "consent_en")},
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "consent": gettext_lazy("Name the purpose. What a visitor has agreed to is kept with the chat."),
            "mailbox": gettext_lazy("When the visitor has left, or nobody was there, answers go by mail from here."),
            "proactive": gettext_lazy("Off: the chat waits until a visitor opens it."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("sites", "\n".join(self.instance.allowed_origins))
        self.fields["colour"].help_text = contrast_note(str(self["colour"].value()))
        for language, ending in (("zh-hans", ""), ("en", "_en")):
            with translation.override(language):
                shown = texts.widget(ChatSettings(channel=self.instance.channel))
            for name in ("title", "greeting", "away", "consent"):
                self.fields[name + ending].widget.attrs["placeholder"] = shown[name]
        mailbox = self.fields["mailbox"]
        assert isinstance(mailbox, forms.ModelChoiceField)
        mailboxes = Channel.objects.filter(kind=Kind.MAILBOX).exclude(state__in=(State.RETIRED, State.REFUSED))
        mailbox.queryset = mailboxes.order_by("name")
        mailbox.empty_label = _("none: answers wait in the chat")

    def clean_sites(self) -> list[str]:
        found = []
        for line in filter(None, map(str.strip, self.cleaned_data["sites"].splitlines())):
            try:
                found.append(origins.normalised(line))
            except ValueError as error:
                raise ValidationError(
                    _("%(line)s is no site: write it like https://www.example.com") % {"line": line}
                ) from error
        if len(found) > MOST_ORIGINS:
            raise ValidationError(_("At most %(count)s sites.") % {"count": MOST_ORIGINS})
        return list(dict.fromkeys(found))

    @property
    def values(self) -> dict[str, Any]:
        """What `change_settings` takes."""
        given = dict(self.cleaned_data)
        return {"allowed_origins": given.pop("sites"), **given}


def contrast_note(colour: str) -> str:
    """How well text reads on a colour and the colour on white, in words; "" for what is no colour."""
    try:
        on_colour = colours.contrast(colours.text_on(colour), colour)
        on_white = colours.contrast(colour, colours.WHITE)
    except ValueError:
        return ""
    figures = {"text": f"{on_colour:.1f}", "white": f"{on_white:.1f}"}
    told = (
        _("Text on it has a contrast of %(text)s : 1 (4.5 : 1 is enough), the colour on white %(white)s : 1.") % figures
    )
    if on_white < 3:  # noqa: PLR2004 - WCAG 2.2, 1.4.11
        told += " " + _("That is easily overlooked on a white page; 3 : 1 is enough.")
    return told
