"""The board's pages: who sees them, what they say, what they cost."""

from datetime import timedelta
from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from postroad.approvals.actions import create_missing_flows
from postroad.board.models import Figure
from postroad.board.periods import midnight, today
from postroad.board.standard import controls
from postroad.board.tests.factories import EVIDENCE, always, approve_all, found, measuring, propose
from postroad.org.tests.cast import sign_in
from postroad.web.registry import card

pytestmark = pytest.mark.django_db

MAIL = "external.sla-mail"


@pytest.fixture
def head(company, client) -> Client:
    company.administration_head.language = "en"
    company.administration_head.save(update_fields=["language"])
    return sign_in(client, company.administration_head)


@pytest.fixture(autouse=True)
def _measures(monkeypatch):
    measuring(
        monkeypatch,
        {
            MAIL: always(found(96.04, exceptions=3)),
            "external.response-24h": always(found(100.0, rests_on=frozenset({"attested", "api"}))),
            "internal.im-owner": always(found(None, sample_size=0)),
        },
    )


def soup_of(response, status=200) -> BeautifulSoup:
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def row_of(soup: BeautifulSoup, key: str) -> str:
    link = soup.select_one(f'a[href^="{reverse("board:control", args=[key])}"]')
    return " ".join(link.find_parent("tr").text.split())


def figures(key: str, values: list[float | None]) -> None:
    for back, value in enumerate(reversed(values)):
        day = today() - timedelta(days=back)
        Figure.objects.create(control=key, day=day, value=value, sample_size=9, exceptions=0, measured_at=midnight(day))


def test_every_control_is_there_with_its_verdict_in_words(head):
    soup = soup_of(head.get(reverse("board:list")))
    assert len(soup.select("tr[data-row]")) == len(controls())
    assert "96 %" in row_of(soup, MAIL)
    assert "Falls short" in row_of(soup, MAIL)
    assert "Met" in row_of(soup, "external.response-24h")
    assert "Nothing to measure" in row_of(soup, "internal.im-owner")
    assert "Not yet measured" in row_of(soup, "risk.nda")


def test_a_figure_leads_to_its_evidence(head):
    soup = soup_of(head.get(reverse("board:list")))
    links = soup.select(f'a[href="{EVIDENCE}"]')
    assert ["Evidence", "3", "exceptions"] in [link.text.split() for link in links]
    assert len(links) == 3  # the measured ones


def test_a_figure_that_rests_on_what_nobody_can_verify_says_so(head):
    assert "unverified" in row_of(soup_of(head.get(reverse("board:list"))), "external.response-24h")
    detail = soup_of(head.get(reverse("board:control", args=["external.response-24h"])))
    assert "Attested by the owner" in detail.select_one(".board-unverified-note").text
    assert "unverified" not in row_of(soup_of(head.get(reverse("board:list"))), MAIL)


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({"section": "plan"}, {"plan.needs-meeting", "plan.needs-survey", "plan.objectives", "plan.priority"}),
        ({"verdict": "short"}, {MAIL}),
        ({"verdict": "short", "section": "plan"}, set()),
        ({"verdict": "no-such", "section": "../"}, set(controls())),
    ],
)
def test_the_list_is_filtered_by_section_and_state(head, query, keys):
    soup = soup_of(head.get(reverse("board:results"), query))
    assert {row.select_one(".board-key").text for row in soup.select("tr[data-row]")} == keys
    assert bool(soup.select(".empty")) == (not keys)


def test_the_period_is_handed_to_the_measures(head, monkeypatch):
    asked = []
    measuring(monkeypatch, {MAIL: lambda period: asked.append(period) or found(100.0)})
    head.get(reverse("board:list"), {"span": "custom", "since": "2025-01-30", "until": "2025-02-02"})
    [period] = asked
    assert (period.start.isoformat(), period.end.isoformat()) == (
        "2025-01-30T00:00:00+08:00",
        "2025-02-03T00:00:00+08:00",
    )


@pytest.mark.parametrize(
    "days", [{}, {"since": "2025-02-02", "until": "2025-02-01"}, {"since": "1900-01-01", "until": "2025-02-01"}]
)
def test_an_impossible_period_is_said_and_this_month_shown(head, days):
    soup = soup_of(head.get(reverse("board:list"), {"span": "custom", **days}))
    assert soup.select_one(".alert-warning").text.strip()
    assert len(soup.select("tr[data-row]")) == len(controls())


def test_the_list_costs_the_same_however_many_days_are_recorded(head, django_assert_num_queries):
    head.get(reverse("board:list"))
    for values in ([90.0] * 3, [90.0] * 30):
        Figure.objects.all().delete()
        figures(MAIL, values)
        with django_assert_num_queries(5):  # session, account, roles, targets, trends; these measures ask nothing
            head.get(reverse("board:list"))


def test_a_sparkline_tells_its_trend_in_words_too(head):
    figures(MAIL, [90.0, None, 99.96])
    soup = soup_of(head.get(reverse("board:list")))
    [line] = soup.select("svg.sparkline")
    assert line["aria-label"] == "Trend: 90 % → 99.9 % over 3 days"
    assert len(line.select_one("polyline")["points"].split()) == 2


def test_the_page_of_a_control_shows_every_figure_of_its_chart_in_a_table(head):
    figures(MAIL, [90.0, None, 99.5])
    soup = soup_of(head.get(reverse("board:control", args=[MAIL])))
    values = [cell["data-value"] for cell in soup.select("figure[data-chart] tbody td[data-value]")]
    assert values == ["90.0", "", "99.5"]
    assert soup.select_one("figure[data-chart]")["data-target"] == "100"
    assert "within 24 h" in soup.select_one("main").text


