"""What the tests of channels start from."""

import pytest

from postroad.channels.tests.factories import company_calendar, service_particulars


@pytest.fixture
def calendar(db):
    return company_calendar()


@pytest.fixture
def particulars(company, calendar):
    """A mailbox on paper, without a connector."""
    return service_particulars(company)
