import pytest
import time_machine

from postroad.desk.tests.factories import MONDAY_TEN, make_desk


@pytest.fixture
def channel(company):
    return make_desk(company)


@pytest.fixture
def clock():
    """Time stands still on a Monday at ten, until a test moves it."""
    with time_machine.travel(MONDAY_TEN, tick=False) as traveller:
        yield traveller
