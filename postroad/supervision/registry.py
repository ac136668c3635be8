"""The figures of the reports. One is a name and an SQL of what it counts; whoever has more data registers more of them.

`facts` selects the things counted in a period, a row each, with the columns of `COLUMNS`:

- `at`: the moment by which it belongs to the period, at or after `%(start)s` and before `%(end)s`. The SQL itself must
  bound it so, by an index: a report then reads its period and nothing else, however much lies before.
- `since`: from when it took until `at` (durations), else NULL;
- `case_id`, `call_id`: what it leads to, either or both NULL;
- `channel_id`, `person_id`, `organisation_id`: what it is told apart by; a row without a channel counts nowhere;
- `hit`: whether it is one of those whose share is told (shares), else NULL;
- `score`: points (scores), else NULL.

The SQL may also use `%(channels)s`, the channels a reader has asked for, as an array of ids; it need not, rows of
others are left out afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

COLUMNS = ("at", "since", "case_id", "call_id", "channel_id", "person_id", "organisation_id", "hit", "score")


class Form(Enum):
    """How a figure reads."""

    COUNT = "count"
    DURATION = "duration"
    SHARE = "share"
    SCORE = "score"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure. `told` says in a sentence what is counted and when it belongs to a period.

    `more_is_better` None: neither. `target` is a share (percent) or score that the charts mark. `hit_label` and
    `miss_label` name the two parts of a share.
    """

    key: str
    title: str | Promise
    told: str | Promise
    form: Form
    facts: str
    order: int
    more_is_better: bool | None = None
    hit_label: str | Promise = ""
    miss_label: str | Promise = ""
    target: float | None = None


_figures: dict[str, Figure] = {}


def register_figure(figure: Figure) -> None:
    """Make a figure known; called from `apps.ready()`. Raises ImproperlyConfigured for a key taken."""
    if figure.key in _figures:
        raise ImproperlyConfigured(f"the figure {figure.key} is registered twice")
    _figures[figure.key] = figure


def figures() -> list[Figure]:
    """All figures in the order in which they are shown."""
    return sorted(_figures.values(), key=lambda figure: figure.order)


def figure_of(key: str) -> Figure | None:
    return _figures.get(key)
