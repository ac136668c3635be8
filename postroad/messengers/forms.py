"""Forms of the messengers' pages: what may be typed, in the words people use. Rules live in the actions."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from postroad.channels.forms import SETTING, HasSettings, PersonField, ReasonForm, SettingFields, show_refusal
from postroad.channels.models import CHANNEL_KEY
from postroad.messengers import queries
from postroad.messengers.models import Messenger
from postroad.messengers.protocol import messengers

__all__ = ["ConnectForm", "MatchForm", "MessengerForm", "ReasonForm", "show_refusal"]


class ConnectForm(SettingFields):
    """A messenger that is to be connected: which, what we call it, and what its connector asks for."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("What your people call it: company WeCom, DingTalk of the plant.")
    )
    key = forms.CharField(
        label=_("Short key"),
        max_length=40,
        validators=[CHANNEL_KEY],
        help_text=_("Short and lasting; it stands in the addresses that the messenger calls."),
    )
    field_order = ("connector", "name", "key")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["connector"].label = _("Messenger")
        self.fields["connector"].required = True

    def offered(self) -> Sequence[HasSettings]:
        return messengers()

    def undecided(self) -> list[tuple[str, Any]]:
        return [("", _("Choose one"))]


class MessengerForm(ConnectForm):
    """A connected messenger; what it is and its key stay."""

    def __init__(self, *args: Any, messenger: Messenger, **kwargs: Any) -> None:
        secrets = queries.secrets_of(messenger)
        settings = {f"{SETTING}{name}": value for name, value in messenger.connector_settings.items()}
        super().__init__(
            *args,
            initial={"name": messenger.name, **settings},
            connector=messenger.connector,
            secrets_known=frozenset(name for name, value in secrets.items() if value),
            **kwargs,
        )
        for fixed in ("connector", "key"):
            del self.fields[fixed]


class MatchForm(forms.Form):
    person = PersonField(label=_("Who is this?"))
