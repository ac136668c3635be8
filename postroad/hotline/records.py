"""Call records as telephone systems export them: which column means what, and what a row says. Pure.

Times without a zone are the company's. Lengths are seconds, or minutes and seconds, or hours too: 75, 1:15, 0:01:15.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import sha256
from typing import TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.hotline.dialling import normalised
from postroad.hotline.models import Direction, EventType
from postroad.hotline.reading import LONGEST_EXTENSION, LONGEST_ID, NewEvent
from postroad.platform.spreadsheets import Row


class Column(models.TextChoices):
    """What a column of call records can mean."""

    STARTED = "started", _("Began at")
    NUMBER = "number", _("Number outside")
    RESULT = "result", _("Answered, missed or voicemail")
    SPOKEN = "spoken", _("Spoken for")
    WAITED = "waited", _("Rang for")
    DIRECTION = "direction", _("Incoming or outgoing")
    EXTENSION = "extension", pgettext_lazy("call", "Extension")
    CALL = "call", _("Call id")


REQUIRED = (Column.STARTED, Column.NUMBER)
EITHER = (Column.RESULT, Column.SPOKEN)
"""One of these tells whether a call was answered."""


class Reason(models.TextChoices):
    """What can be wrong with a row, or with the file."""

    NO_TIME = "no-time", _("This is not a time, as 2026-05-18 10:00:00.")
    IN_FUTURE = "in-future", _("This time lies in the future.")
    NO_NUMBER = "no-number", _("This is not a telephone number.")
    NO_LENGTH = "no-length", _("This is not a length of time, as 75 or 1:15.")
    NO_RESULT = "no-result", _("This is neither answered, missed nor voicemail.")
    NO_DIRECTION = "no-direction", _("This is neither incoming nor outgoing.")
    TOO_LONG = "too-long", _("This is too long.")
    OTHER_BEFORE = "other-before", _("This call was imported before with other values.")
    NO_ROWS = "no-rows", _("There is no row below the headings.")
    TOO_MANY = "too-many", _("There are too many rows; split the file.")
    UNREADABLE = "unreadable", _("The file cannot be read.")


_HEADINGS = {
    Column.STARTED: "began at|started|start|start time|calldate|开始时间|呼叫时间|来电时间|通话时间|时间|日期时间",
    Column.NUMBER: "number outside|number|phone|caller|caller number|src|主叫|主叫号码|来电号码|客户号码|电话号码|号码",
    Column.RESULT: "result|status|disposition|状态|通话状态|呼叫结果|接听状态|结果",
    Column.SPOKEN: "spoken for|talk time|billsec|talk seconds|通话时长|通话秒数|通话时长(秒)",
    Column.WAITED: "rang for|ring time|wait|waited|wait seconds|振铃时长|等待时长|响铃时长|振铃秒数",
    Column.DIRECTION: "incoming or outgoing|direction|type|方向|呼叫方向|呼叫类型",
    Column.EXTENSION: "extension|agent|dst|分机|分机号|坐席分机|接听分机",
    Column.CALL: "call id|callid|uniqueid|id|通话编号|呼叫编号|流水号|话单号",
}
_RESULTS = {
    EventType.ANSWERED: "answered|answer|yes|connected|已接|已接听|接通|接听|已接通|成功|是",
    EventType.MISSED: "missed|no answer|noanswer|no|busy|failed|cancel|abandoned|未接|未接听|未接通|漏接|失败|占线|否",
    EventType.VOICEMAIL: "voicemail|voice mail|留言|语音留言|语音信箱",
}
_DIRECTIONS = {
    Direction.IN: "in|inbound|incoming|呼入|来电|入",
    Direction.OUT: "out|outbound|outgoing|呼出|去电|外呼|出",
}
_TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S")
_LENGTH = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})|(\d{1,6})(?:\.0+)?\s*(?:s|秒)?")
_DIGITS = re.compile(r"\d{2,}")
_WITHHELD = frozenset({"", "-", "anonymous", "unknown", "private", "匿名", "未知", "隐藏号码"})
AHEAD = timedelta(minutes=5)

Word = TypeVar("Word", EventType, Direction)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in which row (0: with the file) and column, and what stands there."""

    row: int
    column: str
    reason: Reason
    shown: str = ""


def guessed(headings: Sequence[str], *, remembered: Mapping[str, str]) -> dict[str, str]:
    """Which heading means which column: as remembered from last time, else by what telephone systems call it."""
    known = {_plain(heading): heading for heading in reversed(headings) if heading.strip()}
    found: dict[str, str] = {}
    for column in Column:
        names = [_plain(remembered.get(column, "")), *_HEADINGS[column].split("|")]
        heading = next((known[name] for name in names if name in known), "")
        if heading and heading not in found.values():
            found[column.value] = heading
    return found


