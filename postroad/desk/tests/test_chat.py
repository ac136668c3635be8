"""Live chats at the desk: cases with their promise, answers in the chat or by mail, presence and routing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from postroad.channels.models import ChannelMember
from postroad.conversations.models import Message
from postroad.desk import actions, queries
from postroad.desk.models import AgentPresence, CannedAnswer, Case, Queue
from postroad.desk.queries import ChatDesk, Promise
from postroad.desk.tests.factories import accept, make_calendar, make_desk, promise_of, promises_of
from postroad.livechat.models import ChatSettings, Visit
from postroad.livechat.tests.factories import chatting, make_chat
from postroad.org.models import Contact, Organisation
from postroad.org.tests.cast import sign_in
from postroad.platform.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(company):
    make_calendar()
    channel = make_chat(company)
    for person in (company.agent, company.agent2):
        ChannelMember.objects.create(channel=channel, person=person)
    return channel


@pytest.fixture
def mailbox(company, chat):
    found = make_desk(company, "service")
    ChatSettings.objects.update(mailbox=found)
    return found


def case_of(browser):
    return Case.objects.get(links__conversation=browser.visit.conversation)


def gone(browser):
    Visit.objects.filter(pk=browser.visit.pk).update(seen_at=timezone.now() - timedelta(minutes=5))


def test_a_chat_becomes_a_case_with_the_thirty_minute_promise(chat):
    case = case_of(chatting(chat, "When does my order come?"))
    assert promises_of(case) == {"chat_reply": "running", "answer": "running"}
    assert promise_of(case, Promise.CHAT_REPLY).amount == timedelta(minutes=30)
    assert case.subject == "When does my order come?"


def test_an_answer_in_the_chat_keeps_the_promise_once_it_was_handed_over(company, chat):
    browser = chatting(chat, "Hello")
    case = case_of(browser)
    message = actions.chat(case=case, text="Good morning", person=company.agent)
    assert promises_of(case)["chat_reply"] == "running"
    accept(message, timezone.now())
    assert promises_of(case) == {"chat_reply": "met", "answer": "paused"}
    assert browser.texts() == ["Hello", "Good morning"]
    case.refresh_from_db()
    assert (case.state, case.assignee) == ("waiting", company.agent)
    browser.say("and one more question")
    assert promises_of(case)["answer"] == "running"


def test_who_has_gone_is_answered_by_mail_and_goes_on_in_the_same_case(company, chat, mailbox):
    browser = chatting(chat, "Hello", mail="maier@customer.test")
    case = case_of(browser)
    gone(browser)
    message = actions.chat(case=case, text="Your order comes on Monday.", person=company.agent)
    assert message.channel == mailbox
    assert [one["address"] for one in message.recipients] == ["maier@customer.test"]
    assert f"/chat/{chat.key}/#postroad-chat=" in message.text
    assert [entry.said.message.pk for entry in queries.thread(case)][-1] == message.pk
    assert queries.chat_of(case) is None, "from now on the case is answered by mail"
    browser.say("I am back")
    assert queries.chat_of(case).visit == browser.visit
    gone(browser)
    again = actions.chat(case=case, text="More precisely at ten.", person=company.agent)
    assert again.conversation == message.conversation


def test_the_link_in_the_mail_opens_the_chat(company, chat, mailbox):
    browser = chatting(chat, "Hello", mail="maier@customer.test")
    gone(browser)
    message = actions.chat(case=case_of(browser), text="Answer", person=company.agent)
    link = message.text.rpartition("#postroad-chat=")[2]
    assert browser.post("resume/", link=link).status_code == 201


def test_without_an_address_the_answer_waits_in_the_chat(company, chat, mailbox):
    browser = chatting(chat, "Hello")
    gone(browser)
    message = actions.chat(case=case_of(browser), text="Are you there?", person=company.agent)
    assert message.channel == chat
    assert browser.texts() == ["Hello", "Are you there?"]


def test_what_a_visitor_missed_goes_by_mail_once(company, chat, mailbox):
    browser = chatting(chat, "Hello", mail="maier@customer.test")
    message = actions.chat(case=case_of(browser), text="It comes on Monday.", person=company.agent)
    assert message.channel == chat
    assert actions.mail_what_was_missed() == 0, "the visitor is still there"
    gone(browser)
    assert actions.mail_what_was_missed() == 1
    sent = Message.objects.filter(channel=mailbox).get()
    assert "It comes on Monday." in sent.text
    assert sent.auto
    assert actions.mail_what_was_missed() == 0


def test_what_a_visitor_has_got_is_not_mailed(company, chat, mailbox):
    browser = chatting(chat, "Hello", mail="maier@customer.test")
    message = actions.chat(case=case_of(browser), text="It comes on Monday.", person=company.agent)
    browser.post("seen/", delivered=str(message.pk))
    gone(browser)
    assert actions.mail_what_was_missed() == 0


def test_a_case_that_is_no_chat_is_not_answered_in_one(company):
    from postroad.desk.tests.factories import mail

    with pytest.raises(Conflict):
        actions.chat(case=mail(make_desk(company)), text="x", person=company.agent)


def test_the_page_shows_the_chat_and_takes_an_answer(company, chat, client):
    browser = chatting(chat, "<img src=x onerror=alert(1)>")
    case = case_of(browser)
    sign_in(client, company.agent)
    page = client.get(case.get_absolute_url()).content.decode()
    assert 'id="chat-form"' in page
    assert "<img src=x" not in page
    url = f"/desk/{case.number}/chat/"
    assert client.post(url, {"text": "  "}, headers={"HX-Request": "true"}).status_code == 422
    assert client.post(url, {"text": "Good morning"}, headers={"HX-Request": "true"}).status_code == 200
    assert client.post(url, {"text": "without scripts"}).status_code == 302
    assert browser.texts()[1:] == ["Good morning", "without scripts"]
    assert client.post(f"/desk/{case.number}/chat/typing/").status_code == 204
    assert browser.get("messages/").json()["state"]["typing"] == "孙丽"
    assert client.post(f"/desk/{case.number}/chat/seen/").status_code == 200
    browser.visit.refresh_from_db()
    assert browser.visit.agent_read_id is not None


def test_who_may_not_see_the_case_touches_nothing(company, chat, client):
    browser = chatting(chat, "Hello")
    case = case_of(browser)
    sign_in(client, company.stranger)
    for path in ("chat/", "chat/typing/", "chat/seen/"):
        assert client.post(f"/desk/{case.number}/{path}", {"text": "x"}).status_code == 403
    assert browser.texts() == ["Hello"]


def there(*people, away=False):
    for person in people:
        actions.show_up(person=person, away=away)


def test_agents_are_there_while_a_page_says_so_and_they_have_not_switched_off(company, chat):
    desk = ChatDesk()
    assert desk.present([chat.pk]) == {}
    there(company.agent, company.agent2)
    assert desk.present([chat.pk]) == {chat.pk: 2}
    actions.show_up(person=company.agent, away=True)
    actions.show_up(person=company.agent)
    assert desk.present([chat.pk]) == {chat.pk: 1}
    AgentPresence.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert desk.present([chat.pk]) == {}


def test_the_switch_is_turned_by_the_page(company, client):
    sign_in(client, company.agent)
    client.post("/desk/present/", {"away": "true"})
    assert AgentPresence.objects.get().away
    client.post("/desk/present/")
    assert AgentPresence.objects.get().away
    client.post("/desk/present/", {"away": "false"})
    assert not AgentPresence.objects.get().away


def test_places_count_those_who_wait_longer(company, chat):
    browsers = [chatting(chat, f"question {number}") for number in range(3)]
    places = ChatDesk().places()
    assert [places[one.visit.conversation_id] for one in browsers] == [1, 2, 3]
    accept(actions.chat(case=case_of(browsers[0]), text="x", person=company.agent), timezone.now())
    places = ChatDesk().places()
    assert [places.get(one.visit.conversation_id) for one in browsers] == [None, 1, 2]


def test_the_wait_is_the_median_of_recent_replies_and_unknown_when_there_are_few(company, chat):
    Case.objects.all().delete()
    for minutes in (2, 3, 4, 30):
        case = case_of(chatting(chat, "x"))
        Case.objects.filter(pk=case.pk).update(
            opened_at=timezone.now() - timedelta(minutes=minutes), first_replied_at=timezone.now()
        )
    chat.calendar_key = "none"
    chat.save()
    assert ChatDesk().waits([chat.pk]) == {}
    case = case_of(chatting(chat, "x"))
    Case.objects.filter(pk=case.pk).update(
        opened_at=timezone.now() - timedelta(minutes=5), first_replied_at=timezone.now()
    )
    assert round(ChatDesk().waits([chat.pk])[chat.pk].total_seconds() / 60) == 4


def test_a_new_chat_goes_to_who_is_there_with_the_most_room(company, chat):
    assert case_of(chatting(chat, "nobody there")).assignee is None
    there(company.agent2)
    assert case_of(chatting(chat, "one there")).assignee == company.agent2
    there(company.agent)
    assert case_of(chatting(chat, "both there")).assignee == company.agent


def test_a_new_chat_goes_first_to_the_account_manager_then_to_the_last_agent(company, chat, monkeypatch):
    there(company.agent, company.agent2)
    first = case_of(chatting(chat, "Hello", mail="maier@customer.test"))
    Case.objects.filter(pk=first.pk).update(assignee=company.agent2)
    for number in range(3):
        Case.objects.filter(pk=case_of(chatting(chat, f"{number}")).pk).update(assignee=company.agent2)
    assert case_of(chatting(chat, "again", mail="maier@customer.test")).assignee == company.agent2
    customer = Organisation.objects.create(name="客户公司", key_account=True)
    monkeypatch.setattr("postroad.org.registry._managers", [lambda _ids: {customer.pk: company.agent}])
    Contact.objects.update(organisation=customer)
    assert case_of(chatting(chat, "once more", mail="maier@customer.test")).assignee == company.agent


def test_nobody_gets_more_chats_than_they_have_room_for(company, chat):
    ChannelMember.objects.filter(person=company.agent).update(capacity=1)
    there(company.agent)
    assert case_of(chatting(chat, "one")).assignee == company.agent
    assert case_of(chatting(chat, "two")).assignee is None


def test_a_queue_may_leave_chats_to_be_taken(company, chat):
    Queue.objects.create(channel=chat, routing=[])
    there(company.agent)
    assert case_of(chatting(chat, "one")).assignee is None


def test_handing_out_costs_the_same_however_many_agents_are_there(company, chat, django_assert_max_num_queries):
    there(company.agent, company.agent2)
    case = case_of(chatting(chat, "x"))
    case.assignee = None
    from postroad.desk.actions.routing import hand_out

    with django_assert_max_num_queries(7):
        hand_out([case], queues={chat.pk: queries.queue_of(chat)}, texts={})


def test_canned_answers_are_written_offered_filled_in_and_removed(company, chat, client):
    sign_in(client, company.desk_lead)
    given = {"title": "Greeting", "text": "Dear {name}, {agent} here about {number}.", "channel": ""}
    assert client.post("/desk/canned/new/", given).status_code == 302
    assert client.post("/desk/canned/new/", given).status_code == 422
    answer = CannedAnswer.objects.get()
    case = case_of(chatting(chat, "Hello", mail="maier@customer.test"))
    ChannelMember.objects.create(channel=chat, person=company.desk_lead)
    page = client.get(case.get_absolute_url()).content.decode()
    assert f"Dear Frau Maier, {company.desk_lead} here about #{case.number}." in page
    assert client.post(f"/desk/canned/{answer.pk}/remove/").status_code == 302
    assert not CannedAnswer.objects.exists()


def test_a_colleague_is_invited_finds_the_chat_and_answers_in_it(company, chat, client):
    browser = chatting(chat, "a hard question")
    case = case_of(browser)
    sign_in(client, company.agent)
    given = {"colleague": company.agent2.pk, "about": "You know this machine."}
    assert client.post(f"/desk/{case.number}/chat/invite/", given).status_code == 302
    [mention] = queries.unseen_mentions(company.agent2)
    assert mention.note.text == f"@{company.agent2.name} You know this machine."
    assert browser.texts() == ["a hard question"], "the visitor sees nothing of it"
    sign_in(client, company.agent2)
    assert client.post(f"/desk/{case.number}/chat/", {"text": "I can help"}).status_code == 302
    assert browser.texts()[-1] == "I can help"


def test_oneself_and_strangers_are_not_invited(company, chat):
    case = case_of(chatting(chat, "x"))
    for colleague in (company.agent, company.stranger):
        with pytest.raises(Invalid):
            actions.invite(case=case, colleague=colleague, about="", person=company.agent)
