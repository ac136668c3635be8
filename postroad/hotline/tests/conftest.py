import pytest
import time_machine

from postroad.hotline import actions
from postroad.hotline.tests.factories import MONDAY_TEN, TEST, make_hotline


@pytest.fixture
def channel(company):
    return make_hotline(company)


@pytest.fixture
def secret(channel):
    return actions.change_secret(channel=channel, at_once=False, actor=TEST)


@pytest.fixture
def clock():
    """Time stands still on a Monday at ten, until a test moves it."""
    with time_machine.travel(MONDAY_TEN, tick=False) as traveller:
        yield traveller
