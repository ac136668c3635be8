"""`postroad clock` as a caller sees it: one JSON object, or one sentence and exit code 2."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from postroad.clock import actions
from postroad.clock.commands import clock
from postroad.clock.tests.factories import ACTOR, OFFICE, make_calendar
from postroad.clock.workingtime import published_days

SPEC: dict[str, Any] = {
    "zone": "Asia/Shanghai",
    "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": ["2025-01-01"],
    "extra_workdays": ["2025-01-26"],
}


@pytest.fixture
def calendar_file(tmp_path: Path) -> Path:
    path = tmp_path / "calendar.json"
    path.write_text(json.dumps(SPEC), encoding="utf-8-sig")
    return path


def ask(*arguments: object) -> Result:
    return CliRunner().invoke(clock, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2025-01-02T16:00:00Z", "60", "2025-01-03T10:00:00+08:00"),
        ("2025-01-02T16:30", "60.5", "2025-01-03T09:30:30+08:00"),
        ("2025-01-24T16:30+08:00", "60", "2025-01-26T09:30:00+08:00"),
        ("2025-01-02T09:00", "-1.5", "2024-12-31T16:58:30+08:00"),
        ("2025-01-02T09:00", "0", "2025-01-02T09:00:00+08:00"),
        ("2025-01-02T09:00", "-0", "2024-12-31T17:00:00+08:00"),
        ("2025-01-02T09:00", "0.000001", "2025-01-02T09:00:00.000060+08:00"),
    ],
)
def test_due_prints_the_instant_in_the_calendars_zone(calendar_file: Path, start: str, minutes: str, due: str) -> None:
    result = ask("due", "--calendar", calendar_file, "--start", start, "--minutes", minutes)
    assert (result.exit_code, json.loads(result.stdout), result.stderr) == (0, {"due": due}, "")


@pytest.mark.parametrize(
    ("start", "end", "printed"),
    [
        ("2025-01-02T16:00", "2025-01-03T10:00", '{"minutes": 120}'),
        ("2025-01-03T10:00", "2025-01-02T16:00", '{"minutes": -120}'),
        ("2025-01-02T16:00", "2025-01-02T16:00:06", '{"minutes": 0.1}'),
        ("2025-01-01", "2025-01-02", '{"minutes": 0}'),
    ],
)
def test_between_prints_a_number_whole_when_it_is(calendar_file: Path, start: str, end: str, printed: str) -> None:
    result = ask("between", "--calendar", calendar_file, "--start", start, "--end", end)
    assert (result.exit_code, result.stdout.strip(), result.stderr) == (0, printed, "")


@pytest.mark.parametrize(
    ("start", "minutes", "complaint"),
    [
        ("yesterday", "1", '--start: "yesterday" is not'),
        ("2025-01-02T16:00", "soon", '--minutes: "soon" is not a number'),
        ("2025-01-02T16:00", "nan", '--minutes: "nan" is not a number'),
        ("2025-01-02T16:00", "-inf", "--minutes: -inf is more than"),
        ("2025-01-02T16:00", "1e99", "--minutes: 1e99 is more than"),
        ("2025-01-02T16:00", "99999999", "not that much working time"),
        ("1755-01-02T16:00", "1", "1900 to 2200"),
    ],
)
def test_bad_questions_get_one_sentence_and_exit_code_2(
    calendar_file: Path, start: str, minutes: str, complaint: str
) -> None:
    result = ask("due", "--calendar", calendar_file, "--start", start, "--minutes", minutes)
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"\xff\xfe{", "calendar.json: "),
        (b"{}", "zone: is missing"),
        (b'{"zone": "UTC", "week": {"mon": [["9", "17:00"]]}}', 'week.mon[0]: "9" is not a time of day'),
        (b'{"zone": "UTC", "week": {}}', "no working time"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_calendar_file_gets_one_sentence_and_exit_code_2(
    calendar_file: Path, content: bytes, complaint: str
) -> None:
    calendar_file.write_bytes(content)
    result = ask("due", "--calendar", calendar_file, "--start", "2025-01-02T16:00", "--minutes", "1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for missing in (tmp_path, tmp_path / "none", tmp_path / "none.json"):
        result = ask("between", "--calendar", missing, "--start", "2025-01-02", "--end", "2025-01-03")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "there is no such file" in result.stderr


@pytest.mark.django_db
def test_a_key_names_a_calendar_in_the_database() -> None:
    calendar = make_calendar("service")
    actions.add_version(calendar=calendar, definition=OFFICE | {"holidays": ["2025-03-03"]}, actor=ACTOR)
    result = ask("due", "--calendar", "service", "--start", "2025-03-03T10:00", "--minutes", "1")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"due": "2025-03-04T09:01:00+08:00"})


@pytest.mark.django_db
def test_an_unknown_key_is_named() -> None:
    result = ask("due", "--calendar", "none", "--start", "2025-03-03T10:00", "--minutes", "1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == 'Error: There is neither a file nor a calendar "none".\n'


def test_a_year_without_published_statutory_days_is_said_loudly(calendar_file: Path) -> None:
    calendar_file.write_text(json.dumps(SPEC | {"statutory": "CN"}))
    year = max(published_days("CN")["years"]) + 1
    result = ask("between", "--calendar", calendar_file, "--start", f"{year}-03-01", "--end", f"{year + 2}-03-01")
    assert result.exit_code == 0
    assert f"Warning: no statutory holidays and make-up days are known for {year}-{year + 2};" in result.stderr


def test_a_calendar_file_needs_neither_django_nor_a_database(calendar_file: Path) -> None:
    program = (
        "import sys; from postroad.clock.commands import clock\n"
        "try: clock(sys.argv[1:])\n"
        "finally: print(sorted({'django', 'psycopg', 'numpy'} & set(sys.modules)), file=sys.stderr)"
    )
    question = ["due", "--calendar", str(calendar_file), "--start", "2025-01-02T16:00", "--minutes", "1"]
    done = subprocess.run([sys.executable, "-c", program, *question], capture_output=True, text=True, check=True)
    assert (json.loads(done.stdout), done.stderr.strip()) == ({"due": "2025-01-02T16:01:00+08:00"}, "[]")
