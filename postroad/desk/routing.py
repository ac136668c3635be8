"""Who gets a case: the rules of a channel, tried in their order. Pure; `actions.routing` reads, locks and saves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from postroad.desk.models import Language, Rule, Skill

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]{2,}")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
FEWEST_CHINESE = 2


@dataclass(slots=True)
class Seat:
    """A place on a channel's team as it is now; `load` and `turn` rise as cases are given in memory."""

    person_id: UUID
    staff_no: str
    capacity: int
    load: int = 0
    turn: int = -1
    skills: frozenset[UUID] = frozenset()

    @property
    def has_room(self) -> bool:
        return self.load < self.capacity

    @property
    def used(self) -> tuple[float, str]:
        """The part of the capacity in use; the staff number settles what is equal."""
        return self.load / self.capacity, self.staff_no


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a case asks for: its customer's manager and last agent, and the skills it takes."""

    manager: UUID | None = None
    last: UUID | None = None
    skills: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets the case and by which rule; None where nobody can. `passed`: rules that asked for somebody in vain."""

    seat: Seat | None
    rule: Rule | None
    passed: tuple[Rule, ...] = field(default=())


def choose(rules: Sequence[Rule], seats: Sequence[Seat], wanted: Wanted) -> Choice:
    """Try the rules in their order among those who have room; the seat found is not changed."""
    free = [seat for seat in seats if seat.has_room]
    passed: list[Rule] = []
    for rule in rules:
        if not _applies(rule, wanted):
            continue
        found = _FINDERS[rule](free, wanted)
        if found is not None:
            return Choice(found, rule, tuple(passed))
        passed.append(rule)
    return Choice(None, None, tuple(passed))


def _applies(rule: Rule, wanted: Wanted) -> bool:
    """Whether a case asks for what the rule looks at; a case without a manager does not pass the rule in vain."""
    asked: dict[Rule, object] = {
        Rule.ACCOUNT_MANAGER: wanted.manager,
        Rule.LAST_AGENT: wanted.last,
        Rule.SKILL: wanted.skills,
    }
    return rule not in asked or bool(asked[rule])


def _one(free: Iterable[Seat], person_id: UUID | None) -> Seat | None:
    return next((seat for seat in free if seat.person_id == person_id), None)


def _least_busy(free: Iterable[Seat]) -> Seat | None:
    return min(free, key=lambda seat: seat.used, default=None)


_FINDERS: dict[Rule, Callable[[list[Seat], Wanted], Seat | None]] = {
    Rule.ACCOUNT_MANAGER: lambda free, wanted: _one(free, wanted.manager),
    Rule.LAST_AGENT: lambda free, wanted: _one(free, wanted.last),
    Rule.SKILL: lambda free, wanted: _least_busy(seat for seat in free if wanted.skills <= seat.skills),
    Rule.ROUND_ROBIN: lambda free, _wanted: min(free, key=lambda seat: (seat.turn, seat.staff_no), default=None),
    Rule.LEAST_BUSY: lambda free, _wanted: _least_busy(free),
}


def language_of(text: str) -> Language | None:
    """The language a text seems to be written in; None where it says too little to tell."""
    if len(_CHINESE.findall(text)) >= FEWEST_CHINESE:
        return Language.CHINESE
    words = _LETTERS.findall(text)
    if not words:
        return None
    return Language.ENGLISH if len(_LATIN.findall(text)) * 2 >= len(words) else Language.OTHER


def skills_taken(skills: Iterable[tuple[Skill, frozenset[UUID]]], *, channel_id: UUID, text: str) -> frozenset[UUID]:
    """Which of the skills, each with the channels that always take it, a case with that text takes."""
    lowered, language = text.lower(), language_of(text)
    return frozenset(
        skill.pk
        for skill, channels in skills
        if channel_id in channels
        or (skill.language and skill.language == language)
        or any(word in lowered for word in skill.topics)
    )
