"""Articles: written, versioned, published, found, suggested, judged and reviewed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from postroad.clock.models import Deadline
from postroad.knowledge import actions, queries
from postroad.knowledge.models import Article, ArticleState, Use
from postroad.knowledge.queries import ArticleFilter, Counts
from postroad.knowledge.tests.factories import make_article
from postroad.ledger.models import Entry
from postroad.org.models import today
from postroad.platform.actors import Subject
from postroad.platform.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db

CASE = Subject("desk.case", "0190")


@pytest.fixture
def lead(company):
    return company.desk_lead


def titles(found):
    return [one.title for one in found]


def test_every_version_is_kept_with_who_wrote_it(lead, company):
    article = make_article(lead)
    actions.change(article=article, version=1, text="新的正文", person=company.agent)
    versions = queries.versions_of(article)
    assert [(one.number, one.author) for one in versions] == [(2, company.agent), (1, lead)]
    assert article.versions.get(number=1).text.startswith("请提供")


def test_who_changes_an_old_version_is_told(lead):
    article = make_article(lead)
    actions.change(article=article, version=1, text="一", person=lead)
    with pytest.raises(Conflict):
        actions.change(article=article, version=1, text="二", person=lead)


def test_a_change_of_anything_but_the_words_makes_no_version(lead):
    article = make_article(lead)
    changed = actions.change(article=article, version=1, topic="财务", person=lead)
    assert (changed.version, changed.topic) == (1, "财务")


def test_what_is_done_is_on_record(lead):
    article = make_article(lead)
    actions.review(article=article, person=lead)
    actions.move(article=article, state=ArticleState.RETIRED, person=lead)
    events = list(Entry.objects.filter(subject_id=str(article.pk)).order_by("seq").values_list("event", flat=True))
    assert [one for one in events if one.startswith("knowledge.")] == [
        "knowledge.article.written",
        "knowledge.article.moved",
        "knowledge.article.reviewed",
        "knowledge.article.moved",
    ]


def test_only_what_is_published_can_be_retired_and_come_back(lead):
    article = make_article(lead)
    with pytest.raises(Conflict):
        actions.move(article=article, state=ArticleState.PUBLISHED, person=lead)
    article = actions.move(article=article, state=ArticleState.RETIRED, person=lead)
    assert actions.move(article=article, state=ArticleState.PUBLISHED, person=lead).state == "published"


def test_words_are_found_in_chinese_and_english_title_first(lead):
    make_article(lead, "退货流程", text="寄回之后，发票作废。")
    make_article(lead, "发票开具时间", text="三个工作日。")
    make_article(lead, "Return a delivery", text="Send it back within 14 days.", language="en")
    assert titles(queries.articles(ArticleFilter(words="发票"))) == ["发票开具时间", "退货流程"]
    assert titles(queries.articles(ArticleFilter(words="delivery return"))) == ["Return a delivery"]
    assert titles(queries.articles(ArticleFilter(words="鲸鱼"))) == []


def test_a_question_gets_the_article_that_answers_it_best(lead):
    make_article(lead, "如何开具增值税专用发票", text="提供公司名称、税号、开户行，三个工作日内寄出发票。")
    make_article(lead, "退货流程", text="收到货物七天内可以退货，请保留包装。")
    make_article(lead, "查询物流进度", text="用订单号在自助平台查询物流。")
    question = "请问发票什么时候寄出？我们公司需要增值税专用发票"
    assert titles(queries.suggestions(question))[0] == "如何开具增值税专用发票"
    assert "退货流程" not in titles(queries.suggestions(question))
    assert queries.suggestions("天气真好呀") == []
    assert queries.suggestions("…!") == []


def test_drafts_retired_and_other_channels_articles_are_not_suggested(lead, company):
    from postroad.conversations.tests.factories import make_channel

    sales, service = make_channel(company, "sales"), make_channel(company, "service")
    question = "增值税专用发票如何开具"
    make_article(lead, publish=False)
    actions.move(article=make_article(lead), state=ArticleState.RETIRED, person=lead)
    make_article(lead, "销售的专用发票说明", channels=[sales], text="增值税专用发票")
    assert titles(queries.suggestions(question, channel_id=service.pk)) == []
    assert titles(queries.suggestions(question, channel_id=sales.pk)) == ["销售的专用发票说明"]


def test_suggesting_costs_two_statements_however_many_articles(lead, django_assert_num_queries):
    for number in range(12):
        make_article(lead, f"发票问题第{number}种")
    with django_assert_num_queries(2):
        assert len(queries.suggestions("发票问题怎么办？" * 50)) == 3


def test_use_is_counted_once_for_a_case_and_judged_by_who_used_it(lead):
    article = make_article(lead)
    actions.use(article=article, how=Use.How.TEXT, subject=CASE, person=lead)
    actions.use(article=article, how=Use.How.LINK, subject=CASE, person=lead)
    actions.judge(article=article, helped=True, subject=CASE, person=lead)
    actions.judge_outside(article=article, helped=False)
    assert queries.counts_of([article.pk]) == {article.pk: Counts(used=1, helped=1, did_not=1)}
    with pytest.raises(Conflict):
        actions.judge(article=article, helped=True, subject=Subject("desk.case", "other"), person=lead)


def test_what_was_used_comes_first_and_is_not_suggested_twice(lead, company):
    from postroad.conversations.tests.factories import make_channel

    channel = make_channel(company)
    used = make_article(lead, "退货流程", text="保留包装")
    new = make_article(lead)
    actions.use(article=used, how=Use.How.TEXT, subject=CASE, person=lead)
    shown = queries.suggested("增值税专用发票和退货流程", subject=CASE, channel_id=channel.pk)
    assert [(one.article, one.use is not None) for one in shown] == [(used, True), (new, False)]


def test_a_review_becomes_the_owners_promise_two_weeks_before(lead, company):
    article = make_article(lead, owner=company.agent, review_on=today() + timedelta(days=20))
    assert actions.open_reviews() == 0
    Article.objects.filter(pk=article.pk).update(review_on=today() + timedelta(days=10))
    assert (actions.open_reviews(), actions.open_reviews()) == (1, 0)
    promise = Deadline.objects.get(kind="knowledge.review")
    assert (promise.responsible, promise.title, promise.url) == (
        company.agent,
        article.title,
        article.get_absolute_url(),
    )
    actions.review(article=article, person=company.agent)
    promise.refresh_from_db()
    article.refresh_from_db()
    assert promise.state == "met"
    assert article.review_on == today() + timedelta(days=180)


def test_a_new_owner_takes_the_review_over_and_a_retired_article_has_none(lead, company):
    article = make_article(lead, review_on=today() + timedelta(days=5))
    assert Deadline.objects.get(kind="knowledge.review", finished_at=None).responsible == lead
    article = actions.change(article=article, version=1, owner=company.agent, person=lead)
    assert Deadline.objects.get(kind="knowledge.review", finished_at=None).responsible == company.agent
    actions.move(article=article, state=ArticleState.RETIRED, person=lead)
    assert not Deadline.objects.filter(kind="knowledge.review", finished_at=None).exists()


def test_a_review_lies_in_the_future(lead):
    with pytest.raises(Invalid):
        make_article(lead, review_on=today())
