"""WeChat customers through WeCom with the whole of Postroad: the stand-in calls, messages are fetched and answered."""

import urllib.request
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from postroad.channels.models import ChannelMember, ConnectorCursor
from postroad.channels.tests.factories import live_channel
from postroad.connectors.wecom import api
from postroad.conversations.actions import flush_outbox
from postroad.conversations.models import Delivery, DeliveryState, Message
from postroad.desk import queries
from postroad.desk.models import Case, MailRules
from postroad.messengers import actions
from postroad.messengers.actions import fetching
from postroad.messengers.models import RefusedCallback
from postroad.org.models import Contact
from postroad.org.tests.cast import sign_in
from postroad.platform.actors import Actor
from tests.standins.wecom import AGENT, CALLBACK_KEY, CALLBACK_TOKEN, CORP, SECRET, WeComStandIn, sealed_push

pytestmark = pytest.mark.django_db(transaction=True)
SALES = "wkAJ2GCAAA0000000000000000000001"
LIU, CHEN = "wmLiuYang", "wmChenJing"


@pytest.fixture
def wecom(live_server, monkeypatch):
    monkeypatch.setattr(api, "_tokens", api.Tokens())
    with WeComStandIn() as running:
        running.callback_url = f"{live_server.url}/messengers/wecom/callback/"
        running.accounts[SALES] = []
        running.customers |= {LIU: "刘洋", CHEN: "陈静"}
        yield running


@pytest.fixture
def channel(wecom, company):
    messenger = actions.connect_messenger(
        key="wecom",
        name="企业微信",
        connector="wecom",
        settings={"corp_id": CORP, "agent_id": AGENT, "base_url": wecom.url},
        secrets={"app_secret": SECRET, "callback_token": CALLBACK_TOKEN, "encoding_aes_key": CALLBACK_KEY},
        actor=Actor.system("test"),
    )
    settings = {"messenger": messenger.key}
    channel = live_channel(
        company, kind="direct", name="微信客服", address=SALES, connector="wecom-direct", connector_settings=settings
    )
    ChannelMember.objects.create(channel=channel, person=company.agent)
    MailRules.objects.create(channel=channel, undo_seconds=0)
    return channel


def fetch(channel, token=""):
    actions.fetch_direct(channel=channel, token=token)


def told(wecom, channel, event):
    """WeCom calls us, and the job that this asks for runs."""
    assert wecom.push(event)
    fetch(channel, event.partition("<Token>")[2].partition("</Token>")[0])


def texts():
    return [one.text for one in Message.objects.filter(direction="in").order_by("pk")]


def answer(client, company, case, text, **given):
    sign_in(client, company.agent).post(reverse("desk:reply", args=[case.number]), {"text": text, **given})
    flush_outbox()


def test_what_a_wechat_customer_writes_is_a_case_by_their_nickname(wecom, channel):
    told(wecom, channel, wecom.write(SALES, LIU, text="<b>在吗？</b>"))
    told(wecom, channel, wecom.write(SALES, CHEN, text="请报价"))
    assert {(one.contact.name, one.subject) for one in Case.objects.all()} == {
        ("刘洋", "<b>在吗？</b>"),
        ("陈静", "请报价"),
    }


def test_a_file_is_fetched_and_one_that_is_gone_is_named(wecom, channel):
    wecom.media["m-1"] = ("图纸.pdf", b"%PDF-1.7 plan")
    told(wecom, channel, wecom.write(SALES, LIU, file="m-1"))
    told(wecom, channel, wecom.write(SALES, LIU, image="m-2"))
    first, second = Message.objects.order_by("pk")
    assert [(one.name, one.size) for one in first.attachments.all()] == [("图纸.pdf", 13)]
    assert second.text == "[image: WeCom 40007]"


def test_pages_are_read_to_the_end_and_the_cursor_is_kept(wecom, channel):
    wecom.page = 2
    for number in range(5):
        event = wecom.write(SALES, LIU, text=f"第{number}句")
    told(wecom, channel, event)
    assert texts() == [f"第{number}句" for number in range(5)]
    assert ConnectorCursor.objects.get(channel=channel).value == {"next": "c5"}


