import pytest

from postroad.conversations import registry
from postroad.conversations.tests.factories import make_channel


@pytest.fixture(autouse=True)
def nobody_registered(monkeypatch):
    """Conversations on its own: the capabilities' handlers have their own tests."""
    monkeypatch.setattr(registry, "_intake_handlers", {})
    monkeypatch.setattr(registry, "_delivery_handlers", {})


@pytest.fixture
def channel(company):
    return make_channel(company)