def test_an_unmeasured_control_says_so_instead_of_showing_an_empty_chart(head):
    soup = soup_of(head.get(reverse("board:control", args=["risk.nda"])))
    assert not soup.select("figure[data-chart]")
    assert "Not yet measured" in soup.select_one("main").text


def test_an_unknown_control_is_not_found(head):
    assert head.get(reverse("board:control", args=["risk.nothing"])).status_code == 404
    assert head.get(reverse("board:propose", args=["risk.nothing"])).status_code == 404


def test_the_history_of_a_target_names_who_asked_and_why(head, company):
    approve_all(propose(company, value="95"), company)
    text = " ".join(soup_of(head.get(reverse("board:control", args=[MAIL]))).select_one("main").text.split())
    assert "≥ 95 % from" in text
    assert "Winter holidays" in text
    assert "asked for by Xu" in text
    assert "Met" in text


def test_a_target_is_asked_for_and_leads_to_its_request(head, company):
    create_missing_flows()
    page = soup_of(head.get(reverse("board:propose", args=[MAIL])))
    assert company.supervising_leader.name_en in page.select_one("#steps-title").find_parent("section").text
    response = head.post(reverse("board:propose", args=[MAIL]), {"value": "90", "reason": "Peak season"})
    assert response.status_code == 302
    assert "Peak season" in head.get(response["Location"]).content.decode()
    control = soup_of(head.get(reverse("board:control", args=[MAIL])))
    assert control.select_one(".alert-info a")["href"] == response["Location"]


@pytest.mark.parametrize(("value", "reason"), [("101", "x"), ("100", "x"), ("-1", "x"), ("many", "x"), ("95", "")])
def test_what_cannot_be_a_target_is_said_at_its_field_and_kept(head, value, reason):
    create_missing_flows()
    soup = soup_of(head.post(reverse("board:propose", args=[MAIL]), {"value": value, "reason": reason}), 422)
    field = "reason" if not reason else "value"
    assert "is-invalid" in soup.select_one(f"#id_{field}")["class"]
    assert soup.select_one("#id_value")["value"] == value


def test_a_second_request_for_the_same_target_is_refused_on_the_page(head, company):
    propose(company)
    soup = soup_of(head.post(reverse("board:propose", args=[MAIL]), {"value": "80", "reason": "again"}), 422)
    assert "waiting for its decision" in soup.select_one("[role=alert]").text


def test_the_report_counts_every_control_once_and_can_be_signed(head):
    soup = soup_of(head.get(reverse("board:report"), {"month": "2025-02"}))
    assert sum(int(one.text) for one in soup.select(".board-count-number")) == len(controls())
    assert "First reply to mail" in soup.select(".board-report-table")[0].text
    assert len(soup.select(".board-signatures > div")) == 3
    assert soup.select_one("input[type=month]")["value"] == "2025-02"


@pytest.mark.parametrize("month", ["", "2025-13", "0000-01", "soon"])
def test_a_report_of_no_possible_month_is_that_of_the_last_complete_one(head, month):
    soup = soup_of(head.get(reverse("board:report"), {"month": month}))
    last = today().replace(day=1) - timedelta(days=1)
    assert soup.select_one("input[type=month]")["value"] == f"{last:%Y-%m}"
    assert not soup.select(".alert-warning")


def test_the_export_holds_what_the_list_shows(head):
    response = head.get(reverse("board:export"), {"verdict": "short"})
    rows = list(load_workbook(BytesIO(response.content)).active.values)
    assert [row[0] for row in rows[1:]] == [MAIL]
    assert rows[1][5:10] == ("100 %", "96 %", "Falls short", 40, 3)


def test_only_who_answers_for_the_standard_sees_the_board_and_only_administration_asks_for_targets(company, client):
    for person, seen, asked in (
        (company.administration_clerk, 200, 200),
        (company.executive, 200, 403),
        (company.department_head, 200, 403),
        (company.agent, 403, 403),
        (company.stranger, 403, 403),
    ):
        create_missing_flows()
        sign_in(client, person)
        for name in ("board:list", "board:results", "board:report", "board:export"):
            assert client.get(reverse(name)).status_code == seen, (person, name)
        assert client.get(reverse("board:control", args=[MAIL])).status_code == seen
        assert client.get(reverse("board:propose", args=[MAIL])).status_code == asked
        assert client.post(reverse("board:propose", args=[MAIL]), {"value": "1", "reason": ""}).status_code in {
            asked,
            422,
        }


def test_my_work_shows_the_shortfall_to_whom_it_concerns_only(company, client):
    figures(MAIL, [90.0])
    Figure.objects.update(met=False)
    sign_in(client, company.executive)
    shown = soup_of(client.get(reverse("web:work_card", args=["board-short"])))
    assert "邮件首次回复" in shown.text
    assert "90 %" in shown.text
    sign_in(client, company.agent)
    assert soup_of(client.get(reverse("web:work_card", args=["board-short"]))).select_one("section").has_attr("hidden")
    assert card("board-short").order > 0


def test_controls_are_found_by_either_name_or_key(head):
    for question in ("邮件首次", "first reply to mail", "sla-mail"):
        soup = soup_of(head.get(reverse("web:search_results"), {"q": question}))
        assert reverse("board:control", args=[MAIL]) in [hit["href"] for hit in soup.select(".search-hit")]
