from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from postroad.ledger.models import Entry
from postroad.org import actions, queries
from postroad.org.models import Account, ImportProblem, PeopleImport, Person, Post, today
from postroad.org.permissions import roles_of
from postroad.org.personal import PersonalField, digest
from postroad.org.roles import Role
from postroad.org.sheet import HEADINGS as ALL_HEADINGS
from postroad.org.sheet import REASONS, Column, Reason, columns_of, date_in
from postroad.org.tests.factories import HEADINGS, apply, person_row, problems, upload, upload_bytes
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict
from postroad.platform.spreadsheets import write_csv, write_xlsx

State = PeopleImport.State
DAY = date(2026, 5, 3)


def test_a_checked_file_says_what_it_would_do_and_changes_nothing(company):
    before = Person.objects.count()
    people_import = upload(
        company.hr,
        [
            person_row("N1"),
            person_row("A015", "林晓", 部门="SALES", 入职日期=""),
            person_row("A006", "赵强", 职务="经理", 入职日期=""),
        ],
    )
    assert people_import.state == State.READY
    assert (people_import.rows_new, people_import.rows_unchanged, people_import.rows_changed) == (1, 1, 1)
    assert people_import.sample[1] == {"row": 4, "staff_no": "A006", "new": False, "fields": ["title"]}
    assert Person.objects.count() == before


def test_an_applied_file_makes_people_with_accounts_that_wait_for_a_password(company):
    people_import = apply(upload(company.hr, [person_row("N1", "张三", 手机="138 1234 5678", 邮箱="ZS@Company.Test")]))
    person = Person.objects.get(staff_no="N1")
    assert people_import.state == State.APPLIED
    assert people_import.content_sealed is None
    assert (person.name, person.department, person.joined_on) == ("张三", company.sales, date(2026, 1, 5))
    assert person.account.username == "N1"
    assert not person.account.has_usable_password()
    reader = company.hr
    shown = actions.reveal_personal(subject=person, field=PersonalField.PHONE, reader=reader, reason="check")
    assert shown == "13812345678"
    assert bytes(person.mail_digest) == digest(PersonalField.MAIL, "zs@company.test")
    assert person.account in queries.accounts_without_password()


def test_applying_twice_changes_nothing_more(company):
    people_import = apply(upload(company.hr, [person_row("N1")]))
    entries = Entry.objects.count()
    actions.apply_import(import_id=people_import.pk)
    assert Entry.objects.count() == entries
    with pytest.raises(Conflict):
        actions.request_apply(people_import=people_import, actor=company.hr.as_actor())


def test_the_same_file_again_finds_everything_unchanged(company):
    rows = [person_row("N1", 手机="13812345678", 邮箱="n1@company.test"), person_row("N2", 部门="总部/客服部")]
    apply(upload(company.hr, rows))
    again = upload(company.hr, rows)
    assert (again.rows_unchanged, again.rows_changed, again.rows_new) == (2, 0, 0)


def test_changes_reach_people_and_leave_empty_cells_alone(company):
    apply(upload(company.hr, [person_row("N1", 职务="专员", 手机="13812345678")]))
    apply(upload(company.hr, [person_row("n1", "张三丰", 部门="客服部", 入职日期="")]))
    person = Person.objects.get(staff_no="N1")
    assert (person.name, person.title, person.department) == ("张三丰", "专员", company.service)
    assert bytes(person.phone_digest) == digest(PersonalField.PHONE, "+8613812345678")


