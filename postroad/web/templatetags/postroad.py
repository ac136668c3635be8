"""Tags and filters for every template: icons, times, durations, countdowns, masked data, form controls."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms, template
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.forms import BoundField
from django.template import Context
from django.template.loader import get_template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, pgettext

from postroad.platform.language import in_a_row
from postroad.web.icons import icon_shapes
from postroad.web.links import linked

register = template.Library()
register.filter("linked", linked)

# Below this many seconds a duration shows its seconds; frontend/countdown.ts counts in the same manner.
SECONDS_MATTER = 600
# Under an hour, a promise is shown as due soon unless the page says otherwise.
SOON = dt.timedelta(hours=1)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Tabler's outline icon of that name as inline SVG; decoration only, the words beside it carry the meaning."""
    shapes = icon_shapes()
    if shapes and name not in shapes:
        raise template.TemplateSyntaxError(f"Tabler has no icon {name!r}")
    return format_html(
        '<svg class="icon icon-{}" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" '
        'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>',
        name,
        mark_safe(shapes.get(name, "")),  # noqa: S308  (our own build's output, no outside text)
    )


@register.simple_tag
def avatar(name: str) -> SafeString:
    """A small round mark with the last one or two characters of a Chinese name, or the initials of another."""
    return format_html('<span class="avatar avatar-xs rounded-circle" aria-hidden="true">{}</span>', initials(name))


def initials(name: str) -> str:
    words = name.split()
    if words and all(word.isascii() for word in words):
        return "".join(word[0] for word in words[:2]).upper()
    return name[-2:] if len(name) > len("姓名") else name[-1:]


@register.simple_tag
def optional_url(name: str) -> str:
    """The address of a named page, or nothing where that part is not installed."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@register.filter
def local_time(moment: dt.datetime | None) -> str:
    """A moment in the viewer's zone, as short as it can be: 14:05 today, then 3月5日 14:05, then with the year."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        format_date(local, "Y-m-d H:i:s T"),
        _short(local),
    )


@register.filter
def local_date(moment: dt.datetime | dt.date | None) -> str:
    """A day, with the year only when it is not this one."""
    if moment is None:
        return ""
    day = timezone.localtime(moment).date() if isinstance(moment, dt.datetime) else moment
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), _short_day(day))


def _short(local: dt.datetime) -> str:
    clock = format_date(local, "H:i")
    return clock if local.date() == timezone.localdate() else f"{_short_day(local.date())} {clock}"


def _short_day(day: dt.date) -> str:
    chinese = (get_language() or "").startswith("zh")
    if day.year == timezone.localdate().year:
        return format_date(day, "n月j日" if chinese else "j M")
    return format_date(day, "Y年n月j日" if chinese else "j M Y")


@register.simple_tag
def colon() -> str:
    """What stands between a label and what it labels."""
    return pgettext("after a label", ": ")


@register.simple_tag
def comma() -> str:
    """What stands between names in a row; see `in_a_row`, for names that need no markup."""
    return in_a_row(("", ""))


register.filter("in_a_row", in_a_row)


