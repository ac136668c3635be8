"""Form 2 as a spreadsheet: the standard's headings, out and in again without loss, and every faulty row told."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.utils import translation
from hypothesis import assume, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from postroad.access import actions, queries
from postroad.access.actions.checking import problem_of_content, tidied
from postroad.access.form2 import (
    Column,
    Content,
    Form2Row,
    columns_of,
    content_from,
    content_text,
    headings,
    permission_from,
    permission_text,
    row_of,
)
from postroad.access.grantees import Grantee
from postroad.access.lines import Line, LineAction
from postroad.access.models import Grant, PermissionType
from postroad.access.tests.factories import apply_for, granted, line, sign, to
from postroad.channels.models import Channel
from postroad.org.models import Person, today
from postroad.org.roles import Role
from postroad.platform.spreadsheets import read_rows, write_csv, write_xlsx

LANGUAGES = st.sampled_from(["zh-hans", "en"])
days = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))
contents = st.text(min_size=1, max_size=60).map(tidied).filter(lambda text: not problem_of_content(text))
lines = st.builds(
    Line,
    action=st.sampled_from(LineAction),
    channel_id=st.uuids(),
    permission=st.sampled_from(PermissionType.values),
    grantee=st.uuids().map(lambda one: Grantee(person_id=one)),
    content=contents,
    starts_on=st.none() | days,
    ends_on=st.none() | days,
    grant_id=st.none() | st.uuids(),
)


@given(lines)
def test_a_line_reads_back_from_an_applications_payload(one):
    assert Line.from_data(one.as_data()) == one


@given(text=contents, first=st.none() | days, last=st.none() | days, language=LANGUAGES, reader=LANGUAGES)
def test_a_content_with_its_days_reads_back_in_either_language(text, first, last, language, reader):
    content = Content(text, first, last)
    with translation.override(language):
        cell = content_text(content)
    with translation.override(reader):
        assert content_from(cell) == content


@given(text=contents, last=days)
def test_a_content_that_ends_like_a_period_is_refused(text, last):
    with translation.override("en"):
        assert problem_of_content(content_text(Content(text, None, last))[:500])


@given(
    st.lists(st.builds(Form2Row, **{column.value: contents | st.just("") for column in Column}), max_size=8),
    LANGUAGES,
    st.booleans(),
)
def test_rows_survive_the_spreadsheet_whatever_they_hold(rows, language, as_csv):
    with translation.override(language):
        cells = [[getattr(row, column.value) for column in Column] for row in rows]
        content = (write_csv if as_csv else write_xlsx)(headings(), cells)
    read = list(read_rows(BytesIO(content)))
    columns = columns_of(read[0].cells)
    assert [row_of(row.cells, columns) for row in read[1:]] == [row for row in rows if any(vars_of(row))]


def vars_of(row):
    return [getattr(row, column.value) for column in Column]


def test_the_headings_are_those_of_the_standard():
    with translation.override("zh-hans"):
        assert headings() == ["渠道名称", "权限类型", "授予对象", "权限内容", "配置人", "审批人", "配置日期"]
    assert len(headings()) == 7


@pytest.mark.parametrize("kind", PermissionType.values)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_permission_types_read_back(kind, language):
    with translation.override(language):
        text = permission_text(kind)
    assert permission_from(f" {text.upper()} ") == kind
    assert permission_from("随便") is None


def exported(**filters):
    rows = list(queries.form2_rows(Grant.objects.filter(ended_at__isnull=True, **filters)))
    return BytesIO(write_xlsx(headings(), rows)), rows


def sheet_of(*rows):
    return BytesIO(write_xlsx(headings(), rows))


@pytest.fixture
def filled(company, channel):
    """Grants of every kind: by name, department, post; temporary and upcoming."""
    twin = Channel.objects.get(pk=channel.pk)
    Channel.objects.filter(pk=twin.pk).update(name="=1+1 邮箱", name_en="")
    others = [
        line(channel, company.stranger),
        line(channel, company.service, permission="view", content="看全部"),
        line(channel, Role.AGENT, permission="manage", content="+86 热线"),
        line(
            channel,
            Grantee(role=Role.DEPARTMENT_HEAD, department_id=company.sales.pk),
            ends_on=today() + timedelta(days=30),
        ),
        line(channel, company.agent, starts_on=today() + timedelta(days=3), ends_on=today() + timedelta(days=9)),
        line(channel, company.hr, starts_on=today() + timedelta(days=3)),
        line(channel, Role.STAFF, permission="view"),
    ]
    sign(company, apply_for(company.owner, *others))
    return channel


@pytest.mark.django_db
class TestOutAndIn:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    @pytest.mark.parametrize("reader", ["zh-hans", "en"])
    def test_an_export_read_again_changes_nothing(self, filled, language, reader):
        with translation.override(language):
            file, rows = exported()
        with translation.override(reader):
            found = actions.read_form2(file, whole=True)
        assert not found.problems
        assert (found.lines, found.unchanged, len(rows)) == ([], 7, 7)

    def test_a_list_read_into_an_empty_one_makes_the_same_grants(self, filled, company):
        file, before = exported()
        kept = {(grant.permission, grant.grantee, grant.content, grant.ends_on) for grant in Grant.objects.all()}
        every = [queries.line_about(grant, LineAction.END) for grant in Grant.objects.all()]
        sign(company, apply_for(company.owner, *every))
        assert Grant.objects.filter(ended_at__isnull=True).count() == 0
        sign(company, apply_for(company.owner, *actions.read_form2(file, whole=True).lines))
        again = Grant.objects.filter(ended_at__isnull=True)
        assert {(grant.permission, grant.grantee, grant.content, grant.ends_on) for grant in again} == kept
        assert {tuple(row[:4]) for row in exported()[1]} == {tuple(row[:4]) for row in before}

    def test_no_cell_starts_a_formula(self, filled):
        sheet = load_workbook(exported()[0]).active
        cells = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
        assert any(cell.value.startswith("=1+1") for cell in cells)
        assert {cell.data_type for cell in cells} == {"s"}

    def test_two_channels_of_one_name_are_told_apart_by_their_keys(self, filled, company):
        from postroad.channels.tests.factories import live_channel

        other = live_channel(company)
        Channel.objects.filter(pk=other.pk).update(name="=1+1 邮箱", name_en="")
        granted(company, other, company.stranger)
        file, rows = exported()
        assert f"=1+1 邮箱 [{other.key}]" in {row[0] for row in rows}
        assert actions.read_form2(file, whole=True).lines == []

    def test_who_configured_who_approved_and_when_stand_in_the_list(self, company, channel):
        grant = granted(company, channel, company.stranger)
        actions.mark_configured([grant.pk], company.it)
        with translation.override("zh-hans"):
            [row] = queries.form2_rows(Grant.objects.all())
        assert row[1:] == ["发布", "林晓 (A015)", "发布通知", "郑伟", "王芳、陈建国", today()]

    def test_an_export_takes_the_same_queries_for_many_lines(self, company, channel, django_assert_num_queries):
        sign(
            company,
            apply_for(company.owner, *(line(channel, one) for one in (company.agent, company.agent2, company.hr))),
        )
        with django_assert_num_queries(5):
            assert len(list(queries.form2_rows(Grant.objects.all()))) == 3
        sign(
            company,
            apply_for(
                company.owner, *(line(channel, one, permission="view") for one in (company.agent, company.sales))
            ),
        )
        with django_assert_num_queries(5):
            assert len(list(queries.form2_rows(Grant.objects.all()))) == 5


@pytest.mark.django_db
class TestImporting:
    def test_lists_what_is_added_changed_and_ended(self, company, channel):
        kept = granted(company, channel, company.stranger)
        changed = granted(company, channel, company.agent)
        ended = granted(company, channel, company.hr)
        name = str(channel)
        found = actions.read_form2(
            sheet_of(
                [name, "发布", "林晓 (A015)", kept.content],
                [name, "Post", "孙丽", "只发布周报（至 2099-06-30）"],
                [name, "view", "客服部", "看"],
            ),
            whole=False,
        )
        assert not found.problems
        assert {(one.action, one.grant_id, one.content, one.ends_on) for one in found.lines} == {
            (LineAction.CHANGE, changed.pk, "只发布周报", date(2099, 6, 30)),
            (LineAction.ADD, None, "看", None),
            (LineAction.END, ended.pk, ended.content, None),
        }

    def test_leaves_channels_alone_that_the_file_does_not_name_unless_it_is_the_whole_list(self, company, channel):
        from postroad.channels.tests.factories import live_channel

        other = granted(company, live_channel(company), company.stranger)
        row = [str(channel), "post", "林晓", "发布"]
        assert len(actions.read_form2(sheet_of(row), whole=False).lines) == 1
        assert [one.grant_id for one in actions.read_form2(sheet_of(row), whole=True).lines] == [None, other.pk]

    def test_tells_every_fault_with_its_row_and_column_and_takes_nothing(self, company, channel):
        granted(company, channel, company.agent)
        name = str(channel)
        found = actions.read_form2(
            sheet_of(
                ["没有的渠道", "post", "林晓", "发布"],
                [name, "飞", "林晓", "发布"],
                [name, "post", "某人 (A999)", "发布"],
                [name, "post", "林晓 (A001)", "发布"],
                [name, "post", "郑伟", "发布（至 2030-02-31）"],
                [name, "post", "郑伟", "发布"],
                [name, "post", "郑伟", "又发布"],
            ),
            whole=False,
        )
        assert found.lines == []
        assert [(one.row, one.column) for one in found.problems] == [
            (2, "Channel"),
            (3, "Permission type"),
            (4, "Granted to"),
            (5, "Granted to"),
            (6, "Permission content"),
            (8, "Granted to"),
        ]

    def test_checks_what_an_application_would_refuse_row_by_row(self, company, channel):
        name = str(channel)
        found = actions.read_form2(
            sheet_of(
                [name, "post", "林晓", "发布"],
                [name, "post", "郑伟", ""],
                [name, "post", "孙丽", "发布（至 2001-01-01）"],
            ),
            whole=False,
        )
        assert [(one.row, one.column) for one in found.problems] == [
            (3, "Permission content"),
            (4, "Permission content"),
        ]

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"\xd0\xcf\x11\xe0 old", "old or a protected"),
            (b"PK\x03\x04 nonsense", "damaged"),
            (b"", "missing"),
            ("渠道名称,权限类型\n一,二\n".encode(), "Granted to"),
        ],
    )
    def test_says_why_a_file_cannot_be_read(self, company, channel, content, told):
        found = actions.read_form2(BytesIO(content), whole=False)
        assert told in found.problems[0].message
        assert found.lines == []

    def test_takes_headings_in_any_order_and_language(self, company, channel):
        file = BytesIO(
            write_csv(
                ["权限内容", "granted to", "x", "权限类型", "Channel"], [["发布", "林晓", "?", "发布", str(channel)]]
            )
        )
        assert [one.content for one in actions.read_form2(file, whole=False).lines] == ["发布"]

    def test_does_not_know_a_name_that_two_people_have(self, company, channel):
        Person.objects.filter(pk=company.hr.pk).update(name="林晓")
        row = [str(channel), "post", "林晓", "发布"]
        assert [one.column for one in actions.read_form2(sheet_of(row), whole=False).problems] == ["Granted to"]
        row[2] = "林晓 (a015)"
        assert [one.grantee for one in actions.read_form2(sheet_of(row), whole=False).lines] == [to(company.stranger)]


@given(st.text(max_size=30))
def test_any_text_can_be_tidied_twice_to_the_same(text):
    once = tidied(text)
    assume(once)
    assert tidied(once) == once
    assert "\n" not in once
