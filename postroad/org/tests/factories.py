"""Spreadsheets of people for the tests."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from postroad.org import actions
from postroad.org.models import PeopleImport, Person
from postroad.platform.spreadsheets import write_csv

HEADINGS = ["工号", "姓名", "部门", "职务", "入职日期", "离职日期", "邮箱", "手机", "部门负责人", "角色"]


def person_row(staff_no: str, name: str = "新人", **cells: str) -> list[str]:
    defaults = {"部门": "SALES", "入职日期": "2026-01-05"} | cells
    return [staff_no, name, *(defaults.get(heading, "") for heading in HEADINGS[2:])]


def upload(uploader: Person, rows: Iterable[Sequence[str]], headings: Sequence[str] = HEADINGS) -> PeopleImport:
    return upload_bytes(uploader, write_csv(headings, rows))


def upload_bytes(uploader: Person, content: bytes, name: str = "people.csv") -> PeopleImport:
    """Upload and check a file, as the page and the worker do."""
    people_import = actions.import_people(file=io.BytesIO(content), file_name=name, uploader=uploader)
    actions.check_import(import_id=people_import.pk)
    people_import.refresh_from_db()
    return people_import


def apply(people_import: PeopleImport) -> PeopleImport:
    actions.request_apply(people_import=people_import, actor=people_import.uploaded_by.as_actor())
    actions.apply_import(import_id=people_import.pk)
    people_import.refresh_from_db()
    return people_import


def problems(people_import: PeopleImport) -> list[tuple[int, str, str]]:
    return list(people_import.problems.order_by("row", "id").values_list("row", "column", "reason"))
