"""Who is named in a note. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postroad.org.models import Person


def named_in(text: str, people: Iterable[Person]) -> list[Person]:
    """The people whose name, English name or staff number follows an @ in the text, in the order of the people.

    Chinese has no word ends, so a name counts wherever it begins right after the @; of two names that both fit, such as
    王芳 and 王芳芳, only the longer one is meant.
    """
    lowered = text.lower().replace("＠", "@")
    names = sorted(
        (
            (name.lower(), person)
            for person in people
            for name in (person.name, person.name_en, person.staff_no)
            if name
        ),
        key=lambda pair: len(pair[0]),
        reverse=True,
    )
    meant = {
        person.pk
        for place in range(len(lowered))
        if lowered[place] == "@"
        for person in _longest(lowered[place + 1 :], names)
    }
    return [
        person for _, person in sorted({person.staff_no: person for _, person in names}.items()) if person.pk in meant
    ]


def _longest(after: str, names: list[tuple[str, Person]]) -> list[Person]:
    fitting = [(name, person) for name, person in names if after.startswith(name) and _ends(name, after)]
    return [person for name, person in fitting if len(name) == len(fitting[0][0])]


def _ends(name: str, after: str) -> bool:
    """A Latin name must not go on: @Li is not meant by @Lindsay."""
    following = after[len(name) : len(name) + 1]
    return not (name.isascii() and following.isascii() and following.isalnum())
