"""What a visitor's browser may do, and what nobody may."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from postroad.channels.models import State
from postroad.conversations.models import Attachment, Message
from postroad.ledger.models import Entry
from postroad.livechat import actions, identity, limits
from postroad.livechat.events import Event
from postroad.livechat.models import ChatSettings, Visit, VisitorKey
from postroad.livechat.tests.factories import SITE, Browser, answer, chatting, make_chat
from postroad.livechat.turnstile import Turnstile
from postroad.livechat.views import visitor
from postroad.org.actions import erase_personal
from postroad.platform.actors import Actor
from postroad.platform.rates import Rate

pytestmark = pytest.mark.django_db

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


def test_a_visitor_agrees_begins_and_writes(browser, chat):
    started = browser.start("Frau Maier", mail="Maier@Customer.test", page="https://www.company.test/shop")
    assert started.status_code == 201
    assert browser.say("Hello, when does my order come?").status_code == 201
    message = Message.objects.get()
    assert (message.channel, message.sender_name, message.sender_address) == (chat, "Frau Maier", "maier@customer.test")
    assert message.conversation.subject == "Hello, when does my order come?"
    assert browser.visit.conversation == message.conversation
    assert browser.texts() == ["Hello, when does my order come?"]


def test_consent_is_recorded_with_the_words_that_were_agreed_to(browser, chat):
    ChatSettings.objects.update(consent_en="We keep this for two years to answer you.")
    browser.start()
    visit = browser.visit
    assert visit.consent_text == "We keep this for two years to answer you."
    assert visit.consented_at is not None
    assert Entry.objects.filter(event=Event.CHAT_STARTED, subject_id=str(visit.pk)).exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"agreed": False}, "agreed"),
        ({"agreed": "true"}, "agreed"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"mail": "nonsense"}, "mail"),
    ],
)
def test_nothing_begins_without_agreement_and_a_name(browser, given, field):
    response = browser.start(**given)
    assert response.status_code == 422
    assert list(response.json()["fields"]) == [field]
    assert not Visit.objects.exists()


def test_when_nobody_is_there_an_address_is_needed(browser, desk):
    desk.there = 0
    assert browser.get("setup/").json()["attended"] is False
    assert list(browser.start().json()["fields"]) == ["mail"]
    assert browser.start(mail="maier@customer.test").status_code == 201


def test_a_chat_may_always_want_an_address(browser, chat):
    ChatSettings.objects.update(mail=ChatSettings.Mail.REQUIRED)
    assert list(browser.start().json()["fields"]) == ["mail"]


def test_the_waiting_time_is_what_was_measured_or_unknown(browser, desk):
    assert browser.get("setup/").json()["waitMinutes"] is None
    desk.wait = timedelta(minutes=4)
    assert browser.get("setup/").json()["waitMinutes"] == 4


def test_a_message_posted_twice_by_a_flaky_phone_is_one_record(browser):
    browser.start()
    first = browser.say("Hello", client_id="same-client-id")
    again = browser.say("Hello", client_id="same-client-id")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert browser.texts() == ["Hello"]


def test_everything_a_visitor_says_continues_one_conversation(browser):
    browser.start()
    for text in ("one", "two", "three"):
        browser.say(text)
    assert Message.objects.values("conversation").distinct().count() == 1
    assert browser.texts() == ["one", "two", "three"]


def test_the_token_is_kept_only_as_a_hash_and_nothing_sets_a_cookie(browser):
    response = browser.start()
    assert not response.cookies
    assert bytes(VisitorKey.objects.get().token_hash) != browser.token.encode()
    assert browser.token not in repr(VisitorKey.objects.values().get())
    assert not browser.get("setup/").cookies
    assert not browser.say("Hello").cookies


def test_an_expired_key_opens_nothing(browser):
    browser.start()
    VisitorKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert browser.say("Hello").status_code == 401
    assert actions.forget_keys() == 1


def test_a_mail_address_lies_sealed(browser):
    browser.start(mail="maier@customer.test")
    sealed = Visit.objects.values_list("sealed_mail", flat=True).get()
    assert b"maier" not in bytes(sealed)
    assert Visit.objects.get().mail == "maier@customer.test"


def test_erasing_the_contact_erases_the_address_and_then_the_name(browser):
    browser.start("Frau Maier", mail="maier@customer.test")
    browser.say("Hello")
    contact = browser.visit.contact
    erase_personal(subject=contact, reason="asked for it", actor=Actor.system("test"))
    assert browser.visit.mail == ""
    assert browser.say("I am still here").status_code == 201
    assert (actions.forget_erased(), actions.forget_erased()) == (1, 0)
    assert (browser.visit.name, browser.visit.has_mail) == ("—", False)


def test_no_other_site_may_use_the_chat(chat):
    stranger = Browser(chat, origin="https://evil.test")
    for response in (stranger.get("setup/"), stranger.start(), stranger.post("resume/", link="x")):
        assert response.status_code == 403
        assert "Access-Control-Allow-Origin" not in response.headers
    allowed = Browser(chat).get("setup/")
    assert allowed.headers["Access-Control-Allow-Origin"] == SITE
    assert "Access-Control-Allow-Credentials" not in allowed.headers


def test_a_preflight_is_answered_for_allowed_sites(chat):
    browser = Browser(chat)
    response = browser.client.options(f"/chat/{chat.key}/messages/", headers={"Origin": SITE})
    assert response.status_code == 204
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]


ENDPOINTS = [
    ("get", "messages/"),
    ("post", "messages/"),
    ("post", "seen/"),
    ("post", "typing/"),
    ("post", "link/"),
    ("post", "leave/"),
    ("get", "files/01900000-0000-7000-8000-000000000000/"),
]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_without_a_key_every_door_is_closed(chat, method, path):
    for token in ("", "guessed", "x" * 5000):
        browser = Browser(chat, token=token)
        assert getattr(browser, method)(path).status_code == 401


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_a_key_opens_nothing_on_another_chat(company, chat, method, path):
    other = make_chat(company, "other-chat")
    browser = chatting(chat, "Hello")
    browser.channel = other
    assert getattr(browser, method)(path).status_code == 401


def test_no_visitor_reads_or_touches_what_is_anothers(company, chat):
    secret = SimpleUploadedFile("secret.png", PNG, content_type="image/png")
    mine, theirs = chatting(chat, "mine"), chatting(chat, "theirs")
    theirs.send_files(secret, text="a file")
    answer(theirs, company.agent, "only for you")
    their_file, their_visit = Attachment.objects.get(), theirs.visit
    newest = Message.objects.order_by("-pk").first()

    assert mine.texts() == ["mine"]
    for position in (str(newest.pk), f"1.{newest.pk.hex}", f"0.{their_visit.pk.hex}", "9.zz"):
        assert {one["text"] for one in mine.get("messages/", after=position).json()["messages"]} <= {"mine"}
    assert mine.get(f"files/{their_file.pk}/").status_code == 404
    assert theirs.get(f"files/{their_file.pk}/").status_code == 200

    # Whatever ids are put into a message, it goes into the sender's own chat.
    mine.post(
        "messages/",
        id=f"{their_visit.pk.hex}-x",
        text="still mine",
        visit=str(their_visit.pk),
        conversation=str(their_visit.conversation_id),
        thread_ids=[their_visit.thread_id],
    )
    assert theirs.texts() == ["theirs", "a file", "only for you"]
    assert mine.texts() == ["mine", "still mine"]

    mine.post("seen/", read=str(newest.pk), delivered=str(newest.pk), visit=str(their_visit.pk))
    their_visit.refresh_from_db()
    assert their_visit.read_id is None


def test_the_same_client_id_in_two_chats_is_two_messages(chat):
    one, other = chatting(chat), chatting(chat)
    assert one.say("one", client_id="same-client-id").status_code == 201
    assert other.say("other", client_id="same-client-id").status_code == 201
    assert (one.texts(), other.texts()) == (["one"], ["other"])


def test_a_link_opens_one_chat_on_another_device(chat):
    here = chatting(chat, "Hello")
    chatting(chat, "somebody else")
    link = here.post("link/").json()["link"]
    there = Browser(chat)
    there.token = there.post("resume/", link=link).json()["token"]
    assert there.texts() == ["Hello"]
    there.say("and from here")
    assert here.texts() == ["Hello", "and from here"]
    assert there.token != here.token


def test_a_link_that_was_altered_or_is_old_or_of_another_chat_opens_nothing(company, chat, monkeypatch):
    here = chatting(chat, "Hello")
    link = here.post("link/").json()["link"]
    other = Browser(make_chat(company, "other-chat"))
    assert other.post("resume/", link=link).status_code == 404
    foreign = chatting(chat, "x").visit.pk.hex
    assert Browser(chat).post("resume/", link=link.replace(here.visit.pk.hex, foreign)).status_code == 404
    monkeypatch.setattr("postroad.livechat.tokens.LINK_KEPT", timedelta(seconds=-1))
    assert Browser(chat).post("resume/", link=link).status_code == 404


def test_a_signed_identity_names_the_visitor_and_a_forged_one_does_not(chat):
    settings = chat.chat_settings
    settings.identity_secret = "k" * 32
    settings.save()
    claim = {"id": "42", "name": "李雷", "mail": "lilei@customer.test", "exp": int(timezone.now().timestamp()) + 60}
    known = Browser(chat)
    known.start("", identity=identity.signed(claim, secret="k" * 32))
    assert (known.visit.identity, known.visit.name, known.visit.mail) == ("42", "李雷", "lilei@customer.test")
    forged = Browser(chat)
    assert forged.start("", identity=identity.signed(claim, secret="guess")).status_code == 422
    forged.start("Mallory", identity=identity.signed(claim, secret=""))
    assert (forged.visit.identity, forged.visit.mail) == ("", "")


def test_who_leaves_gets_answers_by_mail(chat):
    browser = chatting(chat, "Hello")
    assert browser.post("leave/", mail="").status_code == 422
    assert browser.post("leave/", mail="maier@customer.test").status_code == 204
    visit = browser.visit
    assert visit.left_at is not None
    assert visit.mail == "maier@customer.test"
    browser.say("I am back")
    assert browser.visit.left_at is None


def test_marks_of_reading_never_go_back(company, chat):
    browser = chatting(chat, "Hello")
    first, second = answer(browser, company.agent, "one"), answer(browser, company.agent, "two")
    browser.post("seen/", delivered=str(second.pk), read=str(second.pk))
    browser.post("seen/", delivered=str(first.pk), read=str(first.pk))
    assert browser.visit.read_id == second.pk
    assert browser.post("seen/", delivered="nonsense", read=["x"]).status_code == 204


def test_files_are_taken_by_what_they_are_and_always_saved_never_shown(chat):
    browser = chatting(chat)
    page = SimpleUploadedFile("plan.png", b"<!doctype html><script>alert(1)</script>", content_type="image/png")
    assert browser.send_files(page, text="see here").status_code == 201
    kept = Attachment.objects.get()
    assert kept.content_type != "image/png"
    [said] = browser.get("messages/").json()["messages"]
    assert said["files"] == [{"id": str(kept.pk), "name": "plan.png", "size": kept.size}]
    response = browser.get(f"files/{kept.pk}/")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("setup.exe", b"x"),
        ("photo.png", b"MZ\x90\x00" + b"\0" * 100),
        ("notes.txt", b"#!/bin/sh\n"),
        ("empty.txt", b""),
    ],
)
def test_programs_and_empty_files_are_refused_by_name_and_by_bytes(chat, name, content):
    response = chatting(chat).send_files(SimpleUploadedFile(name, content))
    assert response.status_code == 422
    assert name in response.json()["fields"]["files"]
    assert not Message.objects.exists()


def test_files_may_not_be_many_or_large(chat, monkeypatch):
    browser = chatting(chat)
    many = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(limits.MOST_FILES + 1)]
    assert browser.send_files(*many).status_code == 422
    monkeypatch.setattr(limits, "LARGEST_FILE", 10)
    assert browser.send_files(SimpleUploadedFile("long.txt", b"x" * 11)).status_code == 422


@pytest.mark.parametrize("text", ["", "   \n", "x" * (limits.LONGEST_TEXT + 1)])
def test_nothing_and_too_much_are_refused(browser, text):
    browser.start()
    assert browser.say(text).status_code == 422


@pytest.mark.parametrize("body", ["", "[]", "nonsense", '"text"', "{" * 70_000])
def test_bodies_that_are_no_objects_are_refused(chat, body):
    browser = chatting(chat)
    for path in ("start/", "messages/", "resume/", "seen/", "leave/"):
        response = browser.client.post(
            f"/chat/{chat.key}/{path}",
            body,
            content_type="application/json",
            headers={"Origin": SITE, "Authorization": f"Bearer {browser.token}"},
        )
        assert response.status_code == 422


def test_who_is_too_fast_is_asked_to_wait(chat, monkeypatch):
    monkeypatch.setattr(limits, "MESSAGES", Rate(calls=2, period=timedelta(minutes=1)))
    browser, other = chatting(chat), chatting(chat)
    assert [browser.say("x").status_code for _ in range(3)] == [201, 201, 429]
    assert int(browser.say("x").headers["Retry-After"]) >= 1
    assert other.say("x").status_code == 201


def test_one_address_cannot_begin_chats_without_end(chat, settings):
    settings.CHAT_POSTS_PER_ADDRESS = 12
    statuses = [Browser(chat).start().status_code for _ in range(4)]
    assert statuses == [201, 201, 429, 429]


def test_a_suspended_chat_says_so_and_takes_nothing(chat):
    browser = chatting(chat)
    chat.state = State.SUSPENDED
    chat.save()
    assert browser.get("setup/").json()["live"] is False
    assert browser.say("Hello").status_code == 409
    assert Browser(chat).start().status_code == 409


def test_an_unknown_chat_is_not_found(chat):
    browser = Browser(chat)
    browser.channel.key = "no-such"
    assert browser.get("setup/").status_code == 404


def test_a_visitor_sees_the_agents_name_in_their_language_and_no_ids_of_ours(company, chat):
    browser = chatting(chat, "Hello")
    answer(browser, company.agent, "Good morning")
    answered = browser.get("messages/").json()["messages"][1]
    assert answered["name"] == "孙丽"
    assert set(answered) == {"id", "at", "from", "name", "text", "client", "files"}
    Visit.objects.update(language="en")
    assert browser.get("messages/").json()["messages"][1]["name"] == "Sun"


def test_many_pages_that_open_cost_no_more_than_one(chat, browser, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(visitor, "SETUP_SECONDS", 60.0)
    first = browser.get("setup/").json()
    with django_assert_num_queries(1):  # which chat, and whether this site may embed it
        assert browser.get("setup/").json() == first


def test_one_address_cannot_ask_for_the_setup_without_end(chat, browser, monkeypatch):
    monkeypatch.setattr(visitor, "_openings", Turnstile(Rate(calls=2, period=timedelta(minutes=1))))
    assert [browser.get("setup/").status_code for _ in range(3)] == [200, 200, 429]
    assert int(browser.get("setup/").headers["Retry-After"]) >= 1
