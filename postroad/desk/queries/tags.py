"""The list of tags, and which of them a case carries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from postroad.desk.models import Case, Tag


def all_tags() -> dict[UUID, Tag]:
    """Every tag by its id, in the order of their names. One query."""
    return {tag.pk: tag for tag in Tag.objects.order_by("name")}


def tags_of(case: Case, tags: Mapping[UUID, Tag]) -> tuple[Tag, ...]:
    """The tags that a case carries, in the order in which they were put on; ones that are gone are left out."""
    return tuple(tags[tag_id] for tag_id in case.tag_ids if tag_id in tags)


def tags_named(names: Collection[str]) -> dict[str, Tag]:
    """The tags of these names, whatever their case, by the name in lower case. One query."""
    wanted = {name.lower() for name in names}
    return {tag.name.lower(): tag for tag in Tag.objects.all() if tag.name.lower() in wanted}
