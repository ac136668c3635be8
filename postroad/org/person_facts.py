"""What packages above know about somebody of the staff, for their page: each registers from `apps.ready()`."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise

from postroad.org.models import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFact:
    """One line on a person's page."""

    label: str | Promise
    value: str
    url: str = ""


FactSource = Callable[[HttpRequest, Person], PersonFact | None]
"""Finds one fact for this reader with one query; None when there is nothing to tell, or not to them."""

_sources: list[FactSource] = []


def register_person_fact(source: FactSource) -> None:
    """Tell something on every person's page. A second registration is a programming error."""
    if source in _sources:
        message = f"{source!r} is registered twice"
        raise LookupError(message)
    _sources.append(source)


def person_facts(request: HttpRequest, person: Person) -> list[PersonFact]:
    """What is known elsewhere, in the order of registration."""
    return [fact for source in _sources if (fact := source(request, person)) is not None]
