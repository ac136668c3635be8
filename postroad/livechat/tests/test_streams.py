"""Visitors' streams over a real server: told after commit, resumed without loss, and only to whom they belong."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import uvicorn
from django.db import connection, transaction

from postroad.conversations.models import Message
from postroad.livechat import actions, limits, reader, streams
from postroad.livechat.models import Visit
from postroad.livechat.tests.factories import SITE, Browser, answer, chatting, make_chat
from postroad.org.tests.cast import make_company
from postroad.platform.ids import new_id
from postroad.web import hub
from tests.servers.ports import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.server]


class Stream:
    """What a visitor's page keeps of its stream: messages in the order they came, the newest state, the position."""

    def __init__(self, address: str, browser: Browser, *, after: str = "", origin: str = SITE) -> None:
        self.position, self.state = after, {}
        self.connection = http.client.HTTPConnection(address, timeout=20)
        headers = {"Authorization": f"Bearer {browser.token}", "Last-Event-ID": after, "Origin": origin}
        self.connection.request("GET", f"/chat/{browser.channel.key}/events", headers=headers)
        self.response = self.connection.getresponse()

    def texts(self, number: int) -> list[str]:
        """The next `number` messages."""
        found = []
        while len(found) < number:
            kind, data = self.event()
            if kind == "message":
                found.append(data["text"])
        return found

    def until_state(self, **wanted) -> dict:
        while any(self.state.get(name) != value for name, value in wanted.items()):
            kind, data = self.event()
            assert kind == "state", data
        return self.state

    def event(self) -> tuple[str, dict]:
        kind, data = "", ""
        while line := self.response.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                data = value
            elif name == "id":
                self.position = value
            elif not line.strip() and kind:
                if kind == "state":
                    self.state = json.loads(data)
                return kind, json.loads(data)
        raise AssertionError("the stream ended")

    def close(self) -> None:
        self.response.close()
        self.connection.close()


