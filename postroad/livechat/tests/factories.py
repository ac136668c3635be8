"""A live chat, visitors with their browsers, and somebody who answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from postroad.channels.models import Channel, Kind
from postroad.channels.protocol import Recipient, RecipientRole
from postroad.conversations.actions import say
from postroad.conversations.models import Message
from postroad.conversations.tests.factories import make_channel
from postroad.livechat import actions
from postroad.livechat.models import ChatSettings, Visit, VisitorKey
from postroad.livechat.tokens import hash_of
from postroad.org.models import Person

SITE = "https://www.company.test"
_numbers = count(1)


def make_chat(company: Any, key: str = "web-chat", **settings: Any) -> Channel:
    """A live chat in service that one site may embed."""
    channel = make_channel(
        company,
        key,
        name="官网在线客服",
        name_en="Web site chat",
        kind=Kind.LIVE_CHAT,
        connector="webchat",
        address="",
        first_reply_minutes=30,
        answer_hours=24,
    )
    ChatSettings.objects.create(channel=channel, **({"allowed_origins": [SITE]} | settings))
    return channel


@dataclass
class Desk:
    """Stands for whoever answers: who is there, whose turn it is, how long it takes."""

    there: int = 1
    wait: timedelta | None = None

    def present(self, channel_ids):
        return dict.fromkeys(channel_ids, self.there)

    def places(self):
        return {}

    def waits(self, channel_ids):
        return dict.fromkeys(channel_ids, self.wait) if self.wait else {}


class Browser:
    """A visitor's browser on the embedding site."""

    def __init__(self, channel: Channel, *, origin: str = SITE, token: str = "") -> None:
        self.channel, self.origin, self.token = channel, origin, token
        self.client = Client(enforce_csrf_checks=True)

    def _headers(self) -> dict[str, str]:
        headers = {"Origin": self.origin} if self.origin else {}
        return headers | ({"Authorization": f"Bearer {self.token}"} if self.token else {})

    def get(self, path: str, **query: str) -> HttpResponse:
        address = f"/chat/{self.channel.key}/{path}"
        return self.client.get(address, query_params={"lang": "en"} | query, headers=self._headers())

    def post(self, path: str, **given: Any) -> HttpResponse:
        address = f"/chat/{self.channel.key}/{path}?lang=en"
        return self.client.post(address, json.dumps(given), content_type="application/json", headers=self._headers())

    def start(self, name: str = "Frau Maier", **given: Any) -> HttpResponse:
        response = self.post("start/", **({"name": name, "agreed": True} | given))
        if response.status_code == 201:
            self.token = response.json()["token"]
        return response

    def say(self, text: str, *, client_id: str = "") -> HttpResponse:
        return self.post("messages/", id=client_id or f"client-id-{next(_numbers)}", text=text)

    def send_files(self, *files: SimpleUploadedFile, text: str = "") -> HttpResponse:
        return self.client.post(
            f"/chat/{self.channel.key}/messages/?lang=en",
            {"id": f"client-id-{next(_numbers)}", "text": text, "files": list(files)},
            headers=self._headers(),
        )

    def texts(self) -> list[str]:
        return [one["text"] for one in self.get("messages/").json()["messages"]]

    @property
    def visit(self) -> Visit:
        return VisitorKey.objects.get(token_hash=hash_of(self.token)).visit


def chatting(channel: Channel, *said: str, name: str = "Frau Maier", mail: str = "") -> Browser:
    """A visitor who has begun a chat and said something, by actions alone."""
    visit, token = actions.start(channel=channel, name=name, mail=mail, agreed=True)
    for text in said:
        actions.post(visit=visit, client_id=f"client-id-{next(_numbers)}", text=text)
    return Browser(channel, token=token)


def answer(browser: Browser, person: Person, text: str) -> Message:
    """Somebody of ours writes into the chat."""
    visit = browser.visit
    assert visit.conversation is not None
    to = [Recipient(RecipientRole.TO, visit.name, "")]
    return say(conversation=visit.conversation, actor=person.as_actor(), person=person, text=text, to=to)
