"""What the tests of messengers start from."""

import pytest

from postroad.messengers.tests.factories import connected_messenger


@pytest.fixture
def messenger(company):
    return connected_messenger(company)
