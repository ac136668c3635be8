"""Naming rules as data: fixed text and fields in braces, `{department}-日常工作群`. Pure functions.

A field that is known when a channel is named (its department) must read exactly so; any other field stands
for whatever the namer puts there, as long as it is something. Several patterns for one kind are separated by ` | `.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.platform.language import in_a_row

FIELDS: Mapping[str, Any] = {
    "department": gettext_lazy("the department's name"),
    "project": gettext_lazy("the project"),
    "purpose": gettext_lazy("what it is for"),
    "customer": gettext_lazy("the customer or partner"),
    "region": gettext_lazy("the region"),
    "year": gettext_lazy("a year with four digits"),
    "number": gettext_lazy("a number"),
}
SHAPES = {"year": re.compile(r"[12][0-9]{3}"), "number": re.compile(r"[0-9]{1,6}")}
SEPARATOR = " | "
PIECE = re.compile(r"\{([^{}]*)\}|([^{}]+)")


class Fault(StrEnum):
    PATTERN = "pattern"
    RESERVED = "reserved"
    LENGTH = "length"
    CHARACTERS = "characters"


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which a name breaks its rule, and the sentence that says so."""

    fault: Fault
    message: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A checked rule. `pattern` consists of fixed text and known fields only."""

    pattern: str
    reserved_words: tuple[str, ...] = ()
    max_length: int = 50


class BadPattern(ValueError):  # noqa: N818 - reads as the sentence it raises
    """A pattern that cannot be a rule; the message says why, in the reader's language."""


def alternatives(pattern: str) -> list[str]:
    """The patterns of a rule; a name has to read like one of them."""
    return pattern.split(SEPARATOR)


def check_pattern(pattern: str) -> None:
    """Raises BadPattern unless each alternative of `pattern` is well formed, names known fields, each once, and has
    fixed text or a field.
    """
    for one in alternatives(pattern):
        _check_alternative(one)


def _check_alternative(pattern: str) -> None:
    if "".join(found.group(0) for found in PIECE.finditer(pattern)) != pattern or not pattern.strip():
        raise BadPattern(_("Every { needs its }, and between them stands the name of a field."))
    fields = [found.group(1) for found in PIECE.finditer(pattern) if found.group(1) is not None]
    unknown = [field for field in fields if field not in FIELDS]
    if unknown:
        raise BadPattern(
            _("There is no field {%(field)s}. Known are: %(known)s.")
            % {"field": unknown[0], "known": in_a_row(f"{{{field}}}" for field in FIELDS)}
        )
    if len(fields) != len(set(fields)):
        raise BadPattern(_("A field can stand in a pattern only once."))


def check_name(name: str, rule: Rule, known: Mapping[str, Collection[str]]) -> list[Problem]:
    """What is wrong with `name`. `known` gives, for fields whose value is decided, the ways to write it."""
    problems = []
    if any(unicodedata.category(character)[0] == "C" for character in name):
        problems.append(Problem(Fault.CHARACTERS, _("The name contains invisible characters.")))
    if len(name) > rule.max_length:
        problems.append(
            Problem(
                Fault.LENGTH,
                _("The name has %(length)d characters; %(most)d are allowed.")
                % {"length": len(name), "most": rule.max_length},
            )
        )
    folded = _folded(name)
    problems += [
        Problem(Fault.RESERVED, _("“%(word)s” must not be used in a name.") % {"word": word})
        for word in rule.reserved_words
        if _folded(word) in folded
    ]
    if not any(_reads_like(name, one, known) for one in alternatives(rule.pattern)):
        problems.append(
            Problem(
                Fault.PATTERN,
                _("The name must read like %(example)s.") % {"example": example(rule.pattern, known)},
            )
        )
    return problems


def example(pattern: str, known: Mapping[str, Collection[str]]) -> str:
    """The pattern with what is known filled in; open fields stay in braces, alternatives stand side by side."""

    def fill(found: re.Match[str]) -> str:
        spellings = list(known.get(found.group(1) or "", ()))
        return spellings[0] if spellings else found.group(0)

    return SEPARATOR.join(PIECE.sub(fill, one) for one in alternatives(pattern))


def _reads_like(name: str, pattern: str, known: Mapping[str, Collection[str]]) -> bool:
    """Whether the whole of `name` is an instance of `pattern`, whatever the case and width of letters.

    Steps through all readings side by side, so no name takes longer than its length allows.
    """
    text = _folded(name)
    reached = {0}
    for found in PIECE.finditer(pattern):
        field, fixed = found.groups()
        spellings = [fixed] if fixed is not None else list(known.get(field, ()))
        reached = {end for start in reached for end in _ends(text, start, spellings, SHAPES.get(field or ""))}
    return len(text) in reached


def _ends(text: str, start: int, spellings: Collection[str], shape: re.Pattern[str] | None) -> Iterator[int]:
    """Where a piece that begins at `start` may end."""
    for spelling in map(_folded, spellings):
        if text.startswith(spelling, start):
            yield start + len(spelling)
    if spellings or start == len(text) or text[start].isspace():
        return
    for end in range(start + 1, len(text) + 1):
        if not text[end - 1].isspace() and (shape is None or shape.fullmatch(text, start, end)):
            yield end


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
