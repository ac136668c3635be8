"""The list of tags, and tags on cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Func, Value
from django.utils.translation import gettext as _

from postroad.desk import queries
from postroad.desk.actions.common import lock, tell
from postroad.desk.events import Event
from postroad.desk.models import Case, Tag
from postroad.desk.permissions import Permission
from postroad.desk.queries.filtering import tagged
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.org.permissions import person_may
from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from postroad.org.models import Person

MOST_TAGS = 20
LONGEST_NAME = 40
IDS = ArrayField(models.UUIDField())


@transaction.atomic
def save_tag(*, tag: Tag | None, name: str, colour: str, person: Person) -> Tag:
    """Make a tag, or give one another name or colour; cases that carry it show it at once."""
    tag = tag or Tag()
    tag.name, tag.colour = name.strip(), colour
    tag.save()
    record(Event.TAG_SAVED, actor=person.as_actor(), subject=tag, data={"name": tag.name})
    return tag


@transaction.atomic
def merge_tags(*, tag: Tag, into: Tag, person: Person) -> Tag:
    """Make two tags one: whatever carries `tag` carries `into` from now on. A constant number of statements.

    Raises Invalid for a tag merged into itself.
    """
    if tag == into:
        raise Invalid({"into": _("A tag cannot be merged into itself.")})
    both = Case.objects.filter(tagged([tag.pk, into.pk]))
    both.update(tag_ids=Func(F("tag_ids"), Value(tag.pk), function="array_remove", output_field=IDS))
    one = Case.objects.filter(tagged([tag.pk]))
    one.update(tag_ids=Func(F("tag_ids"), Value(tag.pk), Value(into.pk), function="array_replace", output_field=IDS))
    record(Event.TAG_MERGED, actor=person.as_actor(), subject=into, data={"name": tag.name, "into": into.name})
    tag.delete()
    return into


@transaction.atomic
def remove_tag(*, tag: Tag, person: Person) -> None:
    """Take a tag off the list, and off the cases that carry it."""
    carrying = Case.objects.filter(tagged([tag.pk]))
    carrying.update(tag_ids=Func(F("tag_ids"), Value(tag.pk), function="array_remove", output_field=IDS))
    record(Event.TAG_REMOVED, actor=person.as_actor(), subject=tag, data={"name": tag.name})
    tag.delete()


@transaction.atomic
def tags_for(*, names: Iterable[str], person: Person) -> list[Tag]:
    """The tags of these names; those that are not on the list are made, for who may.

    Raises Invalid naming what is not on the list where the person may not make tags.
    """
    wanted = list(dict.fromkeys(name for given in names if (name := given.strip())))
    known = queries.tags_named(wanted)
    unknown = [name for name in wanted if name.lower() not in known]
    if unknown and not person_may(person, Permission.TAG_CREATE):
        raise Invalid({"tag": _("There is no tag “%(name)s” on the list.") % {"name": "”, “".join(unknown)}})
    for name in unknown:
        if len(name) > LONGEST_NAME:
            raise Invalid({"tag": _("“%(name)s” is too long for a tag.") % {"name": name}})
        known[name.lower()] = save_tag(tag=None, name=name, colour=Tag.Colour.GREY, person=person)
    return list(dict.fromkeys(known[name.lower()] for name in wanted))


@transaction.atomic
def tag_cases(
    *, cases: Sequence[Case], add: Sequence[Tag] = (), remove: Sequence[Tag] = (), person: Person
) -> list[Case]:
    """Put tags on cases, and take others away. Raises Invalid for more than a case can carry in sight."""
    added, removed = {tag.pk: tag for tag in add}, {tag.pk: tag for tag in remove}
    changed, entries = [], []
    for case in lock(cases):
        before = list(case.tag_ids)
        case.tag_ids = [one for one in dict.fromkeys([*before, *added]) if one not in removed]
        if len(case.tag_ids) > MOST_TAGS:
            raise Invalid({"tag": _("A case carries at most %(count)s tags.") % {"count": MOST_TAGS}})
        if case.tag_ids != before:
            names = {
                "added": ", ".join(tag.name for key, tag in added.items() if key not in before) or None,
                "removed": ", ".join(tag.name for key, tag in removed.items() if key in before) or None,
            }
            changed.append(case)
            entries.append(NewEntry(Event.CASE_TAGGED, person.as_actor(), case, names))
    if changed:
        Case.objects.bulk_update(changed, ["tag_ids"])
        record_many(entries)
        tell(changed)
    return changed
