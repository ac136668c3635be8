import pytest

from postroad.livechat import limits, registry
from postroad.livechat.tests.factories import Browser, Desk, make_chat
from postroad.livechat.views import visitor


@pytest.fixture(autouse=True)
def desk(monkeypatch):
    """Somebody who answers, in place of the real desk."""
    there = Desk()
    monkeypatch.setattr(registry, "_answering", there)
    return there


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    """What a process keeps for a moment, each test reads anew."""
    monkeypatch.setattr(visitor, "SETUP_SECONDS", 0.0)
    monkeypatch.setattr(limits, "_turnstiles", {})


@pytest.fixture
def chat(company):
    return make_chat(company)


@pytest.fixture
def browser(chat):
    return Browser(chat)
