"""The closed vocabulary of events and the sentence that tells each of them."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from string import Formatter
from typing import TypeVar

from django.utils import timezone
from django.utils.functional import Promise

from postroad.platform.language import in_a_row

Sentence = str | Promise
"""A translatable sentence with placeholders in braces: ``{actor}`` or any key of the entry's data.

A before/after pair is reached with ``{state[before]}`` and ``{state[after]}``.
"""

Event = TypeVar("Event", bound=StrEnum)

_sentences: dict[str, Sentence] = {}
_words: dict[str, Sentence] = {}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_needed: dict[str, frozenset[str]] = {}


class UnknownEvent(LookupError):  # noqa: N818 - reads as the finding it is
    """An event that no package has registered."""


def register_events(sentences: Mapping[Event, Sentence]) -> None:
    """Add a package's events; called from its ``apps.ready()``. Raises ValueError for a key taken."""
    for event, sentence in sentences.items():
        if event.value in _sentences:
            raise ValueError(f"the ledger event {event.value} is registered twice")
        _sentences[event.value] = sentence


def register_words(words: Iterable[tuple[str, Sentence]], *, scope: str = "") -> None:
    """Says how codes that stand in evidence are called when a sentence is told: `desk.first-reply` is “first reply”.

    `scope` (`desk.state`) limits them to one field of one package's events. The code itself is what is sealed.
    """
    _words.update({f"{scope}.{code}" if scope else code: word for code, word in words})


def tell(event: str, *, actor: str, data: Mapping[str, object]) -> str:
    """What happened, in the active language. Tells entries of any age: what a sentence misses is a dash."""
    if event not in _sentences:
        return event
    package = event.partition(".")[0]
    known = {key: _told(value, scope=f"{package}.{key}") for key, value in data.items()}
    try:
        return sentence_of(event).format_map(_Dashes(known, actor=actor))
    except (TypeError, AttributeError, ValueError):  # the data had another shape in those days
        return label_of(event)


class _Dashes(dict[str, object]):
    """Shows a dash for what is not there."""

    def __missing__(self, key: str) -> str:
        return "–"


def _told(value: object, *, scope: str) -> object:
    """A value from an entry's data as people read it: moments in the viewer's zone, codes by their words."""
    if isinstance(value, Mapping):
        return _Dashes({key: _told(part, scope=scope) for key, part in value.items()})
    if value is None:
        return "–"
    if isinstance(value, list):
        return in_a_row(_told(part, scope=scope) for part in value)
    if not isinstance(value, str):
        return value
    if _MOMENT.fullmatch(value):
        return f"{timezone.localtime(datetime.fromisoformat(value)):%Y-%m-%d %H:%M:%S}"
    return str(_words.get(f"{scope}.{value}") or _words.get(value) or value)


def events() -> Mapping[str, Sentence]:
    """All registered events with their sentences."""
    return dict(_sentences)


def sentence_of(event: str) -> str:
    """The sentence in the active language, placeholders unfilled. Raises UnknownEvent."""
    try:
        return str(_sentences[event])
    except KeyError:
        raise UnknownEvent(f"no package has registered the ledger event {event!r}") from None


def label_of(event: str) -> str:
    """The sentence with its placeholders left open, for choosing among events. Raises UnknownEvent."""
    parts = Formatter().parse(sentence_of(event))
    return "".join(text + ("…" if name is not None else "") for text, name, _, _ in parts)


def placeholders(sentence: str) -> frozenset[str]:
    """The names a sentence takes from an entry's data."""
    fields = (name for _, name, _, _ in Formatter().parse(sentence) if name)
    return frozenset(name.split("[", 1)[0].split(".", 1)[0] for name in fields) - {"actor"}


def data_needed(event: str) -> frozenset[str]:
    """The keys that an entry of this event must carry for its sentence to be told. Raises UnknownEvent."""
    if event not in _needed:
        _needed[event] = placeholders(sentence_of(event))
    return _needed[event]
