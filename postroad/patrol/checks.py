"""What finds something in a text: pure functions over many texts at once, and their registry.

A better check (models, context, whole conversations) registers here and replaces nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from postroad.patrol.models import Kind

IDENTITY_NUMBER = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{16}[\dXx](?![0-9A-Za-z])")
CARD_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d(?:[ -]?\d){14,18}(?![0-9A-Za-z])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_TEN = 10


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """Something found at `start` up to, not including, `end` of a text."""

    kind: Kind
    start: int
    end: int


Check = Callable[[Sequence[str]], list[list[Hit]]]
"""Takes texts, returns for each what was found in it."""

_checks: dict[str, Check] = {}


def register_check(name: str, check: Check) -> None:
    """Let `check` look at what is said in groups; called from `apps.ready()`."""
    if _checks.setdefault(name, check) is not check:
        message = f"the check {name!r} is registered twice"
        raise ValueError(message)


def look(texts: Sequence[str]) -> list[list[Hit]]:
    """What all registered checks find, by text, in order of place."""
    found: list[list[Hit]] = [[] for _ in texts]
    for check in _checks.values():
        for hits, more in zip(found, check(texts), strict=True):
            hits.extend(more)
    return [sorted(set(hits)) for hits in found]


def words_in(texts: Sequence[str], lists: Mapping[Kind, Sequence[str]]) -> list[list[Hit]]:
    """Where the words of each list stand, case and width of letters aside."""
    patterns = [(kind, _pattern(tuple(words))) for kind, words in lists.items() if words]
    return [
        [Hit(kind, one.start(), one.end()) for kind, pattern in patterns for one in pattern.finditer(text)]
        for text in texts
    ]


def sensitive_numbers(texts: Sequence[str]) -> list[list[Hit]]:
    """Resident identity numbers (GB 11643-1999) and bank card numbers (ISO/IEC 7812) whose check digits are right."""
    return [_numbers(text) for text in texts]


def _numbers(text: str) -> list[Hit]:
    identities = [one for one in IDENTITY_NUMBER.finditer(text) if _is_identity(one[0])]
    cards = [
        one
        for one in CARD_NUMBER.finditer(text)
        if _is_card(one[0]) and one.start() not in {identity.start() for identity in identities}
    ]
    return [Hit(Kind.SENSITIVE, one.start(), one.end()) for one in (*identities, *cards)]


def _is_identity(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return _CHECK_DIGITS[total % 11] == number[-1].upper()


def _is_card(number: str) -> bool:
    """By Luhn's formula; a row of one digit, which it lets through, is no card."""
    digits = [int(one) for one in number if one.isdigit()]
    doubled = [2 * one - 9 * (2 * one >= _TEN) for one in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


@lru_cache(maxsize=32)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Longest first, so that a word within a word does not hide it; Latin words only as whole words."""
    parts = [_bounded(word) for word in sorted(words, key=len, reverse=True)]
    return re.compile("|".join(parts), re.IGNORECASE)


def _bounded(word: str) -> str:
    return rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])" if word.isascii() else re.escape(word)
