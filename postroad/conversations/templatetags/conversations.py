"""How a message is shown in a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.translation import pgettext_lazy

from postroad.conversations.models import DeliveryState
from postroad.platform.language import in_a_row

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from postroad.conversations.models import Delivery, Message

register = template.Library()

TONES = {
    DeliveryState.QUEUED: "secondary",
    DeliveryState.SENDING: "info",
    DeliveryState.SENT: "success",
    DeliveryState.FAILED: "danger",
}
AUTO_LABELS = {
    "auto-reply": pgettext_lazy("mail", "automatic reply"),
    "bounce": pgettext_lazy("mail", "delivery report"),
    "record": pgettext_lazy("mail", "record"),
    "list": pgettext_lazy("mail", "mailing list"),
    "calendar": pgettext_lazy("mail", "calendar"),
}


@register.filter
def delivery_tone(delivery: Delivery) -> str:
    """The colour that goes with the state's word; trouble shows before it is final."""
    if delivery.error and delivery.state in {DeliveryState.QUEUED, DeliveryState.SENT}:
        return "warning"
    return TONES[DeliveryState(delivery.state)]


@register.filter
def auto_label(message: Message) -> str | Promise:
    """What kind of machine wrote the message, "" for a person."""
    return AUTO_LABELS.get(message.auto, message.auto)


@register.filter
def addressed(message: Message, role: str) -> str:
    """The addressees of one role (to, cc, bcc), by name where there is one."""
    return in_a_row(one["name"] or one["address"] for one in message.recipients if one["role"] == role)
