"""The standard as data: sections, controls, what each demands by default. Read once from `standard.toml`. Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from postroad.platform.language import in_active_language

FILE = Path(__file__).with_name("standard.toml")

HUNDRED_PERCENT = 100

Unit = Literal["percent", "count"]


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text of the standard in its two languages; as a string, the one that is active."""

    zh: str
    en: str

    def __str__(self) -> str:
        return in_active_language(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure has to reach: at least `value`, or at most, in `unit` (percent 0-100, or a count)."""

    direction: Literal["at_least", "at_most"]
    value: Decimal
    unit: Unit

    def is_met_by(self, figure: float) -> bool:
        """Whether the figure keeps to the bound; exact, nothing is rounded up to it."""
        return figure >= self.value if self.direction == "at_least" else figure <= self.value

    def with_value(self, value: Decimal) -> Bound:
        return Bound(direction=self.direction, value=value, unit=self.unit)

    def __str__(self) -> str:
        number = f"{plain(self.value)} %" if self.unit == "percent" else plain(self.value)
        return number if self._leaves_no_room else f"{'≥' if self.direction == 'at_least' else '≤'} {number}"

    @property
    def _leaves_no_room(self) -> bool:
        """All of them, or none: “≥ 100 %” and “≤ 0” would only be longer."""
        return self.value == (HUNDRED_PERCENT if self.direction == "at_least" else 0) and (
            self.unit == "percent" or self.direction == "at_most"
        )


def plain(value: Decimal) -> str:
    """A number without the zeros behind its point."""
    return f"{value.normalize():f}"


@dataclass(frozen=True, slots=True)
class Control:
    """One row of the standard."""

    key: str
    section: str
    title: Bilingual
    must: Bilingual
    promise: Bilingual
    who: Bilingual
    default: Bound


@dataclass(frozen=True, slots=True)
class StandardSection:
    key: str
    title: Bilingual
    controls: tuple[Control, ...]


@cache
def sections() -> tuple[StandardSection, ...]:
    """The sections with their controls, in the order of the standard."""
    with FILE.open("rb") as file:
        data = tomllib.load(file)
    parties = {key: Bilingual(**text) for key, text in data["parties"].items()}
    return tuple(
        StandardSection(
            key=section["key"],
            title=Bilingual(**section["title"]),
            controls=tuple(_control(section["key"], row, parties) for row in section["controls"]),
        )
        for section in data["sections"]
    )


@cache
def controls() -> dict[str, Control]:
    """All controls by key, in the order of the standard."""
    return {control.key: control for section in sections() for control in section.controls}


def _control(section: str, row: dict[str, Any], parties: dict[str, Bilingual]) -> Control:
    direction: Literal["at_least", "at_most"] = "at_least" if "at_least" in row else "at_most"
    return Control(
        key=row["key"],
        section=section,
        title=Bilingual(**row["title"]),
        must=Bilingual(**row["must"]),
        promise=Bilingual(**row["promise"]),
        who=parties[row["who"]],
        default=Bound(direction=direction, value=Decimal(row[direction]), unit=row["unit"]),
    )
