"""The live stream over a real server: delivered after commit, never on rollback, and nothing lost in between."""

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest
import uvicorn
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from postroad.org.models import Account
from postroad.org.tests.cast import make_company, sign_in
from postroad.platform import realtime
from postroad.platform.models import LiveEvent
from postroad.web import hub, live
from tests.servers.ports import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.server]


class Stream:
    """A browser's event stream, as far as the tests need one."""

    def __init__(self, address: str, client: Client, *topics: str, after: str = "") -> None:
        self.position = after
        query = urlencode([("topic", topic) for topic in topics])
        self.connection = http.client.HTTPConnection(address, timeout=20)
        headers = {"Cookie": f"sessionid={client.cookies['sessionid'].value}", "Last-Event-ID": after}
        self.connection.request("GET", f"/live/?{query}", headers=headers)
        self.response = self.connection.getresponse()

    def events(self) -> Iterator[tuple[str, str]]:
        """Each event's kind and data, remembering the position like a browser does."""
        kind = data = ""
        while line := self.response.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                data = value
            elif name == "id":
                self.position = value
            elif not line.strip() and kind:
                yield kind, data
                kind = data = ""

    def until_beat(self) -> list[str]:
        """The topics told before the next beat."""
        told: list[str] = []
        for kind, data in self.events():
            if kind == "beat":
                return told
            told += data.split()
        raise AssertionError("the stream ended")

    def close(self) -> None:
        self.response.close()
        self.connection.close()


@pytest.fixture
def topics(monkeypatch):
    monkeypatch.setattr(realtime, "_guards", {})
    realtime.register_topic("open", lambda user, topic: True)
    realtime.register_topic("closed", lambda user, topic: False)


@pytest.fixture
def client_of_staff(topics, client):
    return sign_in(client, make_company().desk_lead)


@pytest.fixture
def address():
    """A web server in a thread of this process, on the test's database."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config("postroad.asgi:application", port=port, lifespan="off", ws="none", log_config=None)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"127.0.0.1:{port}"
    for loop, one in list(hub._hubs.items()):  # a thread gets no signals: end the streams by hand
        if loop.is_running():
            loop.call_soon_threadsafe(one.close)
    server.should_exit = True
    thread.join()


@pytest.fixture
def listen(address, client_of_staff):
    """Opens streams of the signed-in person, and closes them in the end whatever happened."""
    opened = []

    def open_stream(*topics: str, after: str = "") -> Stream:
        opened.append(Stream(address, client_of_staff, *topics, after=after))
        return opened[-1]

    yield open_stream
    for stream in opened:
        stream.close()


def test_a_change_is_told_after_commit_and_never_on_rollback(listen):
    stream = listen("open.cases", "open.other")
    assert stream.until_beat() == []
    with transaction.atomic():
        realtime.publish("open.cases")
        with pytest.raises(RuntimeError), transaction.atomic():
            realtime.publish("open.other")
            raise RuntimeError
    assert stream.until_beat() == ["open.cases"]
    realtime.publish("open.last")
    realtime.publish("open.other")
    assert stream.until_beat() == ["open.other"]


def test_many_changes_of_one_transaction_are_one_look(listen, monkeypatch):
    """Were each waited for, as once, the stream's patience would end long before the news."""
    monkeypatch.setattr(hub, "GATHER_SECONDS", 0.5)
    stream = listen("open.cases")
    stream.until_beat()
    realtime.publish(*(f"open.{number}" for number in range(200)), "open.cases")
    assert stream.until_beat() == ["open.cases"]


def test_what_happened_between_two_streams_is_told_by_the_second(listen):
    first = listen("open.cases")
    first.until_beat()
    first.close()
    realtime.publish("open.cases")
    second = listen("open.cases", after=first.position)
    assert second.until_beat() == ["open.cases"]
    second.close()
    third = listen("open.cases", after=second.position)
    assert third.until_beat() == []


def test_a_transaction_that_commits_later_than_a_younger_one_is_told_too(listen):
    """Ids and times would have called the older event seen: the position must be a snapshot."""
    slow = connection.copy()
    with slow.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO platform_liveevent (topic, data, at) VALUES ('open.slow', '{}', now())")
    realtime.publish("open.fast")
    stream = listen("open.slow", "open.fast")
    assert stream.until_beat() == ["open.fast"]
    with slow.cursor() as cursor:
        cursor.execute("COMMIT")
    slow.close()
    later = listen("open.slow", "open.fast", after=stream.position)
    assert later.until_beat() == ["open.slow"]


