"""Keyset paging: a page costs the same however deep it lies."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in order, and opaque cursors to the pages on either side (None: there is none)."""

    items: list[Row]
    next_cursor: str | None
    previous_cursor: str | None


def keyset(queryset: QuerySet[Row], *, order: Sequence[str], cursor: str | None, size: int = 50) -> Page[Row]:
    """One page of `queryset` in `order` (Django's notation; fields never null, the last one unique).

    A cursor that is malformed or of another order starts from the beginning.
    """
    backwards, position = _decode(cursor, queryset.model, order)
    turned = [_turn(field) for field in order] if backwards else list(order)
    rows = list(_after(queryset, turned, position).order_by(*turned)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    has_next = bool(rows) and (more or backwards)
    has_previous = bool(rows) and (more if backwards else position is not None)
    return Page(
        items=rows,
        next_cursor=_encode(rows[-1], order, backwards=False) if has_next else None,
        previous_cursor=_encode(rows[0], order, backwards=True) if has_previous else None,
    )


def _after(queryset: QuerySet[Row], order: Sequence[str], position: list[Any] | None) -> QuerySet[Row]:
    if position is None:
        return queryset
    later, equal = Q(), Q()
    for field, value in zip(order, position, strict=True):
        name, comparison = field.lstrip("-"), "lt" if field.startswith("-") else "gt"
        later |= equal & Q(**{f"{name}__{comparison}": value})
        equal &= Q(**{name: value})
    # The bound on the first field alone lets the index seek; the rest only breaks ties.
    first, comparison = order[0].lstrip("-"), "lte" if order[0].startswith("-") else "gte"
    return queryset.filter(Q(**{f"{first}__{comparison}": position[0]}) & later)


def _turn(field: str) -> str:
    return field[1:] if field.startswith("-") else f"-{field}"


def _encode(row: Model, order: Sequence[str], *, backwards: bool) -> str:
    values = [_plain(getattr(row, field.lstrip("-"))) for field in order]
    text = json.dumps([backwards, *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str | None, model: type[Model], order: Sequence[str]) -> tuple[bool, list[Any] | None]:
    if not cursor:
        return False, None
    try:
        backwards, *values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return bool(backwards), [
            _typed(model, field.lstrip("-"), value) for field, value in zip(order, values, strict=True)
        ]
    except (ValueError, TypeError, binascii.Error, ValidationError):
        return False, None


def _typed(model: type[Model], name: str, value: Any) -> Any:
    try:
        field = model._meta.get_field(name)
        return field.to_python(value) if isinstance(field, Field) else value
    except FieldDoesNotExist:  # an annotation: its JSON value compares as it is
        return value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