def test_every_faulty_row_is_told_with_column_and_reason(company):
    people_import = upload(
        company.hr,
        [
            person_row("N1"),
            person_row("n1"),
            person_row("", "无号"),
            person_row("N4", ""),
            person_row("N5", 部门="月球部"),
            person_row("N6", 入职日期="2026-02-30"),
            person_row("N7", 离职日期="2025-01-01"),
            person_row("N8", 手机="12"),
            person_row("N9", 邮箱="nobody"),
            person_row("N10", 角色="国王"),
            person_row("N11", 入职日期=""),
            person_row("N12", 邮箱="agent@company.test"),
            person_row("N13", 角色="administrator"),
            person_row("A012", "钱雪", 角色="executive"),
            person_row("N15", 部门负责人="maybe"),
            person_row("N16", 部门负责人="是"),
            person_row("N17", 部门负责人="是"),
        ],
    )
    assert people_import.state == State.FAULTY
    assert problems(people_import) == [
        (3, "staff_no", Reason.TWICE_IN_FILE),
        (4, "staff_no", Reason.MISSING),
        (5, "name", Reason.MISSING),
        (6, "department", Reason.UNKNOWN_DEPARTMENT),
        (7, "joined_on", Reason.BAD_DATE),
        (8, "left_on", Reason.LEAVES_BEFORE_JOINING),
        (9, "phone", Reason.BAD_PHONE),
        (10, "mail", Reason.BAD_MAIL),
        (11, "roles", Reason.UNKNOWN_ROLE),
        (12, "joined_on", Reason.MISSING),
        (13, "mail", Reason.MAIL_TAKEN),
        (14, "roles", Reason.ROLE_NOT_YOURS_TO_GIVE),
        (15, "roles", Reason.ROLE_NOT_YOURS_TO_GIVE),
        (16, "head", Reason.BAD_YES_NO),
        (18, "roles", Reason.TWO_HEADS),
    ]
    assert people_import.rows_faulty == 15
    with pytest.raises(Conflict):
        actions.request_apply(people_import=people_import, actor=company.hr.as_actor())
    assert not Person.objects.filter(staff_no__startswith="N").exists()


def test_what_stopped_being_true_between_look_and_apply_imports_nothing(company):
    people_import = upload(company.hr, [person_row("N1"), person_row("N2", 部门="IT")])
    actions.update_department(department=company.it_department, code="ICT", name="资讯部", actor=Actor.system("test"))
    apply(people_import)
    assert people_import.state == State.FAULTY
    assert problems(people_import) == [(3, "department", Reason.UNKNOWN_DEPARTMENT)]
    assert not Person.objects.filter(staff_no__in=["N1", "N2"]).exists()


def test_who_may_no_longer_import_does_not_import_by_a_waiting_job(company):
    people_import = upload(company.hr, [person_row("N1")])
    actions.request_apply(people_import=people_import, actor=company.hr.as_actor())
    Post.objects.filter(person=company.hr).update(ends_on=today() - timedelta(days=1))
    actions.apply_import(import_id=people_import.pk)
    people_import.refresh_from_db()
    assert people_import.state == State.FAULTY
    assert not Person.objects.filter(staff_no="N1").exists()


def test_leavers_in_the_file_lose_account_and_posts(company):
    apply(upload(company.hr, [person_row("A007", "孙丽", 部门="", 入职日期="", 离职日期="2026-01-31")]))
    company.agent.refresh_from_db()
    assert company.agent.left_on == date(2026, 1, 31)
    assert roles_of(company.agent) == frozenset()
    assert Account.objects.get(person=company.agent).is_active is False
    assert Post.objects.get(person=company.agent).ends_on == date(2026, 1, 31)


def test_a_new_head_takes_over_from_the_one_before(company):
    apply(upload(company.hr, [person_row("N1", "新主管", 部门负责人="是")]))
    assert queries.head_of(company.sales).staff_no == "N1"
    assert queries.head_of(company.sales, today() - timedelta(days=1)) == company.department_head


def test_roles_in_the_file_are_given_once(company):
    for _time in range(2):
        apply(upload(company.hr, [person_row("A015", "林晓", 角色="客服专员；部门负责人", 部门="SERVICE")]))
    assert roles_of(company.stranger) == {Role.STAFF, Role.AGENT, Role.DEPARTMENT_HEAD}
    assert Post.objects.filter(person=company.stranger).count() == 2


def test_two_people_may_swap_their_mail_addresses_in_one_file(company):
    apply(
        upload(
            company.hr,
            [
                person_row("A007", "孙丽", 部门="", 邮箱="agent2@company.test"),
                person_row("A008", "周杰", 部门="", 邮箱="agent@company.test"),
            ],
        )
    )
    company.agent.refresh_from_db()
    assert bytes(company.agent.mail_digest) == digest(PersonalField.MAIL, "agent2@company.test")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_files_of_every_encoding_are_taken(company, encoding):
    content = write_csv(HEADINGS, [person_row("N1", "欧阳")]).decode("utf-8-sig").encode(encoding)
    assert upload_bytes(company.hr, content).rows_new == 1


