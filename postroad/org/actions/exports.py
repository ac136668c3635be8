"""People as rows of a spreadsheet; taking them out is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language

from postroad.ledger.actions import record
from postroad.org import queries
from postroad.org.actions.changes import require_text
from postroad.org.events import Event
from postroad.org.models import Person
from postroad.org.permissions import Permission, require
from postroad.org.personal import FIELDS_OF, mask, read, shown
from postroad.org.queries import PeopleFilter, people_matching
from postroad.org.roles import Role
from postroad.org.sheet import HEADINGS, Column
from postroad.platform.actors import Subject
from postroad.platform.crypto import SubjectKeys
from postroad.platform.spreadsheets import Cell

BATCH = 1000


@transaction.atomic
def export_people(
    *, reader: Person, wanted: PeopleFilter, plain: bool = False, reason: str = ""
) -> tuple[list[str], Iterator[list[Cell]]]:
    """Headings and rows, in the columns that an import reads, of the people a filter finds.

    Personal fields are masked; in plain they need the right to look at personal data, and a reason.
    """
    require(reader, Permission.PERSON_EXPORT)
    if plain:
        require(reader, Permission.PERSON_REVEAL)
        reason = require_text(reason=reason)["reason"]
    people = people_matching(reader, wanted)
    record(
        Event.PEOPLE_EXPORTED,
        actor=reader.as_actor(),
        subject=Subject("org.person", "*"),
        data={"count": people.count(), "scope": "plain" if plain else "masked", "reason": reason},
    )
    return headings(), _rows(list(people.order_by("staff_no").values_list("pk", flat=True)), plain=plain)


def headings() -> list[str]:
    """The heading of each column in the reader's language."""
    return [heading(column) for column in Column]


def heading(column: Column) -> str:
    """The first heading of its language; every one of them is read back by an import."""
    chinese = (get_language() or "").startswith("zh")
    return next(name for name in HEADINGS[column] if name.isascii() is not chinese)


def _rows(ids: list[object], *, plain: bool) -> Iterator[list[Cell]]:
    paths: dict[UUID | None, str] = {node.department.pk: node.path for node in queries.department_tree()}
    for start in range(0, len(ids), BATCH):
        people = Person.objects.in_bulk(ids[start : start + BATCH])
        keys = SubjectKeys(people)
        held = queries.roles_held(people.values())
        for pk in ids[start : start + BATCH]:
            person = people[pk]
            roles = [Role(post.role) for post in held.get(person.pk, [])]
            yield [
                person.staff_no,
                person.name,
                person.name_en,
                paths.get(person.department_id, ""),
                person.title,
                _yes_no(heads=Role.DEPARTMENT_HEAD in roles),
                "; ".join(role.value for role in roles if role != Role.DEPARTMENT_HEAD),
                person.joined_on,
                person.left_on,
                *(
                    shown(field, value) if plain else mask(field, value)
                    for field in FIELDS_OF[Person]
                    for value in [read(person, field, keys=keys)]
                ),
                person.get_language_display(),
            ]


def _yes_no(*, heads: bool) -> str:
    chinese = (get_language() or "").startswith("zh")
    return ("是" if chinese else "yes") if heads else ("否" if chinese else "no")
