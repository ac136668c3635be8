"""What packages above want to hear of grants, and what they know that a grant may ask for."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

from postroad.platform.measures import Period

GrantListener: TypeAlias = Callable[[Collection[UUID]], None]
"""Called with the ids of the channels whose grants in force changed, in the transaction that changed them."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """A course that a grant may require. `holders` says who of some people has it valid on a day, in one go."""

    key: str
    title: str | Promise
    holders: Callable[[Collection[UUID], date], frozenset[UUID]]


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Changes of who may do what that were seen somewhere and that no application asked for; `url` shows them."""

    number: int
    url: str


UncoveredSource: TypeAlias = Callable[[Period], Uncovered]

_listeners: list[GrantListener] = []
_uncovered: list[UncoveredSource] = []
_trainings: dict[str, Training] = {}


def register_grant_listener(listener: GrantListener) -> None:
    """Have `listener` called when grants change; called from `apps.ready()`. The same one twice counts once."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell_listeners(channel_ids: Collection[UUID]) -> None:
    """Tell everybody that the grants of these channels changed; nothing for none. Raises what a listener raises."""
    if not channel_ids:
        return
    for listener in _listeners:
        listener(channel_ids)


def register_uncovered(source: UncoveredSource) -> None:
    """Count what `source` saw in a period against the written applications; called from `apps.ready()`."""
    if source not in _uncovered:
        _uncovered.append(source)


def uncovered(period: Period) -> list[Uncovered]:
    """What was changed without an application in a period, by whoever can see it."""
    return [source(period) for source in _uncovered]


def register_training(training: Training) -> None:
    """Make a course known; called from `apps.ready()`. Raises ImproperlyConfigured for a key taken."""
    if training.key in _trainings:
        raise ImproperlyConfigured(f"the training {training.key} is registered twice")
    _trainings[training.key] = training


def trainings() -> list[Training]:
    """All courses by key; none until a capability knows any."""
    return [_trainings[key] for key in sorted(_trainings)]


def training_of(key: str) -> Training | None:
    """The course of that key, if somebody knows it."""
    return _trainings.get(key)
