"""The seam between packages that can measure a control of the standard and the board that shows the figure.

A package below the board registers its measure functions here from `apps.ready()`; the board reads them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, not including, `end`; both aware."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What was found for one control in one period.

    `value` in `unit` ("percent" 0-100, "count", "minutes"), None when there was nothing to measure.
    `target_met` None leaves the verdict to the board, which knows the company's own target. `sample_size` is
    the number of things looked at, `exceptions` how many of them fall short. `evidence_url` shows those.
    `rests_on` holds the observability grades of the channels behind the figure.
    """

    value: float | None
    sample_size: int
    unit: str
    evidence_url: str
    exceptions: int = 0
    target_met: bool | None = None
    rests_on: frozenset[str] = frozenset()


MeasureFunction: TypeAlias = Callable[[Period], Measure]

_measures: dict[str, MeasureFunction] = {}


def register_measure(control_key: str, function: MeasureFunction) -> None:
    """Say how a control is measured. One function a control; a second one is a programming error."""
    if _measures.setdefault(control_key, function) is not function:
        message = f"control {control_key!r} has two measures"
        raise ValueError(message)


def registered_measures() -> Mapping[str, MeasureFunction]:
    """Measure functions by control key; a control that is not here is not yet measured."""
    return MappingProxyType(_measures)