def is_enough(columns: Mapping[str, str]) -> bool:
    """Whether these columns tell what has to be known of a call."""
    return all(columns.get(column) for column in REQUIRED) and any(columns.get(column) for column in EITHER)


def read_record(
    row: Row, *, headings: Sequence[str], columns: Mapping[str, str], zone: tzinfo, now: datetime
) -> tuple[list[NewEvent], list[Problem]]:
    """The events of the call that a row tells of, or what is wrong with it."""
    return _Record(row, headings, columns, zone, now).read()


class _Record:
    def __init__(
        self, row: Row, headings: Sequence[str], columns: Mapping[str, str], zone: tzinfo, now: datetime
    ) -> None:
        self.row, self.zone, self.now = row, zone, now
        self.cells = {
            column: row.cells[place].strip() if (place := headings.index(heading)) < len(row.cells) else ""
            for column, heading in columns.items()
            if heading in headings
        }
        self.problems: list[Problem] = []

    def read(self) -> tuple[list[NewEvent], list[Problem]]:
        started, number = self._moment(), self._number()
        waited, spoken = self._length(Column.WAITED), self._length(Column.SPOKEN)
        direction = self._word(Column.DIRECTION, _DIRECTIONS, Reason.NO_DIRECTION) or Direction.IN
        result = self._word(Column.RESULT, _RESULTS, Reason.NO_RESULT)
        result = result or (EventType.ANSWERED if spoken else EventType.MISSED)
        extension = self._short(Column.EXTENSION, LONGEST_EXTENSION)
        call = self._short(Column.CALL, LONGEST_ID - 20)
        if self.problems or started is None:
            return [], self.problems
        call = call or f"record-{sha256(repr((started, number, direction, extension)).encode()).hexdigest()[:32]}"
        picked_up = started + timedelta(seconds=waited or 0)
        over = picked_up + timedelta(seconds=spoken or 0)

        def event(kind: EventType, at: datetime, *, extension: str = "") -> NewEvent:
            name = f"record/{call}/{kind.value}"
            return NewEvent(
                id=name, call=call, type=kind, at=at, direction=direction.value, number=number, extension=extension
            )

        events = [event(EventType.RINGING, started, extension=extension)]
        if result == EventType.ANSWERED:
            events.append(event(EventType.ANSWERED, picked_up, extension=extension))
        elif result == EventType.VOICEMAIL:
            events.append(event(EventType.VOICEMAIL, picked_up))
        return [*events, event(EventType.HUNG_UP, over)], []

    def _moment(self) -> datetime | None:
        text = self.cells.get(Column.STARTED, "")
        moment = _time(text)
        if moment is None:
            self._wrong(Column.STARTED, Reason.NO_TIME)
            return None
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)
        if moment > self.now + AHEAD:
            self._wrong(Column.STARTED, Reason.IN_FUTURE)
            return None
        return moment

    def _number(self) -> str:
        text = self.cells.get(Column.NUMBER, "")
        if text.lower() in _WITHHELD:
            return ""
        if not _DIGITS.search(text):
            self._wrong(Column.NUMBER, Reason.NO_NUMBER)
        return normalised(text)

    def _length(self, column: Column) -> int | None:
        text = self.cells.get(column, "")
        if text in ("", "-"):
            return None
        if not (found := _LENGTH.fullmatch(text)):
            self._wrong(column, Reason.NO_LENGTH)
            return None
        hours, minutes, seconds, alone = (int(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds + alone

    def _word(self, column: Column, words: Mapping[Word, str], reason: Reason) -> Word | None:
        text = _plain(self.cells.get(column, ""))
        if not text:
            return None
        found = next((meaning for meaning, known in words.items() if text in known.split("|")), None)
        if found is None:
            self._wrong(column, reason)
        return found

    def _short(self, column: Column, longest: int) -> str:
        text = self.cells.get(column, "")
        if len(text) > longest or "\0" in text:
            self._wrong(column, Reason.TOO_LONG)
        return text

    def _wrong(self, column: Column, reason: Reason) -> None:
        self.problems.append(Problem(self.row.number, column.value, reason, self.cells.get(column, "")[:60]))


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        pass
    for form in _TIMES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the company's, given by the caller
        except ValueError:
            continue
    return None


def _plain(text: str) -> str:
    return " ".join(text.replace("（", "(").replace("）", ")").split()).lower()
