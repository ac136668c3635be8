"""How ratings and a customer's past look."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

from postroad.channels.models import Kind
from postroad.desk.models import Rating
from postroad.web.templatetags.postroad import icon

register = template.Library()

ICONS = {
    Kind.MAILBOX: "mail",
    Kind.HOTLINE: "phone",
    Kind.LIVE_CHAT: "message-circle",
    Kind.DIRECT: "messages",
    Kind.GROUP: "users",
    Kind.PORTAL: "world",
}
TONES = {1: "danger", 2: "danger", 3: "warning", 4: "success", 5: "success"}


@register.simple_tag
def channel_mark(kind: str) -> str:
    """The icon of a kind of channel."""
    return icon(ICONS.get(Kind(kind), "message"))


@register.inclusion_tag("web/_state.html")
def rating_state(rating: Rating) -> dict[str, Any]:
    """A given score, as colour and words."""
    return {"tone": TONES[rating.score or 3], "label": _("%(score)s of 5") % {"score": rating.score}}
