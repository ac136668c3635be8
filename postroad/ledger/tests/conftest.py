import pytest

from postroad.ledger.tests.factories import empty_the_ledger, use_test_events


@pytest.fixture
def events(monkeypatch):
    """The events of the ledger's tests are registered, and nothing is on record yet."""
    use_test_events(monkeypatch)
    empty_the_ledger()
