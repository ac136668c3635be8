"""How calls look and read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from postroad.clock.models import Deadline
from postroad.hotline.models import SPOKEN, Call, Direction, RecordsImport, State
from postroad.hotline.signing import Reason
from postroad.web.templatetags.postroad import countdown, duration, icon

register = template.Library()

# Of ten minutes, the last five are shown as due soon.
SOON = timedelta(minutes=5)
TONES = {
    State.RINGING: "warning",
    State.TALKING: "info",
    State.ANSWERED: "success",
    State.MISSED: "danger",
    State.VOICEMAIL: "danger",
}
REFUSALS = {
    Reason.NO_SIGNATURE: gettext_lazy("without a signature"),
    Reason.BAD_SIGNATURE: gettext_lazy("the signature does not fit"),
    Reason.TOO_OLD: gettext_lazy("too far from our clock, or sent again later"),
    Reason.TOO_LARGE: gettext_lazy("too large"),
    Reason.NOT_JSON: gettext_lazy("not JSON"),
    Reason.BAD_EVENT: gettext_lazy("no call event"),
    Reason.OTHER_EVENT: gettext_lazy("the id of another event"),
}


@register.inclusion_tag("web/_state.html")
def call_state(call: Call) -> dict[str, Any]:
    if call.direction == Direction.OUT and call.state == State.MISSED:
        return {"tone": "secondary", "label": pgettext("call state", "Not picked up")}
    return {"tone": TONES[State(call.state)], "label": call.get_state_display()}


IMPORT_TONES = {
    RecordsImport.State.FAULTY: "danger",
    RecordsImport.State.READY: "info",
    RecordsImport.State.APPLIED: "success",
}


@register.inclusion_tag("web/_state.html")
def import_state(records: RecordsImport) -> dict[str, Any]:
    tone = IMPORT_TONES.get(RecordsImport.State(records.state), "secondary")
    return {"tone": tone, "label": records.get_state_display()}


@register.simple_tag
def direction_mark(call: Call) -> SafeString:
    mark = "phone-outgoing" if call.direction == Direction.OUT else "phone-incoming"
    label = call.get_direction_display()
    return format_html('<span title="{}">{}<span class="visually-hidden">{}</span></span>', label, icon(mark), label)


@register.simple_tag
def call_story(call: Call) -> str:
    """The call in one sentence."""
    words = {
        "waited": duration(call.waited) or "–",
        "spoken": duration(call.spoken) or "–",
        "who": call.agent or call.extension or _("nobody known"),
    }
    return (_story_of_ours(call) if call.direction == Direction.OUT else _story_of_theirs(call)) % words


def _story_of_ours(call: Call) -> str:
    if call.state == State.RINGING:
        return _("We are calling; it rings.")
    if call.state in SPOKEN:
        return _("We called; after %(waited)s they picked up.")
    return _("We called for %(waited)s; they did not pick up.")


def _story_of_theirs(call: Call) -> str:
    if call.state == State.RINGING:
        return _("It rings; nobody has picked up yet.")
    if call.state == State.TALKING:
        return _("It was picked up after %(waited)s by %(who)s, and is being spoken.")
    if call.state == State.ANSWERED:
        return _("It was picked up after %(waited)s by %(who)s, and spoken for %(spoken)s.")
    if call.caller is None:
        return _("Nobody picked up within %(waited)s. The number was withheld, so nobody can call back.")
    return _("Nobody picked up within %(waited)s, so the caller is to be called back.")


@register.simple_tag
def call_back_left(promise: Deadline) -> SafeString:
    """What is left of the time to call back."""
    return countdown(promise.due_at, SOON)


@register.simple_tag
def refusal(reason: str) -> str:
    return str(REFUSALS.get(Reason(reason), reason))