def test_a_page_rendered_a_moment_ago_is_told_what_it_may_have_missed(listen):
    realtime.publish("open.cases")
    stream = listen("open.cases")
    assert stream.until_beat() == ["open.cases"]


@pytest.mark.parametrize("position", ["1~1:1:", "{now}~99999999999:99999999999:", "{now}~5:4:", "nonsense' OR 1"])
def test_after_a_position_that_says_nothing_everything_may_have_changed(listen, position):
    stream = listen("open.one", "open.two", after=position.format(now=int(time.time())))
    assert stream.until_beat() == ["open.one", "open.two"]


def test_nothing_is_lost_when_the_database_drops_every_connection(listen):
    stream = listen("open.cases")
    stream.until_beat()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [_others()])
    realtime.publish("open.cases")
    assert stream.until_beat() == ["open.cases"]


def test_topics_that_the_person_may_not_hear_are_left_out_and_none_is_refused(listen):
    stream = listen("closed.secret", "open.cases", "unknown")
    stream.until_beat()
    realtime.publish("closed.secret", "open.cases")
    assert stream.until_beat() == ["open.cases"]
    refused = listen("closed.secret")
    assert refused.response.status == 403


def test_a_stranger_to_the_company_hears_nothing(address, topics):
    server = urlsplit(f"http://{address}")
    stranger = http.client.HTTPConnection(server.hostname, server.port, timeout=20)
    stranger.request("GET", "/live/?topic=open.cases")
    assert stranger.getresponse().status == 302
    stranger.close()


def test_one_person_cannot_take_all_streams(listen, monkeypatch):
    monkeypatch.setattr(live, "MOST_STREAMS", 2)
    streams = [listen("open.cases") for _ in range(2)]
    for stream in streams:
        stream.until_beat()
    third = listen("open.cases")
    assert third.response.status == 429


def test_a_stream_ends_after_a_while_so_that_the_right_is_asked_again(listen, monkeypatch):
    monkeypatch.setattr(live, "LONGEST_SECONDS", 0)
    stream = listen("open.cases")
    assert stream.response.status == 200
    assert [kind for kind, _data in stream.events()] == []


def test_an_open_stream_holds_no_connection_of_its_own(listen):
    """A hundred open pages must not be a hundred connections to the database."""
    streams = [listen("open.cases") for _ in range(5)]
    for stream in streams:
        stream.until_beat()
    while len(_others()) > 1:  # those given back take a moment to be gone; the hub's stays
        time.sleep(0.02)
    realtime.publish("open.cases")
    assert [stream.until_beat() for stream in streams] == [["open.cases"]] * 5


def test_the_server_stops_at_once_although_a_page_is_open(client_of_staff):
    """Without a limit on a graceful shutdown, uvicorn waits for ever for a stream that does not end."""
    port = free_port()
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "postroad.asgi:application",
            "--port",
            str(port),
            "--lifespan",
            "off",
            "--ws",
            "none",
        ],
        env={**os.environ, "DATABASE_URL": _database_url(), "POSTROAD_HOME": str(settings.HOME)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert any("running on" in line for line in server.stderr)
        stream = Stream(f"127.0.0.1:{port}", client_of_staff, f"work.{_own_person(client_of_staff)}")
        stream.until_beat()
        server.send_signal(signal.SIGTERM)
        assert list(stream.events()) == []
        stream.close()
        server.communicate(timeout=20)
        assert server.returncode in {0, -signal.SIGTERM}
    finally:
        server.kill()


def _database_url() -> str:
    database = settings.DATABASES["default"]
    place = {"host": database["HOST"], "port": database.get("PORT"), "password": database.get("PASSWORD")}
    return f"postgresql://{database['USER']}@/{database['NAME']}?{urlencode({key: value for key, value in place.items() if value})}"


def _others() -> list[int]:
    """The connections to this database beside the test's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def _own_person(client: Client) -> str:
    return str(Account.objects.get(pk=client.session["_auth_user_id"]).person_id)


def test_positions_that_are_too_old_or_not_ours_are_not_read():
    assert hub.Position.read("") is None
    assert hub.Position.read("12~3:4:") is None
    fresh = f"{int(time.time())}~3:9:4,5"
    assert str(hub.Position.read(fresh)) == fresh


def test_old_hints_are_forgotten_later_than_positions_expire(topics):
    realtime.publish("open.cases")
    assert realtime.forget_old_events() == 0
    assert LiveEvent.objects.count() == 1
    assert realtime.KEPT.total_seconds() > hub.OLDEST_POSITION_SECONDS
