"""My work, the navigation, the search and the pages that say no."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from postroad.org.permissions import Permission
from postroad.org.tests.cast import sign_in
from postroad.web import registry, views
from postroad.web.registry import MenuEntry, SearchHit, SearchProvider, Section, WorkCard


@pytest.fixture
def shell_only(monkeypatch):
    """The registries with what the shell itself registers, so that other packages do not matter here."""
    own = registry._menu["web:my_work"]
    monkeypatch.setattr(registry, "_menu", {own.url_name: own})
    monkeypatch.setattr(registry, "_cards", {})
    monkeypatch.setattr(registry, "_searches", {})


@pytest.fixture
def desk_lead(company, client):
    return sign_in(client, company.desk_lead)


def page(client: Client, url: str) -> BeautifulSoup:
    response = client.get(url)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


CARD = WorkCard(
    key="one", title="Promises", template="web/_empty.html", context=lambda request: {"title": "Here"}, order=1
)


@pytest.mark.django_db
def test_who_is_not_signed_in_is_asked_to_sign_in(client):
    response = client.get(reverse("web:my_work"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.usefixtures("shell_only")
def test_my_work_shows_a_card_with_what_it_found_and_keeps_a_place_for_one_that_found_nothing(desk_lead):
    registry.register_card(replace(CARD, topics=("desk.cases",)))
    registry.register_card(replace(CARD, key="two", context=lambda request: None))
    soup = page(desk_lead, reverse("web:my_work"))
    shown, silent = soup.select_one("#work-one"), soup.select_one("#work-two")
    assert "Here" in shown.text
    assert "desk.cases" in shown["data-live"].split()
    assert silent.has_attr("hidden")
    assert silent.text.strip() == ""
    assert silent["hx-get"] == reverse("web:work_card", args=["two"])


@pytest.mark.usefixtures("shell_only")
def test_a_card_renews_itself_by_its_own_address_and_equals_its_place_on_the_page(desk_lead):
    registry.register_card(CARD)
    whole = page(desk_lead, reverse("web:my_work")).select_one("#work-one")
    alone = page(desk_lead, reverse("web:work_card", args=["one"])).select_one("#work-one")
    assert alone == whole


@pytest.mark.usefixtures("shell_only")
def test_an_unknown_card_is_not_found(desk_lead):
    assert desk_lead.get(reverse("web:work_card", args=["none"])).status_code == 404


@pytest.mark.usefixtures("shell_only")
def test_my_work_costs_no_query_beside_those_of_its_cards(desk_lead, django_assert_num_queries):
    desk_lead.get(reverse("web:my_work"))
    with django_assert_num_queries(2):  # the session, the account with its person
        desk_lead.get(reverse("web:my_work"))


@pytest.mark.usefixtures("shell_only")
def test_the_navigation_offers_only_what_the_person_may_open(company, client):
    entry = MenuEntry(
        section=Section.DESK,
        label="Search here",
        url_name="web:search",
        permission=Permission.PERSON_ERASE,
        icon="search",
        order=1,
    )
    registry.register_menu(entry)
    sign_in(client, company.stranger)
    assert "Search here" not in page(client, "/").select_one(".shell-nav").text
    registry._menu[entry.url_name] = replace(entry, permission=None)
    assert "Search here" in page(client, "/").select_one(".shell-nav").text


@pytest.mark.usefixtures("shell_only")
def test_the_entry_of_the_page_below_it_is_marked_as_current(desk_lead):
    registry.register_menu(
        MenuEntry(
            section=Section.DESK, label="Search here", url_name="web:search", permission=None, icon="search", order=1
        )
    )
    soup = page(desk_lead, reverse("web:search"))
    assert [link.text.strip() for link in soup.select(".shell-nav [aria-current]")] == ["Search here"]


@pytest.mark.usefixtures("shell_only")
def test_a_second_registration_of_the_same_key_stops_the_start():
    registry.register_card(CARD)
    with pytest.raises(ImproperlyConfigured, match="registered twice"):
        registry.register_card(CARD)


@pytest.mark.usefixtures("shell_only")
def test_the_search_asks_only_those_whom_the_person_may_ask_and_escapes_what_they_found(company, client):
    hit = SearchHit("<b>Sun</b>", "Service", "/found/")
    registry.register_search(
        SearchProvider(
            key="open", label="People", permission=None, search=lambda request, q: [hit] if q == "sun" else []
        )
    )
    registry.register_search(
        SearchProvider(
            key="closed", label="Secrets", permission=Permission.PERSON_ERASE, search=lambda request, q: [hit]
        )
    )
    sign_in(client, company.stranger)
    soup = page(client, reverse("web:search_results") + "?q=sun")
    assert [group["aria-label"] for group in soup.select(".search-group")] == ["People"]
    assert soup.select_one(".search-hit-title").text == "<b>Sun</b>"
    assert "sunny" in page(client, reverse("web:search") + "?q=sunny").select_one(".search-nothing").text


@pytest.mark.usefixtures("shell_only")
def test_a_question_is_cut_to_a_sane_length(desk_lead):
    asked = []
    registry.register_search(
        SearchProvider(key="all", label="All", permission=None, search=lambda request, q: asked.append(q) or [])
    )
    desk_lead.get(reverse("web:search"), {"q": " " + "x" * 10_000})
    assert [len(question) for question in asked] == [views.LONGEST_QUESTION]


def test_every_page_has_one_h1_landmarks_and_a_way_past_the_navigation(desk_lead):
    soup = page(desk_lead, "/")
    assert len(soup.select("h1")) == len(soup.select("main#main")) == len(soup.select("header")) == 1
    assert soup.select_one("a.skip-link")["href"] == "#main"
    assert soup.select_one("nav[aria-label]")


def test_pages_carry_no_script_or_style_of_their_own(desk_lead):
    soup = page(desk_lead, "/")
    assert all(script.has_attr("src") for script in soup.select("script"))
    assert not soup.select("style, [style], [onclick], [onload]")


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "没有找到"), ("en", "Not found")])
def test_an_unknown_address_is_explained_in_the_readers_language(db, client, language, title):
    response = client.get("/no/such/page/", headers={"Accept-Language": language})
    assert response.status_code == 404
    assert title in response.content.decode()


def test_a_fault_of_ours_has_a_page_that_needs_nothing():
    response = views.server_error(request=None)
    assert response.status_code == 500
    assert "500" in response.content.decode()


def test_a_page_open_for_too_long_is_told_so_and_loses_nothing(company):
    client = sign_in(Client(enforce_csrf_checks=True), company.stranger)
    response = client.post(reverse("account_logout"), headers={"Accept-Language": "en"})
    assert response.status_code == 403
    assert "data-error-page" in response.content.decode()
