"""What visitors of a live chat are shown to read while they write their first question."""

import pytest

from postroad.conversations.tests.factories import make_channel
from postroad.knowledge.tests.factories import make_article
from postroad.livechat import limits
from postroad.livechat.models import Visit
from postroad.livechat.tests.factories import Browser, make_chat
from postroad.livechat.turnstile import Turnstile
from postroad.platform.rates import Rate

pytestmark = pytest.mark.django_db

QUESTION = "请问怎么开具增值税专用发票？"


@pytest.fixture
def browser(company):
    return Browser(make_chat(company))


def shown(browser, question=QUESTION, language="zh-hans"):
    address = f"/chat/{browser.channel.key}/help/?lang={language}"
    headers = {"Origin": browser.origin}
    answered = browser.client.post(address, {"question": question}, content_type="application/json", headers=headers)
    assert answered.status_code == 200
    return answered.json()["articles"]


def test_only_what_anybody_may_read_is_shown_with_its_address(browser, company, client, settings):
    public = make_article(company.agent, public=True)
    make_article(company.agent, title="增值税专用发票：内部流程")
    make_article(company.agent, title="增值税专用发票：草稿", public=True, publish=False)
    [found] = shown(browser)
    assert found == {"title": public.title, "url": f"{settings.URL}/help/{public.pk}/"}
    assert client.get(f"/help/{public.pk}/").status_code == 200
    assert not Visit.objects.exists()


def test_in_the_visitors_language_and_for_the_channel_they_ask_on(browser, company):
    english = make_article(
        company.agent, title="How to get a VAT invoice", text="Ask for a VAT invoice.", language="en", public=True
    )
    make_article(company.agent, public=True, channels=[make_channel(company, "other")])
    own = make_article(company.agent, title="增值税专用发票多久寄出", public=True, channels=[browser.channel])
    assert [one["title"] for one in shown(browser)] == [own.title]
    asked = "How do I get a VAT invoice 增值税专用发票?"
    assert [one["title"] for one in shown(browser, asked, "en")] == [english.title]


@pytest.mark.parametrize("question", ["", " ", "?", "x" * 5000, "火星天气"])
def test_a_question_that_says_too_little_or_nothing_known_gets_nothing(browser, company, question):
    make_article(company.agent, public=True)
    assert shown(browser, question) == []


def test_other_sites_and_those_who_ask_too_fast_get_nothing(browser, company, monkeypatch):
    rate = Rate(calls=1, period=limits.MINUTE)
    monkeypatch.setattr(limits, "HELPS", rate)
    monkeypatch.setitem(limits._turnstiles, rate, Turnstile(rate))
    shown(browser)
    assert browser.post("help/", question=QUESTION).status_code == 429
    browser.origin = "https://elsewhere.test"
    assert browser.post("help/", question=QUESTION).status_code == 403
