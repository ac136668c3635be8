"""What the tests of groups start from."""

import pytest

from postroad.groups.tests.factories import read_messenger, template_in_force


@pytest.fixture
def messenger(company):
    return read_messenger(company)


@pytest.fixture
def template(company, messenger):
    """Department groups, in force, nothing made yet."""
    return template_in_force(company, messenger)