@contextmanager
def serving() -> Iterator[str]:
    """A web server in a thread of this process, on the test's database."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config("postroad.asgi:application", port=port, lifespan="off", ws="none", log_config=None)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        readers = [one for loop, one in reader._readers.items() if loop.is_running()]
        for loop, one in list(hub._hubs.items()):  # a thread gets no signals: end the streams by hand
            if loop.is_running():
                loop.call_soon_threadsafe(one.close)
        server.should_exit = True
        thread.join()
        for one in readers:
            one.close()


@pytest.fixture
def address():
    with serving() as address:
        yield address


@pytest.fixture
def opened():
    found: list[Stream] = []
    yield found
    for one in found:
        one.close()


def test_what_is_said_arrives_in_order_and_nothing_of_others(address, opened):
    company = make_company()
    chat = make_chat(company)
    browser, other = chatting(chat, "Hello"), chatting(chat, "not yours")
    stream = Stream(address, browser)
    opened.append(stream)
    assert stream.texts(1) == ["Hello"]
    answer(other, company.agent, "not yours either")
    answer(browser, company.agent, "Good morning")
    actions.post(visit=browser.visit, client_id="client-id-x", text="thank you")
    actions.agent_types(visit=browser.visit, person=company.agent)
    assert stream.texts(2) == ["Good morning", "thank you"]
    assert stream.until_state(typing="孙丽")["present"] is True


def test_a_stream_goes_on_where_it_was_broken_even_with_another_server(opened):
    company = make_company()
    browser = chatting(make_chat(company), "one")
    with serving() as address:
        stream = Stream(address, browser)
        assert stream.texts(1) == ["one"]
        stream.close()
        answer(browser, company.agent, "two")
        again = Stream(address, browser, after=stream.position)
        opened.append(again)
        assert again.texts(1) == ["two"]
    answer(browser, company.agent, "three")
    with serving() as address:
        once_more = Stream(address, browser, after=again.position)
        opened.append(once_more)
        assert once_more.texts(1) == ["three"]
        answer(browser, company.agent, "four")
        actions.agent_reads(visit=browser.visit)
        assert once_more.texts(1) == ["four"]


def test_a_message_that_became_visible_late_is_told(address, opened):
    """Ids are made before the commit: a smaller one may appear after a larger one was told."""
    company = make_company()
    browser = chatting(make_chat(company), "one")
    early = new_id()
    answer(browser, company.agent, "two")
    stream = Stream(address, browser)
    opened.append(stream)
    assert stream.texts(2) == ["one", "two"]
    values = Message.objects.filter(text="two").values().get() | {"id": early, "text": "between", "search": None}
    Message.objects.bulk_create([Message(**values)])
    actions.agent_reads(visit=browser.visit)
    assert stream.texts(1) == ["between"]
    resumed = Stream(address, browser, after=str(stream.position))
    opened.append(resumed)
    answer(browser, company.agent, "three")
    actions.agent_types(visit=browser.visit, person=company.agent)
    assert resumed.texts(1) == ["three"]


def test_who_may_not_hear_is_refused(address, opened, monkeypatch):
    company = make_company()
    chat = make_chat(company)
    browser, nobody = chatting(chat, "Hello"), Browser(chat, token="guessed")
    other = Browser(make_chat(company, "other-chat"), token=browser.token)
    assert status_of(address, nobody) == 401
    assert status_of(address, other) == 401
    assert status_of(address, browser, origin="https://evil.test") == 403
    monkeypatch.setattr(streams, "STREAMS_OF_VISITOR", 1)
    stream = Stream(address, browser)
    opened.append(stream)
    stream.texts(1)
    assert status_of(address, browser) == 429


def status_of(address, browser, **given):
    stream = Stream(address, browser, **given)
    stream.close()
    return stream.response.status


def test_a_preflight_of_the_stream_is_answered(address):
    chat = make_chat(make_company())
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request("OPTIONS", f"/chat/{chat.key}/events", headers={"Origin": SITE})
    response = connection.getresponse()
    assert response.status == 204
    assert response.headers["Access-Control-Allow-Origin"] == SITE
    assert "Last-Event-ID" in response.headers["Access-Control-Allow-Headers"]
    connection.close()


def test_an_open_stream_says_that_the_visitor_is_there(address, opened, monkeypatch):
    monkeypatch.setattr(streams, "BEAT_SECONDS", 0.1)
    browser = chatting(make_chat(make_company()), "Hello")
    before = browser.visit.seen_at - timedelta(hours=1)
    Visit.objects.update(seen_at=before)
    stream = Stream(address, browser)
    opened.append(stream)
    stream.texts(1)
    end = time.monotonic() + 20
    while browser.visit.seen_at == before and time.monotonic() < end:
        time.sleep(0.05)
    assert browser.visit.seen_at > before


def test_bodies_too_large_are_refused_before_they_are_read(address, monkeypatch):
    monkeypatch.setattr(streams, "LARGEST_BODY", 1000)
    chat = make_chat(make_company())
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        raw.sendall(f"POST /chat/{chat.key}/start/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n".encode())
        assert b" 413 " in raw.recv(200)
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        raw.sendall(f"POST /chat/{chat.key}/start/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        raw.sendall(b"800\r\n" + b"x" * 2048 + b"\r\n")
        raw.settimeout(10)
        assert b" 413 " in raw.recv(200)
    assert limits.LARGEST_BODY > 1000
    assert not Visit.objects.exists()


def test_who_is_saying_something_is_passed_over_when_presence_is_noted():
    """Noting thousands at once must not wait for those who post, nor they for it."""
    chat = make_chat(make_company())
    busy, quiet = chatting(chat, "Hello").visit, chatting(chat, "Hello").visit
    long_ago = busy.seen_at - timedelta(hours=1)
    Visit.objects.update(seen_at=long_ago)
    with transaction.atomic():
        Visit.objects.select_for_update(no_key=True).get(pk=busy.pk)
        noting = threading.Thread(target=_note, args=([busy.pk, quiet.pk],))
        noting.start()
        noting.join(timeout=20)
        assert not noting.is_alive()
    seen = dict(Visit.objects.values_list("pk", "seen_at"))
    assert seen[busy.pk] == long_ago < seen[quiet.pk]


def _note(visit_ids):
    try:
        actions.visitors_are_there(visit_ids)
    finally:
        connection.close()