@register.filter
def duration(span: dt.timedelta | None) -> str:
    """A length of time in its two largest units: “2 小时 5 分”, “3 d 4 h”; a negative one without its sign."""
    if span is None:
        return ""
    seconds = abs(int(span.total_seconds()))
    units = [
        (seconds // 86400, pgettext("unit", "d")),
        (seconds % 86400 // 3600, pgettext("unit", "h")),
        (seconds % 3600 // 60, pgettext("unit", "min")),
        (seconds % 60 if seconds < SECONDS_MATTER else 0, pgettext("unit", "s")),
    ]
    largest = next((index for index, (amount, _unit) in enumerate(units) if amount), 3)
    shown = [f"{amount} {unit}" for amount, unit in units[largest : largest + 2] if amount]
    return " ".join(shown) or f"0 {units[-1][1]}"


@register.simple_tag
def countdown(due_at: dt.datetime, soon: dt.timedelta = SOON) -> SafeString:
    """The time left until `due_at`, kept running in the browser; colour and word change under `soon` and past due."""
    left = due_at - timezone.now()
    if left < dt.timedelta(0):
        tone, word = "danger", pgettext("countdown", "overdue")
    elif left < soon:
        tone, word = "warning", pgettext("countdown", "due soon")
    else:
        tone, word = "secondary", pgettext("countdown", "due in")
    return format_html(
        '<time class="countdown state state-{}" datetime="{}" title="{}" data-countdown data-soon="{}">'
        '<span class="state-mark" aria-hidden="true"></span>'
        "<span data-word>{}</span> <span data-amount>{}</span></time>",
        tone,
        due_at.isoformat(),
        format_date(timezone.localtime(due_at), "Y-m-d H:i T"),
        int(soon.total_seconds()),
        word,
        duration(left),
    )


@register.simple_tag(takes_context=True)
def card_body(context: Context, shown: Any) -> str:
    """The body of a My work card, rendered with what the card's own function found."""
    return get_template(shown.card.template).render(shown.context, context["request"])


@register.simple_tag
def error_title(status: int) -> str:
    """What happened, in three words."""
    titles = {
        400: gettext("We do not understand this request"),
        403: gettext("Not for you to open"),
        404: gettext("Not found"),
        409: gettext("It has changed meanwhile"),
        422: gettext("This cannot be taken"),
    }
    return titles.get(status, gettext("Something went wrong on our side"))


@register.simple_tag
def error_advice(status: int) -> str:
    """What the person can do about it."""
    advice = {
        400: gettext("Go back, reload the page and try again."),
        403: gettext("If your work needs it, ask your department head to apply for the permission."),
        404: gettext("It may have been moved, merged or ended, or you may not be allowed to know of it."),
        409: gettext("Somebody else was faster. Go back, reload the page and look at its present state."),
        422: gettext("Go back and correct what you entered; nothing you typed is lost."),
    }
    return advice.get(status, gettext("It has been recorded. Try again in a moment; nothing you typed is lost."))


# What a masked value of each kind looks like: enough to recognise the kind, nothing of the value.
MASKS = {"phone": "1••••••••••", "mail": "••••@••••", "address": "••••••", "id": "••••••••"}


@register.simple_tag
def masked(kind: str, reveal_url: str = "") -> SafeString:
    """The mask of a personal value, with a button that asks for it (and says why) when `reveal_url` is given."""
    if not reveal_url:
        return format_html('<span class="masked" title="{}">{}</span>', gettext("Hidden personal data"), MASKS[kind])
    return format_html(
        '<span class="masked">{}</span> <a class="btn btn-sm btn-ghost-secondary" href="{}">{}</a>',
        MASKS[kind],
        reveal_url,
        gettext("Show"),
    )


@register.filter
def message_tone(message: Message) -> str:
    """The colour of one of Django's messages."""
    return {constants.SUCCESS: "success", constants.WARNING: "warning", constants.ERROR: "danger"}.get(
        message.level, "info"
    )


@register.filter
def is_switch(field: BoundField) -> bool:
    """Whether the field is one box to tick, whose label stands behind it."""
    return type(field.field.widget) is forms.CheckboxInput


@register.filter
def control(field: BoundField) -> SafeString:
    """The field's control in Tabler's look; Django adds what says to a screen reader that it is wrong and why."""
    widget = field.field.widget
    classes = [_control_class(widget), "is-invalid" if field.errors else "", widget.attrs.get("class", "")]
    attrs: dict[str, Any] = {"class": " ".join(filter(None, classes))}
    if isinstance(widget, forms.Textarea) and widget.attrs.get("rows") in (None, "10"):
        attrs["rows"] = "4"
    return field.as_widget(attrs=attrs)


def _control_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "form-check-input"
    if isinstance(widget, forms.Select):
        return "form-select"
    return "form-control"