def test_a_workbook_with_a_title_above_its_headings_is_taken(company):
    content = write_xlsx(["2026 年花名册"], [HEADINGS, person_row("N1"), person_row("N2")])
    assert upload_bytes(company.hr, content, "people.xlsx").rows_new == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xd0\xcf\x11\xe0old", Reason.UNREADABLE),
        (b"a,b\n1,2\n", Reason.NO_HEADINGS),
        ("工号,姓名\n".encode(), Reason.NO_ROWS),
        ("工号,姓名,Name\n1,2,3\n".encode(), Reason.HEADING_TWICE),
        (b"", Reason.NO_HEADINGS),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_says_why(company, content, reason):
    people_import = upload_bytes(company.hr, content)
    assert people_import.state == State.FAULTY
    assert [found for _row, _column, found in problems(people_import)] == [reason]


def test_a_file_with_too_many_rows_is_refused(company, monkeypatch):
    monkeypatch.setattr("postroad.org.actions.imports.ROW_LIMIT", 2)
    people_import = upload(company.hr, [person_row(f"N{number}") for number in range(3)])
    assert problems(people_import)[-1][2] == Reason.TOO_MANY_ROWS


def test_discarding_drops_the_file(company):
    people_import = upload(company.hr, [person_row("N1")])
    actions.discard_import(people_import=people_import, actor=company.hr.as_actor())
    people_import.refresh_from_db()
    assert (people_import.state, people_import.content_sealed) == (State.DISCARDED, None)


def test_imports_that_nobody_applied_are_dropped_after_a_week(company, time_machine_at):
    people_import = upload(company.hr, [person_row("N1")])
    assert actions.discard_old_imports(actor=Actor.system("test")) == 0
    with time_machine_at(days=8):
        assert actions.discard_old_imports(actor=Actor.system("test")) == 1
    people_import.refresh_from_db()
    assert people_import.state == State.DISCARDED


def test_importing_costs_the_same_number_of_statements_for_three_people_as_for_sixty(company):
    def statements(prefix: str, count: int) -> int:
        rows = [person_row(f"{prefix}{number}", 手机=f"1380000{number:04}") for number in range(count)]
        people_import = upload(company.hr, rows)
        actions.request_apply(people_import=people_import, actor=company.hr.as_actor())
        with CaptureQueriesContext(
            connection,
        ) as captured:
            actions.apply_import(import_id=people_import.pk)
        return len(captured)

    assert statements("X", 3) == statements("Y", 60)


def test_no_personal_value_is_kept_in_the_clear_outside_the_sealed_fields(company):
    people_import = apply(upload(company.hr, [person_row("N1", 手机="13812345678", 邮箱="zhangsan@company.test")]))
    faulty = upload(company.hr, [person_row("N2", 手机="138123"), person_row("N3", 邮箱="li si@")])
    kept = [
        *map(str, Entry.objects.values_list("data", flat=True)),
        str(people_import.sample),
        str(list(ImportProblem.objects.filter(people_import=faulty).values())),
    ]
    assert not [
        text for text in kept if "1381234" in text or "zhangsan@" in text or "138123" in text or "li si" in text
    ]


@pytest.mark.parametrize(
    "text", ["2026-05-03", "2026/5/3", "2026.5.3", "2026年5月3日", "20260503", "2026-05-03 00:00:00", "46145"]
)
def test_dates_are_read_in_the_ways_people_write_them(text):
    assert date_in(text) == DAY


@pytest.mark.parametrize("text", ["2026-13-01", "3.5.2026", "soon", "0026-05-03", "2026-02-29", "1", ""])
def test_what_is_no_date_is_none(text):
    assert date_in(text) is None


def test_headings_are_recognised_whatever_their_case_spacing_and_marks():
    assert columns_of(["工 号*", "姓名（必填）", "E-MAIL", "备注", "hire  date："]) == {
        0: Column.STAFF_NO,
        1: Column.NAME,
        2: Column.MAIL,
        4: Column.JOINED_ON,
    }


def test_every_column_has_a_heading_in_both_languages_and_no_heading_means_two_columns():
    every = [heading for headings in ALL_HEADINGS.values() for heading in headings]
    assert len(every) == len(set(every))
    for headings in ALL_HEADINGS.values():
        assert {heading.isascii() for heading in headings} == {True, False}


def test_every_reason_has_its_sentence():
    assert set(REASONS) == set(Reason)
    assert all(str(REASONS[reason]) % {"shown": "x"} for reason in Reason)
