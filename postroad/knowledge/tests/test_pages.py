"""The pages of the knowledge base, inside and outside."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from postroad.knowledge import actions
from postroad.knowledge.models import Article, ArticleState, Use
from postroad.knowledge.tests.factories import make_article
from postroad.org.models import today
from postroad.org.tests.cast import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client, company):
    return sign_in(client, company.desk_lead)


def given(company, **more):
    return {
        "title": "退货流程",
        "text": "# 一\n\n保留包装",
        "language": "zh-hans",
        "topic": "售后",
        "owner": company.desk_lead.pk,
        "review_on": (today() + timedelta(days=90)).isoformat(),
    } | more


def test_an_article_is_written_changed_and_published(lead, company):
    lead.post(reverse("knowledge:article_new"), given(company))
    article = Article.objects.get()
    assert (article.state, article.owner) == ("draft", company.desk_lead)
    edit = reverse("knowledge:article_edit", args=[article.pk])
    assert lead.get(edit).status_code == 200
    lead.post(edit, given(company, text="新", version=1, public="on"))
    lead.post(reverse("knowledge:publish", args=[article.pk]))
    article.refresh_from_db()
    assert (article.state, article.version, article.public, article.text) == ("published", 2, True, "新")
    page = lead.get(article.get_absolute_url()).content.decode()
    assert "/help/" in page
    assert lead.get(reverse("knowledge:article_version", args=[article.pk, 1])).status_code == 200


def test_somebody_elses_change_meanwhile_is_told_and_nothing_is_lost(lead, company):
    article = make_article(company.desk_lead)
    actions.change(article=article, version=1, text="二", person=company.desk_lead)
    answer = lead.post(reverse("knowledge:article_edit", args=[article.pk]), given(company, text="三", version=1))
    assert answer.status_code == 422
    assert "三" in answer.content.decode()
    article.refresh_from_db()
    assert article.text == "二"


def test_an_agent_writes_drafts_but_what_is_published_changes_by_who_may_publish(client, company):
    agent = sign_in(client, company.agent)
    draft = make_article(company.agent, publish=False)
    shown = make_article(company.desk_lead)
    assert agent.get(reverse("knowledge:article_edit", args=[draft.pk])).status_code == 200
    assert agent.get(reverse("knowledge:article_edit", args=[shown.pk])).status_code == 403
    assert agent.post(reverse("knowledge:publish", args=[draft.pk])).status_code == 403


def test_the_owner_says_that_it_is_still_right(client, company):
    article = make_article(company.desk_lead, owner=company.agent, review_on=today() + timedelta(days=2))
    sign_in(client, company.agent).post(reverse("knowledge:review", args=[article.pk]))
    article.refresh_from_db()
    assert article.review_on > today() + timedelta(days=100)


def test_the_list_costs_the_same_however_long_it_is(lead, company, django_assert_max_num_queries):
    for number in range(8):
        make_article(company.desk_lead, f"文章{number}")
    with django_assert_max_num_queries(12):
        page = lead.get(reverse("knowledge:articles"))
    assert len(page.context["rows"]) == 8
    found = lead.get(reverse("knowledge:article_results"), {"q": "文章 3", "state": "published", "readers": "internal"})
    assert [row["article"].title for row in found.context["rows"]] == ["文章3"]


def test_the_preview_shows_what_readers_will_see_and_runs_nothing(lead):
    shown = lead.post(reverse("knowledge:preview"), {"text": "**a** <script>x</script>"}).content.decode()
    assert "<strong>a</strong>" in shown
    assert "<script>" not in shown


def test_customers_read_published_public_articles_and_no_others(company):
    shown = make_article(company.desk_lead, public=True)
    inside = make_article(company.desk_lead, "内部说明")
    draft = make_article(company.desk_lead, "草稿", public=True, publish=False)
    outside = Client(HTTP_ACCEPT_LANGUAGE="zh-CN")
    page = outside.get("/help/").content.decode()
    assert shown.title in page
    assert "内部说明" not in page
    assert "草稿" not in page
    assert outside.get(shown.help_path).status_code == 200
    for hidden in (inside, draft):
        answer = outside.get(hidden.help_path)
        assert answer.status_code == 404
        assert hidden.title not in answer.content.decode()


def test_the_help_pages_know_no_session_and_nothing_of_the_shell(company, client):
    article = make_article(company.desk_lead, public=True)
    staff = sign_in(client, company.desk_lead)
    for path in ("/help/", article.help_path, "/help/?q=发票", "/help/00000000-0000-0000-0000-000000000000/"):
        answer = staff.get(path)
        page = answer.content.decode()
        assert not answer.cookies
        assert "csrfmiddlewaretoken" not in page
        assert company.desk_lead.name not in page
        assert "<script" not in page


def test_help_is_searched_in_the_readers_language(company):
    make_article(company.desk_lead, public=True)
    make_article(company.desk_lead, "How to get an invoice", text="Ask us", language="en", public=True)
    outside = Client()
    found = outside.get("/help/", {"q": "invoice", "lang": "en"}).content.decode()
    assert "How to get an invoice" in found
    assert "如何开具" not in found
    assert "如何开具" in outside.get("/help/", {"q": "我的增值税发票怎么开具呢", "lang": "zh-hans"}).content.decode()
    assert outside.get("/help/", {"q": "whale", "lang": "en"}).status_code == 200


def test_a_reader_says_whether_it_helped_and_nothing_is_kept_of_them(company):
    article = make_article(company.desk_lead, public=True)
    outside = Client()
    answer = outside.post(reverse("help:verdict", args=[article.pk]) + "?lang=en", {"helped": "no"})
    assert answer.status_code == 302
    assert "Thank you" in outside.get(answer.url).content.decode()
    use = Use.objects.get()
    assert (use.how, use.verdict, use.person, use.subject_id) == ("read", "did-not", None, "")


def test_one_address_cannot_vote_without_end(company):
    article = make_article(company.desk_lead, public=True)
    outside = Client()
    for _ in range(25):
        outside.post(reverse("help:verdict", args=[article.pk]), {"helped": "yes"})
    assert Use.objects.count() == 20


def test_what_was_retired_is_gone_from_the_help_pages(company):
    article = make_article(company.desk_lead, public=True)
    actions.move(article=article, state=ArticleState.RETIRED, person=company.desk_lead)
    assert Client().get(article.help_path).status_code == 404
