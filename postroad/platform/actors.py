"""Who acts and what is acted on, as values: evidence outlives the rows that it speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from django.db.models import Model


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who does something: a person on the staff, an outside contact, or a part of the system."""

    kind: Literal["person", "contact", "system"]
    id: str
    label: str

    @classmethod
    def system(cls, name: str) -> Actor:
        return cls(kind="system", id=name, label=name)


class Subject(NamedTuple):
    """What an action, a promise or a request is about: `type` is `app.model` in lower case."""

    type: str
    id: str


def subject_of(instance: Model) -> Subject:
    return Subject(instance._meta.label_lower, str(instance.pk))