def test_after_a_crash_in_the_middle_nothing_is_lost_and_nothing_is_there_twice(wecom, channel, monkeypatch):
    wecom.page, taken, genuine = 2, [], fetching.take_happenings
    for number in range(5):
        event = wecom.write(SALES, LIU, text=f"第{number}句")

    def killed_at_the_second_page(**call):
        genuine(**call)
        taken.append(1)
        if len(taken) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(fetching, "take_happenings", killed_at_the_second_page)
    with pytest.raises(KeyboardInterrupt):
        told(wecom, channel, event)
    assert texts() == ["第0句", "第1句"]
    assert ConnectorCursor.objects.get(channel=channel).value == {"next": "c2"}
    monkeypatch.setattr(fetching, "take_happenings", genuine)
    fetch(channel)
    assert texts() == [f"第{number}句" for number in range(5)]


def test_what_comes_again_from_an_older_cursor_is_there_once(wecom, channel):
    told(wecom, channel, wecom.write(SALES, LIU, text="在吗？"))
    ConnectorCursor.objects.all().delete()
    fetch(channel)
    assert texts() == ["在吗？"]
    assert Contact.objects.filter(name="刘洋").count() == 1


def test_what_we_were_not_told_of_is_found_without_a_token(wecom, channel):
    wecom.write(SALES, LIU, text="没有回调")
    fetch(channel)
    assert texts() == ["没有回调"]


def call(wecom, query, body):
    request = urllib.request.Request(f"{wecom.callback_url}?{urlencode(query)}", data=body, method="POST")
    with urllib.request.urlopen(request) as response:
        return response.status


def test_a_replayed_callback_is_counted_and_one_with_a_wrong_signature_refused(wecom, channel):
    query, body = sealed_push(wecom.write(SALES, LIU, text="在吗？"))
    assert [call(wecom, query, body) for _ in range(2)] == [200, 200]
    with pytest.raises(urllib.error.HTTPError) as refusal:
        call(wecom, {**query, "msg_signature": "0" * 40}, body)
    refusal.value.close()
    assert refusal.value.code == 403
    counts = dict(RefusedCallback.objects.values_list("reason", "count"))
    assert counts.pop("replayed") == 1
    assert sum(counts.values()) == 1


def test_the_answer_reaches_them_and_the_sixth_is_undelivered_on_the_case(wecom, channel, client, company):
    told(wecom, channel, wecom.write(SALES, LIU, text="在吗？"))
    case = Case.objects.get()
    for number in range(6):
        answer(client, company, case, f"第{number}句", after="open")
    assert [one["text"]["content"] for one in wecom.answers] == [f"第{number}句" for number in range(5)]
    case.refresh_from_db()
    assert case.undelivered
    assert "until they write again" in Delivery.objects.get(state=DeliveryState.FAILED).error
    assert queries.direct_of(case).is_shut
    told(wecom, channel, wecom.write(SALES, LIU, text="好的"))
    actions_left = queries.direct_of(case).left
    assert actions_left == 5


def test_after_48_hours_the_page_says_so_and_the_refusal_is_on_the_case(wecom, channel, client, company):
    told(wecom, channel, wecom.write(SALES, LIU, ago=49 * 3600, text="在吗？"))
    case = Case.objects.get()
    page = sign_in(client, company.agent).get(case.get_absolute_url()).content.decode()
    assert 'class="alert alert-warning" role="alert"' in page
    answer(client, company, case, "您好", after="waiting")
    case.refresh_from_db()
    assert case.undelivered
    assert wecom.answers == []


def test_what_wecom_could_not_deliver_later_is_undelivered_on_the_case(wecom, channel, client, company):
    told(wecom, channel, wecom.write(SALES, LIU, text="在吗？"))
    case = Case.objects.get()
    answer(client, company, case, "您好", after="waiting")
    lost = {"external_userid": LIU, "fail_msgid": wecom.answers[0]["msgid"], "fail_type": 10}
    told(wecom, channel, wecom.tell(SALES, event_type="msg_send_fail", **lost))
    case.refresh_from_db()
    assert case.undelivered
    assert Delivery.objects.get().state == DeliveryState.FAILED


def test_what_a_colleague_answers_in_wecom_is_in_the_history_and_nobody_waits_for_it(wecom, channel):
    told(wecom, channel, wecom.write(SALES, LIU, text="在吗？"))
    told(wecom, channel, wecom.answer_in_wecom(SALES, LIU, "WangFang", "在的"))
    case = Case.objects.get()
    assert [(one.text, one.auto) for one in queries.messages_of(case)] == [("在吗？", ""), ("在的", "record")]
    assert case.contact.name == "刘洋"


def test_an_account_that_is_no_channel_is_left_alone(wecom, channel):
    assert wecom.push(wecom.write("wkOTHER", LIU, text="给别的系统"))
    fetch(channel)
    assert texts() == []
