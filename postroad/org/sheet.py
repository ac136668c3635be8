"""The spreadsheet of people: its columns, and what one row of it says. Pure: no database.

Headings are recognised in Chinese and English, in any case and spacing, in any order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.org.models import Language
from postroad.org.personal import PersonalField, normalise
from postroad.org.roles import ROLES_OF_A_DEPARTMENT, Role


class Column(StrEnum):
    STAFF_NO = "staff_no"
    NAME = "name"
    NAME_EN = "name_en"
    DEPARTMENT = "department"
    TITLE = "title"
    HEAD = "head"
    ROLES = "roles"
    JOINED_ON = "joined_on"
    LEFT_ON = "left_on"
    MAIL = "mail"
    PHONE = "phone"
    ADDRESS = "address"
    LANGUAGE = "language"

    @property
    def label(self) -> str:
        return str(LABELS[self])


LABELS = {
    Column.STAFF_NO: _("Staff number"),
    Column.NAME: pgettext_lazy("person", "Name"),
    Column.NAME_EN: _("English name"),
    Column.DEPARTMENT: _("Department"),
    Column.TITLE: _("Job title"),
    Column.HEAD: _("Heads the department"),
    Column.ROLES: _("Roles"),
    Column.JOINED_ON: _("Joining date"),
    Column.LEFT_ON: _("Leaving date"),
    Column.MAIL: _("Mail address"),
    Column.PHONE: _("Telephone"),
    Column.ADDRESS: _("Postal address"),
    Column.LANGUAGE: _("Language"),
}
# The first heading of each is the one written by an export; the rest is what people's own tables call it.
HEADINGS: dict[Column, tuple[str, ...]] = {
    Column.STAFF_NO: (
        "工号",
        "员工编号",
        "员工号",
        "员工工号",
        "人员编号",
        "Staff number",
        "Staff no",
        "Staff no.",
        "Employee number",
        "Employee ID",
        "Employee no",
        "Employee no.",
    ),
    Column.NAME: ("姓名", "名字", "员工姓名", "中文名", "Name", "Full name", "Employee name"),
    Column.NAME_EN: ("英文名", "英文姓名", "拼音", "English name", "Name (English)"),
    Column.DEPARTMENT: (
        "部门",
        "所属部门",
        "所在部门",
        "部门路径",
        "部门编码",
        "部门代码",
        "部门名称",
        "Department",
        "Department path",
        "Department code",
        "Dept",
        "Dept.",
    ),
    Column.TITLE: ("职务", "职位", "岗位", "职称", "Job title", "Title", "Position"),
    Column.HEAD: (
        "部门负责人",
        "是否部门负责人",
        "是否负责人",
        "负责人",
        "Heads the department",
        "Department head",
        "Head",
    ),
    Column.ROLES: ("角色", "岗位角色", "系统角色", "Roles", "Role", "Posts"),
    Column.JOINED_ON: (
        "入职日期",
        "入职时间",
        "入职日",
        "Joining date",
        "Joined on",
        "Joined",
        "Hire date",
        "Start date",
    ),
    Column.LEFT_ON: ("离职日期", "离职时间", "最后工作日", "Leaving date", "Left on", "Left", "Last day", "End date"),
    Column.MAIL: (
        "邮箱",
        "电子邮箱",
        "电子邮件",
        "邮件",
        "邮箱地址",
        "Mail address",
        "Mail",
        "Email",
        "E-mail",
        "Email address",
    ),
    Column.PHONE: (
        "手机",
        "手机号",
        "手机号码",
        "电话",
        "联系电话",
        "联系方式",
        "Telephone",
        "Phone",
        "Mobile",
        "Phone number",
        "Mobile phone",
    ),
    Column.ADDRESS: ("地址", "联系地址", "通讯地址", "住址", "家庭住址", "Postal address", "Address"),
    Column.LANGUAGE: ("语言", "Language"),
}
PERSONAL = {
    Column.MAIL: PersonalField.MAIL,
    Column.PHONE: PersonalField.PHONE,
    Column.ADDRESS: PersonalField.ADDRESS,
}
LIMITS = {Column.STAFF_NO: 40, Column.NAME: 120, Column.NAME_EN: 120, Column.TITLE: 120}
YES = {"是", "y", "yes", "true", "1", "√", "✓", "x"}
NO = {"否", "n", "no", "false", "0", "-", "×"}
LANGUAGES = {
    "中文": Language.CHINESE, "简体中文": Language.CHINESE, "zh": Language.CHINESE, "zh-hans": Language.CHINESE,
    "chinese": Language.CHINESE, "英文": Language.ENGLISH, "英语": Language.ENGLISH, "en": Language.ENGLISH,
    "english": Language.ENGLISH,
}  # fmt: skip
ROLE_NAMES_ZH = {
    "系统管理员": Role.ADMINISTRATOR, "行政部负责人": Role.ADMINISTRATION_HEAD, "行政负责人": Role.ADMINISTRATION_HEAD,
    "行政": Role.ADMINISTRATION, "行政部": Role.ADMINISTRATION, "人力资源": Role.HR, "人力资源部": Role.HR,
    "信息技术": Role.IT, "信息部": Role.IT, "分管领导": Role.SUPERVISING_LEADER, "部门负责人": Role.DEPARTMENT_HEAD,
    "高管": Role.EXECUTIVE, "客服专员": Role.AGENT, "客服": Role.AGENT, "客服主管": Role.DESK_LEAD,
    "渠道支持专员": Role.SUPPORT_SPECIALIST, "审计": Role.AUDITOR, "审计员": Role.AUDITOR,
}  # fmt: skip
ROLE_NAMES_EN = {
    "system administrator": Role.ADMINISTRATOR, "head of administration": Role.ADMINISTRATION_HEAD,
    "human resources": Role.HR, "information technology": Role.IT, "supervising leader": Role.SUPERVISING_LEADER,
    "department head": Role.DEPARTMENT_HEAD, "service agent": Role.AGENT, "service desk lead": Role.DESK_LEAD,
    "channel support specialist": Role.SUPPORT_SPECIALIST,
}  # fmt: skip
ROLE_NAMES: dict[str, Role] = {
    **{role.value: role for role in Role if role != Role.STAFF}, **ROLE_NAMES_ZH, **ROLE_NAMES_EN
}  # fmt: skip

EARLIEST, LATEST = date(1940, 1, 1), date(2100, 1, 1)
_EXCEL_EPOCH = date(1899, 12, 30)
_SEPARATED_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"
)
_PLAIN_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_EXCEL_DAY = re.compile(r"[2-6]\d{4}")
_LIST_SEPARATOR = re.compile(r"[;；,，、/|\n]+")
_NOISE = re.compile(r"[\s*＊:：_]+|[(（](?:必填|选填|required|optional)[)）]")


class Reason(StrEnum):
    """Why a file, a row or a cell cannot be taken. Kept in the database, told in the reader's language."""

    UNREADABLE = "unreadable"
    NO_HEADINGS = "no-headings"
    HEADING_TWICE = "heading-twice"
    NO_ROWS = "no-rows"
    TOO_MANY_ROWS = "too-many-rows"
    MISSING = "missing"
    TOO_LONG = "too-long"
    TWICE_IN_FILE = "twice-in-file"
    BAD_DATE = "bad-date"
    LEAVES_BEFORE_JOINING = "leaves-before-joining"
    BAD_MAIL = "bad-mail"
    MAIL_TAKEN = "mail-taken"
    BAD_PHONE = "bad-phone"
    BAD_YES_NO = "bad-yes-no"
    UNKNOWN_LANGUAGE = "unknown-language"
    UNKNOWN_DEPARTMENT = "unknown-department"
    AMBIGUOUS_DEPARTMENT = "ambiguous-department"
    UNKNOWN_ROLE = "unknown-role"
    ROLE_NOT_YOURS_TO_GIVE = "role-not-yours-to-give"
    ROLE_NEEDS_DEPARTMENT = "role-needs-department"
    TWO_HEADS = "two-heads"
    LEAVER_GETS_ROLE = "leaver-gets-role"
    ERASED = "erased"
    CHANGED_MEANWHILE = "changed-meanwhile"


