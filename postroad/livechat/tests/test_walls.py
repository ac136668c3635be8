"""Between two visitors: every address, with every id, token and position of another, shows and changes nothing.

The addresses come from the URL table itself, so one that is added later is walked too.
"""

import json
from dataclasses import dataclass

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls.resolvers import URLPattern

from postroad.conversations.models import Attachment, Conversation, Message
from postroad.livechat import limits, visitor_urls
from postroad.livechat.admission import Admitted, Knock, admit
from postroad.livechat.models import Visit, VisitorKey
from postroad.livechat.queries import Position, look_at, turns
from postroad.livechat.tests.factories import SITE, Browser, answer, chatting, make_chat
from postroad.platform.rates import Rate

pytestmark = pytest.mark.django_db

KEYLESS = ("setup/", "help/", "start/", "offer/", "resume/")
"""What a browser without a key asks before a chat begins."""
SECRET = "only-for-them"
FIELDS = (
    "visit", "visit_id", "conversation", "conversation_id", "message", "message_id", "thread_id", "thread_ids", "id",
    "after", "position", "delivered", "read", "link", "token", "identity", "attachment", "file", "channel", "contact",
)  # fmt: skip
NOT_OF_A_VISIT = {"widget", "page"}


@dataclass
class Other:
    """Another visitor with an answered chat and a file in it, and everything that names something of theirs."""

    browser: Browser
    words: tuple[str, ...]

    @property
    def ids(self) -> list[str]:
        visit = self.browser.visit
        conversation = visit.conversation
        assert conversation is not None
        messages = list(Message.objects.filter(conversation=conversation).order_by("pk"))
        newest = messages[-1].pk
        return [
            *(str(one.pk) for one in (visit, conversation, *messages)),
            *(str(one) for one in Attachment.objects.filter(message__in=messages).values_list("pk", flat=True)),
            *(str(one) for one in Attachment.objects.filter(message__in=messages).values_list("blob", flat=True)),
            *(str(one) for one in VisitorKey.objects.filter(visit=visit).values_list("pk", flat=True)),
            *(bytes(one).hex() for one in VisitorKey.objects.filter(visit=visit).values_list("token_hash", flat=True)),
            *(one.external_id for one in messages),
            visit.thread_id,
            visit.pk.hex,
            f"{len(messages)}.{newest.hex}",
            f"0.{visit.pk.hex}",
            str(visit.contact_id or ""),
        ]


@pytest.fixture(autouse=True)
def without_rates(monkeypatch):
    """The walk asks more often than a visitor may; what is asked here is who may see what."""
    unlimited = Rate(calls=1_000_000, period=Rate(calls=1, period=limits.MINUTE).period)
    for name in ("MESSAGES", "SIGNS", "LINKS", "HELPS"):
        monkeypatch.setattr(limits, name, unlimited)
    monkeypatch.setattr(limits, "of_address", lambda: unlimited)
    monkeypatch.setattr(limits, "starts_of_address", lambda: unlimited)


@pytest.fixture
def me(chat):
    browser = chatting(chat, "my own question", name="Myself", mail="me@customer.test")
    browser.send_files(SimpleUploadedFile("mine.txt", b"mine"), text="my file")
    return browser


@pytest.fixture
def others(company, chat, me):
    """One on the same chat, one there whose mail address is mine, and one on another chat."""
    found = []
    for number, (where, mail) in enumerate(
        ((chat, "them@customer.test"), (chat, "me@customer.test"), (make_chat(company, "other-chat"), ""))
    ):
        browser = chatting(where, f"{SECRET} question {number}", name=f"{SECRET} name {number}", mail=mail)
        browser.send_files(SimpleUploadedFile(f"{SECRET}-{number}.txt", f"{SECRET} content {number}".encode()))
        answer(browser, company.agent, f"{SECRET} answer {number}")
        found.append(Other(browser, (SECRET, "them@customer.test")))
    return found


def test_the_walk_knows_every_address():
    patterns = [one for one in visitor_urls.urlpatterns if isinstance(one, URLPattern)]
    assert len(patterns) == len(visitor_urls.urlpatterns)
    assert {one.name for one in patterns} >= {"messages", "seen", "typing", "link", "leave", "file", "resume", "start"}


def paths(ids):
    """Every address below a chat's key, with every id where one belongs."""
    for pattern in visitor_urls.urlpatterns:
        route = str(pattern.pattern)
        if pattern.name in NOT_OF_A_VISIT:
            continue
        path = route.partition("/")[2]
        if "<uuid:" in path:
            before, _, after = path.partition("<")
            yield from (f"{before}{one}{after.partition('>')[2]}" for one in ids if len(one) == 36)
        else:
            yield path


