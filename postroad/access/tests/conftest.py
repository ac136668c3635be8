"""What the tests of access start from."""

import pytest
from django.utils import translation

from postroad.access import registry
from postroad.channels.tests.factories import live_channel


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    """Packages above listen to grants; what they make of them is theirs to test."""
    monkeypatch.setattr(registry, "_listeners", [])


@pytest.fixture(autouse=True)
def _in_english():
    """Refusals are looked for in the source language."""
    with translation.override("en"):
        yield


@pytest.fixture
def channel(company):
    """A live mailbox of Service, owned by zhao of Sales."""
    return live_channel(company)
