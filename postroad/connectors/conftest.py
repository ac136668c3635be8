"""Connectors keep to rate limits, which live in the database, and may not be called in a transaction."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def rates(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database without a transaction around the test; the allowances used are given back."""
    del django_db_setup
    from django.db import connection

    with django_db_blocker.unblock():
        yield
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM platform_allowance")
        connection.close()


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again at once."""
    monkeypatch.setattr("postroad.connectors.web_api.FIRST_PAUSE_SECONDS", 0.0)
