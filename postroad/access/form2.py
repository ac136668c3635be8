"""Form 2 of the standard as a spreadsheet: its headings, and how a cell says what it says. Pure: no database.

The form has no columns for days, so a grant's period stands behind its content, in parentheses, and is read from there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from postroad.platform.language import in_english


class Column(StrEnum):
    CHANNEL = "channel"
    PERMISSION = "permission"
    GRANTEE = "grantee"
    CONTENT = "content"
    CONFIGURED_BY = "configured_by"
    APPROVED_BY = "approved_by"
    CONFIGURED_ON = "configured_on"


# As the standard prints them, and in English.
HEADINGS: Mapping[Column, tuple[str, str]] = {
    Column.CHANNEL: ("渠道名称", "Channel"),
    Column.PERMISSION: ("权限类型", "Permission type"),
    Column.GRANTEE: ("授予对象", "Granted to"),
    Column.CONTENT: ("权限内容", "Permission content"),
    Column.CONFIGURED_BY: ("配置人", "Configured by"),
    Column.APPROVED_BY: ("审批人", "Approved by"),
    Column.CONFIGURED_ON: ("配置日期", "Configured on"),
}
# What an import needs; the rest tells what happened and is not applied for.
NEEDED = (Column.CHANNEL, Column.PERMISSION, Column.GRANTEE, Column.CONTENT)
PERMISSIONS: Mapping[str, tuple[str, str]] = {
    "view": ("查看", "View"),
    "post": ("发布", "Post"),
    "manage": ("管理", "Manage"),
}

_DAY = r"(\d{4}-\d\d-\d\d)"
_PERIODS = (
    re.compile(rf"^(?P<content>.*)（(?P<first>{_DAY}) 至 (?P<last>{_DAY})）$", re.DOTALL),
    re.compile(rf"^(?P<content>.*)（至 (?P<last>{_DAY})）$", re.DOTALL),
    re.compile(rf"^(?P<content>.*)（自 (?P<first>{_DAY}) 起）$", re.DOTALL),
    re.compile(rf"^(?P<content>.*) \((?P<first>{_DAY}) to (?P<last>{_DAY})\)$", re.DOTALL),
    re.compile(rf"^(?P<content>.*) \(until (?P<last>{_DAY})\)$", re.DOTALL),
    re.compile(rf"^(?P<content>.*) \(from (?P<first>{_DAY})\)$", re.DOTALL),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form2Row:
    """One row of the form, each cell as text."""

    channel: str
    permission: str
    grantee: str
    content: str
    configured_by: str = ""
    approved_by: str = ""
    configured_on: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What a content cell says: the content itself, and the days if it names any (both included)."""

    text: str
    first: date | None = None
    last: date | None = None


def headings() -> list[str]:
    """The seven headings in the active language."""
    return [HEADINGS[column][in_english()] for column in Column]


def columns_of(cells: Sequence[str]) -> dict[Column, int]:
    """Where each column stands in a heading row, in either language, any order and any case."""
    known = {_bare(name): column for column, names in HEADINGS.items() for name in names}
    found: dict[Column, int] = {}
    for place, cell in enumerate(cells):
        column = known.get(_bare(cell))
        if column is not None:
            found.setdefault(column, place)
    return found


def row_of(cells: Sequence[str], columns: Mapping[Column, int]) -> Form2Row:
    """A row under those headings; cells that are missing at its end are empty."""
    return Form2Row(
        **{column.value: cells[place].strip() if place < len(cells) else "" for column, place in columns.items()}
    )


def permission_text(permission: str) -> str:
    return PERMISSIONS[permission][in_english()]


def permission_from(text: str) -> str | None:
    """The permission type that a cell names in either language, or None."""
    wanted = _bare(text)
    return next((key for key, names in PERMISSIONS.items() if wanted in {_bare(key), *map(_bare, names)}), None)


def content_text(content: Content) -> str:
    """The content cell. `content_from` reads it back, given a content that ends in no period of its own."""
    first = content.first.isoformat() if content.first else ""
    last = content.last.isoformat() if content.last else ""
    if not first and not last:
        return content.text
    if in_english():
        period = f"{first} to {last}" if first and last else f"until {last}" if last else f"from {first}"
        return f"{content.text} ({period})"
    period = f"{first} 至 {last}" if first and last else f"至 {last}" if last else f"自 {first} 起"
    return f"{content.text}（{period}）"


def content_from(cell: str) -> Content:
    """What a content cell says. Raises ValueError for a day that does not exist."""
    for pattern in _PERIODS:
        if match := pattern.match(cell):
            found = match.groupdict()
            first, last = found.get("first"), found.get("last")
            return Content(
                found["content"],
                date.fromisoformat(first) if first else None,
                date.fromisoformat(last) if last else None,
            )
    return Content(cell)


def _bare(text: str) -> str:
    """Text without spaces and in one case, for comparison."""
    return re.sub(r"[\s*：:]", "", text).casefold()
