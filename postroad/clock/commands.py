"""`postroad clock`: working-time questions from the command line."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, Any

import click

from postroad.clock.workingtime import CalendarError, WorkingCalendar

_MINUTE = timedelta(minutes=1)
_MINUTE_MICROSECONDS = 60_000_000
_MOST_MINUTES = Decimal(10) ** 9


class BadInput(click.ClickException):
    """What was asked cannot be answered: one sentence on stderr, exit code 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"Error: {' '.join(self.message.split())}", file=file, err=file is None)


@click.group()
def clock() -> None:
    """Working time: when something is due, and how much lies between two moments.

    CALENDAR is the path of a JSON file, which needs no database, or the key of a calendar in the database.
    Moments are ISO 8601; one without an offset is in the calendar's zone. Answers are in the calendar's zone.
    """


@clock.command()
@click.option("--calendar", "source", required=True, metavar="CALENDAR", help="JSON file, or key of a calendar.")
@click.option("--start", required=True, metavar="ISO8601", help="When the clock starts.")
@click.option("--minutes", required=True, metavar="N", help="Working minutes; decimals and negative numbers allowed.")
def due(*, source: str, start: str, minutes: str) -> None:
    """Print when N working minutes from a start are over, as {"due": ISO8601}.

    Nothing added outside opening hours is the next opening; nothing subtracted (N = -0) is the last closing.
    """
    calendar = _load_calendar(source)
    since = _read_moment(start, calendar, "--start")
    amount, backward = _read_minutes(minutes)
    try:
        moment = calendar.subtract_working_time(since, amount) if backward else calendar.add_working_time(since, amount)
    except CalendarError as error:
        raise BadInput(str(error)) from error
    _warn_of_unpublished_years(calendar, since, moment)
    click.echo(json.dumps({"due": moment.astimezone(calendar.zone).isoformat()}))


@clock.command()
@click.option("--calendar", "source", required=True, metavar="CALENDAR", help="JSON file, or key of a calendar.")
@click.option("--start", required=True, metavar="ISO8601", help="Count from here.")
@click.option("--end", required=True, metavar="ISO8601", help="Count to here; negative if it is before the start.")
def between(*, source: str, start: str, end: str) -> None:
    """Print the working minutes between two moments, as {"minutes": N}."""
    calendar = _load_calendar(source)
    since, until = _read_moment(start, calendar, "--start"), _read_moment(end, calendar, "--end")
    try:
        worked = calendar.working_time_between(since, until)
    except CalendarError as error:
        raise BadInput(str(error)) from error
    _warn_of_unpublished_years(calendar, since, until)
    whole, rest = divmod(worked, _MINUTE)
    click.echo(json.dumps({"minutes": worked / _MINUTE if rest else whole}))


def _load_calendar(source: str) -> WorkingCalendar:
    path = Path(source)
    try:
        if path.is_file():
            return WorkingCalendar.from_json(path.read_text(encoding="utf-8-sig"))
    except (CalendarError, UnicodeDecodeError, OSError) as error:
        raise BadInput(f"{source}: {error}") from error
    if path.exists() or path.suffix or len(path.parts) != 1:
        raise BadInput(f"{source}: there is no such file.")
    return _load_stored_calendar(source)


def _load_stored_calendar(key: str) -> WorkingCalendar:
    """Return the version in force now of a calendar in the database."""
    from postroad.platform.bootstrap import running_database, use_django

    use_django()
    from django.db import DatabaseError

    from postroad.clock.queries import find_calendar

    try:
        with running_database():
            found = find_calendar(key)
            if found is None:
                raise BadInput(f'There is neither a file nor a calendar "{key}".')
            return found.current_version().working_calendar()
    except DatabaseError as error:
        raise BadInput(f"The database cannot be asked for the calendar: {error}") from error


def _read_moment(text: str, calendar: WorkingCalendar, option: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadInput(f'{option}: "{text}" is not an ISO 8601 date and time.') from error
    return moment if moment.tzinfo else moment.replace(tzinfo=calendar.zone)


def _read_minutes(text: str) -> tuple[timedelta, bool]:
    """Return the amount without its sign, rounded to the microsecond, and whether it is to be subtracted."""
    try:
        minutes = Decimal(text.strip())
    except InvalidOperation as error:
        raise BadInput(f'--minutes: "{text}" is not a number.') from error
    if minutes.is_nan():
        raise BadInput(f'--minutes: "{text}" is not a number.')
    if abs(minutes) > _MOST_MINUTES:
        raise BadInput(f"--minutes: {text} is more than any calendar holds.")
    return timedelta(microseconds=round(abs(minutes) * _MINUTE_MICROSECONDS)), minutes.is_signed()


def _warn_of_unpublished_years(calendar: WorkingCalendar, start: datetime, end: datetime) -> None:
    if years := calendar.unpublished_years(start, end):
        click.echo(
            f"Warning: no statutory holidays and make-up days are known for {_listed(years)};"
            " only the calendar's own entries and its ordinary week were counted there.",
            err=True,
        )


def _listed(years: list[int]) -> str:
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