REASONS = {
    Reason.UNREADABLE: _("The file cannot be read: %(shown)s"),
    Reason.NO_HEADINGS: _("No row with the headings 工号 / Staff number and 姓名 / Name was found."),
    Reason.HEADING_TWICE: _("Two columns have the heading %(shown)s."),
    Reason.NO_ROWS: _("There is no row below the headings."),
    Reason.TOO_MANY_ROWS: _("There are more than %(shown)s rows. Split the file."),
    Reason.MISSING: _("This is needed."),
    Reason.TOO_LONG: _("This is too long: at most %(shown)s characters."),
    Reason.TWICE_IN_FILE: _("This already stands in row %(shown)s."),
    Reason.BAD_DATE: _("“%(shown)s” is not a date. Write it as 2026-05-03."),
    Reason.LEAVES_BEFORE_JOINING: _("The leaving date lies before the joining date."),
    Reason.BAD_MAIL: _("This is not a mail address."),
    Reason.MAIL_TAKEN: _("Another person has this mail address: staff number %(shown)s."),
    Reason.BAD_PHONE: _("This is not a telephone number."),
    Reason.BAD_YES_NO: _("Write 是 or 否, yes or no, instead of “%(shown)s”."),
    Reason.UNKNOWN_LANGUAGE: _("“%(shown)s” is not one of the languages 中文 and English."),
    Reason.UNKNOWN_DEPARTMENT: _("There is no department “%(shown)s”, neither by code nor by path."),
    Reason.AMBIGUOUS_DEPARTMENT: _("Several departments are called “%(shown)s”. Write the path or the code."),
    Reason.UNKNOWN_ROLE: _("There is no role “%(shown)s”."),
    Reason.ROLE_NOT_YOURS_TO_GIVE: _("You may not give this person the role “%(shown)s”."),
    Reason.ROLE_NEEDS_DEPARTMENT: _("The role “%(shown)s” needs the person's department."),
    Reason.TWO_HEADS: _("Row %(shown)s gives the same department the same role."),
    Reason.LEAVER_GETS_ROLE: _("Somebody who leaves gets no new role."),
    Reason.ERASED: _("The personal data of this person was erased; they need a new staff number."),
    Reason.CHANGED_MEANWHILE: _("The data changed while you were looking. Upload the file again."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong; `shown` never holds personal data."""

    row: int
    column: str
    reason: Reason
    shown: str = ""


@dataclass(slots=True)
class SheetRow:
    """What one row says: only cells that say something. Personal values are normalised."""

    number: int
    staff_no: str
    values: dict[Column, Any] = field(default_factory=dict)
    roles: tuple[Role, ...] = ()
    problems: list[Problem] = field(default_factory=list)

    def blame(self, column: Column | str, reason: Reason, shown: object = "") -> None:
        self.problems.append(Problem(self.number, str(column), reason, str(shown)[:120]))


def columns_of(cells: Sequence[str]) -> dict[int, Column]:
    """Which place of a heading row holds which column; unknown headings are left out."""
    return {place: _BY_HEADING[key] for place, cell in enumerate(cells) if (key := _heading_key(cell)) in _BY_HEADING}


def is_heading_row(columns: Mapping[int, Column]) -> bool:
    return {Column.STAFF_NO, Column.NAME} <= set(columns.values())


def repeated_column(columns: Mapping[int, Column]) -> Column | None:
    seen: set[Column] = set()
    for column in columns.values():
        if column in seen:
            return column
        seen.add(column)
    return None


def read_row(number: int, cells: Sequence[str], columns: Mapping[int, Column]) -> SheetRow:
    """What a row says, and what is wrong with it on its own."""
    texts = {column: cells[place].strip() for place, column in columns.items() if place < len(cells)}
    row = SheetRow(number, texts.get(Column.STAFF_NO, ""))
    for column in (Column.STAFF_NO, Column.NAME):
        if not texts.get(column):
            row.blame(column, Reason.MISSING)
    for column, text in texts.items():
        if text:
            _READERS.get(column, _read_text)(row, column, text)
    joined, left = row.values.get(Column.JOINED_ON), row.values.get(Column.LEFT_ON)
    if joined and left and left < joined:
        row.blame(Column.LEFT_ON, Reason.LEAVES_BEFORE_JOINING)
    return row


def date_in(text: str) -> date | None:
    """A day in any of the ways people write it in tables (year first), or as a spreadsheet's day number."""
    if _EXCEL_DAY.fullmatch(text):
        day = _EXCEL_EPOCH + timedelta(days=int(text))
    elif match := _SEPARATED_DATE.fullmatch(text) or _PLAIN_DATE.fullmatch(text):
        try:
            day = date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            return None
    else:
        return None
    return day if EARLIEST <= day < LATEST else None


def problem_sentence(reason: str, shown: str) -> str:
    """What is wrong, in the reader's language."""
    return str(REASONS[Reason(reason)]) % {"shown": shown}


def problem_column(column: str) -> str:
    """The name of a column, "" for the file or row as a whole."""
    return Column(column).label if column else ""


def _read_text(row: SheetRow, column: Column, text: str) -> None:
    if len(text) > LIMITS.get(column, 400):
        row.blame(column, Reason.TOO_LONG, LIMITS.get(column, 400))
    elif column != Column.STAFF_NO:
        row.values[column] = text


def _read_date(row: SheetRow, column: Column, text: str) -> None:
    day = date_in(text)
    if day is None:
        row.blame(column, Reason.BAD_DATE, text)
    else:
        row.values[column] = day


def _read_personal(row: SheetRow, column: Column, text: str) -> None:
    try:
        row.values[column] = normalise(PERSONAL[column], text)
    except ValidationError:
        reasons = {Column.MAIL: Reason.BAD_MAIL, Column.PHONE: Reason.BAD_PHONE}
        row.blame(column, reasons.get(column, Reason.TOO_LONG), "" if column in reasons else 300)


def _read_head(row: SheetRow, column: Column, text: str) -> None:
    if text.lower() in YES:
        row.roles += (Role.DEPARTMENT_HEAD,)
    elif text.lower() not in NO:
        row.blame(column, Reason.BAD_YES_NO, text)


def _read_roles(row: SheetRow, column: Column, text: str) -> None:
    for name in filter(None, (part.strip() for part in _LIST_SEPARATOR.split(text))):
        role = ROLE_NAMES.get(name.lower())
        if role is None:
            row.blame(column, Reason.UNKNOWN_ROLE, name)
        elif role not in row.roles:
            row.roles += (role,)


def _read_language(row: SheetRow, column: Column, text: str) -> None:
    language = LANGUAGES.get(text.lower())
    if language is None:
        row.blame(column, Reason.UNKNOWN_LANGUAGE, text)
    else:
        row.values[column] = language


def needs_department(role: Role) -> bool:
    return role in ROLES_OF_A_DEPARTMENT


def _heading_key(text: str) -> str:
    return _NOISE.sub("", text).lower()


_BY_HEADING = {_heading_key(heading): column for column, headings in HEADINGS.items() for heading in headings}
_READERS: dict[Column, Callable[[SheetRow, Column, str], None]] = {
    Column.JOINED_ON: _read_date,
    Column.LEFT_ON: _read_date,
    Column.MAIL: _read_personal,
    Column.PHONE: _read_personal,
    Column.ADDRESS: _read_personal,
    Column.HEAD: _read_head,
    Column.ROLES: _read_roles,
    Column.LANGUAGE: _read_language,
}