def state_of(browser):
    """All that is kept of a visitor."""
    visit = Visit.objects.filter(pk=browser.visit.pk).values().get()
    conversation = Conversation.objects.filter(pk=visit["conversation_id"]).values().get()
    messages = list(Message.objects.filter(conversation=visit["conversation_id"]).order_by("pk").values("pk", "text"))
    keys = set(VisitorKey.objects.filter(visit=browser.visit).values_list("pk", flat=True))
    return visit, conversation, messages, keys


def content_of(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def is_silent(response, other):
    content = content_of(response).decode(errors="replace") + str(dict(response.headers))
    return not any(word in content for word in other.words)


def every_id_in_every_field(ids):
    """As many bodies as there are ids, in which together each field has held each id."""
    for shift in range(len(ids)):
        yield {field: ids[(place + shift) % len(ids)] for place, field in enumerate(FIELDS)}


def test_with_ones_own_key_no_id_of_another_shows_or_changes_anything(me, others):
    for other in others:
        before, ids = state_of(other.browser), other.ids
        for path in dict.fromkeys(paths(ids)):
            given = [{}] if path.startswith("files/") else every_id_in_every_field(ids)
            for fields in given:
                asked = [me.get(path, **fields)]
                if not path.startswith("files/"):
                    said = {"text": "mine", "mail": "x@customer.test"}
                    asked += [me.post(path, **fields | said), me.post(path, **fields | said | {"id": "client-id-0"})]
                for response in asked:
                    assert response.status_code < 500
                    assert is_silent(response, other), (path, fields, response.status_code)
        assert state_of(other.browser) == before


def test_no_id_of_another_is_a_key(me, others):
    for other in others:
        before = state_of(other.browser)
        for claimed in [*other.ids, other.browser.post("link/").json()["link"], other.browser.token[:-1], "", " "]:
            thief = Browser(other.browser.channel, token=claimed)
            file = str(Attachment.objects.get(message__conversation=other.browser.visit.conversation_id).pk)
            for path in paths([file]):
                if path.startswith(KEYLESS):
                    continue
                for response in (thief.get(path), thief.post(path, id="client-id-1", text="x", mail="x@x.test")):
                    assert response.status_code in {401, 405}, (path, claimed)
            [refused] = admit([Knock(other.browser.channel.key, SITE, claimed, asks_only=False)])
            assert not isinstance(refused, Admitted)
        assert state_of(other.browser) == before


def test_a_key_opens_nothing_on_another_chat(me, others):
    elsewhere = others[-1].browser
    for thief in (Browser(elsewhere.channel, token=me.token), Browser(me.channel, token=elsewhere.token)):
        for path in paths(others[-1].ids):
            if not path.startswith(KEYLESS):
                assert thief.get(path).status_code in {401, 405}
                assert thief.post(path, id="client-id-2", text="x").status_code in {401, 405}
        [refused] = admit([Knock(thief.channel.key, SITE, thief.token, asks_only=False)])
        assert not isinstance(refused, Admitted)


def test_a_link_opens_only_its_own_chat_whatever_is_changed_in_it(me, others):
    link = me.post("link/").json()["link"]
    for other in others:
        for one in other.ids:
            for forged in (one, link.replace(me.visit.pk.hex, one), f"{one}:{link.partition(':')[2]}"):
                assert Browser(other.browser.channel).post("resume/", link=forged).status_code == 404
    opened = Browser(me.channel)
    opened.token = opened.post("resume/", link=link).json()["token"]
    assert opened.texts() == me.texts()


def test_a_stream_tells_only_its_own_chat_from_whatever_position(me, others):
    [admitted] = admit([Knock(me.channel.key, SITE, me.token, asks_only=False)])
    assert isinstance(admitted, Admitted)
    own = set(Message.objects.filter(conversation=me.visit.conversation_id).values_list("pk", flat=True))
    for other in others:
        for one in other.ids:
            look = look_at({admitted.visit_id: Position.read(one).last}, turns())[admitted.visit_id]
            assert set(look.ids) == own
            assert SECRET not in json.dumps([*look.messages.values(), look.state])


def test_what_another_knows_by_their_mail_address_alone_is_nothing(chat, me, others):
    """A chat under somebody's address begins empty: nothing of theirs, not even that they were here."""
    pretender = chatting(chat, "I am them", name="Myself", mail="them@customer.test")
    assert pretender.texts() == ["I am them"]
    assert pretender.get("messages/").json()["state"]["read"] == ""
