"""How Form 2 names channels, people, departments and posts, each unmistakably, and what such a name means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Q
from django.utils.translation import override

from postroad.access.grantees import Grantee, post_label
from postroad.channels.models import Channel, State
from postroad.org.models import Department, Person, today
from postroad.org.roles import Role
from postroad.platform.language import in_english

Thing = TypeVar("Thing", Channel, Department, Person)

LANGUAGES = ("zh-hans", "en")
POST = ("岗位：", "Post: ")
NOT_REGISTERED = (State.RETIRED, State.REFUSED, State.APPLIED)


class Names:
    """All names as they stand now, read once: three queries, none afterwards."""

    def __init__(self) -> None:
        channels = list(Channel.objects.exclude(state__in=NOT_REGISTERED))
        departments = list(Department.objects.all())
        day = today()
        people = list(Person.objects.filter(Q(left_on__isnull=True) | Q(left_on__gte=day)))
        self._channels = _Table(channels, names=_both_names, mark=lambda one: one.key)
        self._departments = _Table(departments, names=_both_names, mark=lambda one: one.code)
        self._people = _Table(people, names=_both_names, mark=lambda one: one.staff_no)
        self._department_by_id = {one.pk: one for one in departments}
        self._person_by_id = {one.pk: one for one in people}

    def channel_text(self, channel: Channel) -> str:
        """The name alone where no other channel has it, else with the short key."""
        return self._channels.text_of(channel, str(channel))

    def channel_from(self, text: str) -> Channel | None:
        return self._channels.lookup(text)

    def grantee_text(self, grantee: Grantee) -> str:
        """`李娜 (A005)`, `销售部 [SALES]`, `岗位：部门负责人 · 销售部 [SALES]`."""
        if grantee.person_id:
            return person_text(self._person(grantee.person_id))
        department = self._department_by_id[grantee.department_id] if grantee.department_id else None
        if grantee.role:
            return post_text(grantee.role, department)
        return department_text(department) if department else ""

    def grantee_from(self, text: str) -> Grantee | None:
        """Whom a cell means: as `grantee_text` writes it, or any name, code or number that only one has."""
        if (post := self._post_from(text)) is not None:
            return post
        person = self._people.find_marked(text, "(", ")")
        department = self._departments.find_marked(text, "[", "]")
        if person is None and department is None:
            person, department = self._people.find(text), self._departments.find(text)
        if (person is None) == (department is None):
            return None
        return Grantee(person_id=person.pk) if person else Grantee(department_id=department.pk) if department else None

    def _post_from(self, text: str) -> Grantee | None:
        prefix = next((one for one in POST if text.startswith(one.rstrip())), None)
        rest = text.removeprefix(prefix.rstrip()).strip() if prefix else text
        name, _dot, place = rest.partition(" · ")
        role = next((one for one in Role if name in _labels(one)), None)
        if role is None or (not prefix and place):
            return None
        if not place:
            return Grantee(role=role) if prefix or self._is_only_a_role(text) else None
        department = self._departments.find_marked(place, "[", "]") or self._departments.find(place)
        return Grantee(role=role, department_id=department.pk) if department else None

    def _is_only_a_role(self, text: str) -> bool:
        return self._people.find(text) is None and self._departments.find(text) is None

    def _person(self, person_id: UUID) -> Person:
        found = self._person_by_id.get(person_id)
        if found is None:
            found = self._person_by_id[person_id] = Person.objects.get(pk=person_id)
        return found


def person_text(person: Person) -> str:
    return f"{person} ({person.staff_no})"


def department_text(department: Department) -> str:
    return f"{department} [{department.code}]"


def post_text(role: Role, department: Department | None) -> str:
    post = f"{POST[in_english()]}{post_label(role)}"
    return f"{post} · {department_text(department)}" if department else post


def _both_names(thing: Channel | Department | Person) -> set[str]:
    return {thing.name, thing.name_en}


def _labels(role: Role) -> set[str]:
    labels = set()
    for language in LANGUAGES:
        with override(language):
            labels |= {str(role.label), post_label(role)}
    return labels


class _Table(Generic[Thing]):
    """Things by their names and by a mark that only one has (short key, code, staff number)."""

    def __init__(
        self, things: Iterable[Thing], *, names: Callable[[Thing], set[str]], mark: Callable[[Thing], str]
    ) -> None:
        self._names: Callable[[Thing], set[str]] = names
        self._mark: Callable[[Thing], str] = mark
        self._by_mark: dict[str, Thing] = {mark(one).casefold(): one for one in things}
        self._by_name: dict[str, list[Thing]] = defaultdict(list)
        for one in self._by_mark.values():
            for name in names(one) - {""}:
                self._by_name[name].append(one)

    def find(self, text: str) -> Thing | None:
        """The one thing of that name, else the one with that mark."""
        named = self._by_name.get(text, [])
        return named[0] if len(named) == 1 else self._by_mark.get(text.casefold())

    def find_marked(self, text: str, opening: str, closing: str) -> Thing | None:
        """The thing that a name followed by its mark in brackets means; None where the two do not agree."""
        if not text.endswith(closing):
            return None
        place = text.rfind(opening)
        while place > 0:
            found = self._by_mark.get(text[place + 1 : -1].strip().casefold())
            if found is not None and text[:place].rstrip() in self._names(found):
                return found
            place = text.rfind(opening, 0, place)
        return None

    def lookup(self, text: str) -> Thing | None:
        return self.find_marked(text, "[", "]") or self.find(text)

    def text_of(self, thing: Thing, shown: str) -> str:
        """What is shown where it means this thing and no other, else with the mark."""
        found = self.lookup(shown)
        return (
            shown if found is not None and self._mark(found) == self._mark(thing) else f"{shown} [{self._mark(thing)}]"
        )
