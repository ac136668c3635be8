"""Two agents answer at once, or one while the other writes: the second is told before anything goes out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from postroad.channels.protocol import AutoKind
from postroad.conversations.models import Direction, Message
from postroad.desk import actions, queries
from postroad.desk.actions import After
from postroad.desk.collision import Overtaken
from postroad.desk.models import Draft
from postroad.desk.tests.factories import CUSTOMER, MONDAY_TEN, follow_on, mail, reply
from postroad.org.tests.cast import sign_in
from postroad.platform.ids import new_id, time_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def case(channel):
    return mail(channel, subject="发票问题", text="请问发票何时寄出？")


def seen_by(client, case):
    """What the agent's page has shown, as its form says it back."""
    return client.get(case.get_absolute_url()).context["last_seen"]


def send(client, case, seen, text="我的答复", **more):
    url = reverse("desk:reply", args=[case.number])
    return client.post(url, {"to": "kunde@customer.test", "text": text, "seen": seen, **more})


def sent():
    return list(Message.objects.filter(direction=Direction.OUT).order_by("pk").values_list("text", flat=True))


def test_who_answers_second_is_told_by_whom_and_when_and_nothing_goes_out(client, company, case, clock):
    agent = sign_in(client, company.agent)
    seen = seen_by(agent, case)
    reply(case, company.agent2, text="周杰的答复")
    clock.shift(timedelta(seconds=20))

    response = send(agent, case, seen, after="solved")

    assert response.status_code == 409
    page = response.content.decode()
    assert "周杰" in page
    assert "20" in page
    assert "周杰的答复" in page
    assert sent() == ["周杰的答复"]
    assert Draft.objects.get(case=case, person=company.agent).text == "我的答复"
    assert 'name="after" value="solved"' in page


def test_sending_all_the_same_sends_once_what_was_typed(client, company, case):
    agent = sign_in(client, company.agent)
    seen = seen_by(agent, case)
    reply(case, company.agent2, text="周杰的答复")
    told = send(agent, case, seen)
    again = send(agent, case, told.context["last_seen"])
    assert again.status_code == 302
    waiting = Draft.objects.get(case=case, person=company.agent)
    assert (waiting.text, waiting.send_at is not None) == ("我的答复", True)


def test_a_third_answer_meanwhile_is_told_again(client, company, case):
    agent = sign_in(client, company.agent)
    seen = seen_by(agent, case)
    reply(case, company.agent2, text="一")
    told = send(agent, case, seen)
    reply(case, company.agent2, text="二")
    assert send(agent, case, told.context["last_seen"]).status_code == 409


def test_what_the_customer_wrote_meanwhile_is_told_too(client, company, case):
    agent = sign_in(client, company.agent)
    seen = seen_by(agent, case)
    follow_on(case, text="还有一个问题", reply_text="还有一个问题")
    response = send(agent, case, seen)
    assert response.status_code == 409
    assert "还有一个问题" in response.content.decode()


def test_an_answer_that_can_still_be_taken_back_counts_as_given(client, company, case, clock):
    seen = seen_by(sign_in(client, company.agent), case)
    clock.move_to(time_of(seen) + timedelta(milliseconds=1))  # ids tell the real time
    sign_in(client, company.agent2)
    assert send(client, case, seen, text="周杰的答复", key=new_id()).status_code == 302
    assert sent() == []
    agent = sign_in(client, company.agent)
    told = send(agent, case, seen, key=new_id())
    assert told.status_code == 409
    assert "周杰的答复" in told.content.decode()
    clock.shift(timedelta(seconds=1))
    assert send(agent, case, told.context["last_seen"], key=new_id()).status_code == 302


def test_a_robots_mail_is_no_reason_to_stop(client, company, case):
    agent = sign_in(client, company.agent)
    seen = seen_by(agent, case)
    follow_on(case, auto=AutoKind.REPLY, text="我在休假")
    assert send(agent, case, seen).status_code == 302


def test_ones_own_earlier_answer_is_none_either(client, company, case):
    agent = sign_in(client, company.agent)
    seen = seen_by(agent, case)
    reply(case, company.agent)
    assert send(agent, case, seen).status_code == 302


def test_a_mistake_in_the_form_does_not_count_as_having_been_told(client, company, case):
    agent = sign_in(client, company.agent)
    seen = seen_by(agent, case)
    reply(case, company.agent2)
    wrong = send(agent, case, seen, to="nonsense")
    assert wrong.status_code == 422
    assert send(agent, case, wrong.context["last_seen"]).status_code == 409


def test_the_open_page_of_who_writes_says_at_once_that_somebody_answered(client, company, case):
    agent = sign_in(client, company.agent)
    seen = seen_by(agent, case)
    live = reverse("desk:case_live", args=[case.number])
    assert "answered" not in agent.get(live, {"seen": seen}).context["answered"]
    reply(case, company.agent2)
    assert [one.person for one in agent.get(live, {"seen": seen}).context["answered"]] == [company.agent2]
    assert agent.get(live, {"seen": "nonsense"}).context["answered"] == []


def test_the_check_is_made_under_the_lock(company, case, django_assert_num_queries):
    """Whoever holds the conversation has sent before the other looks; looking costs two statements."""
    seen = queries.messages_of(case).first().pk
    reply(case, company.agent2)
    with django_assert_num_queries(2):
        assert len(queries.said_since(case, seen, person=company.agent)) == 1
    with pytest.raises(Overtaken) as refused:
        actions.reply(case=case, text="x", recipients=[CUSTOMER], after=After.WAITING, seen=seen, person=company.agent)
    assert [one.person for one in refused.value.since] == [company.agent2]
    assert refused.value.since[0].taken_in_at >= MONDAY_TEN
