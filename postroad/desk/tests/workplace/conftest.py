import pytest
from django.utils import translation

from postroad.desk.tests.factories import mail
from postroad.org.models import Person
from postroad.org.tests.cast import sign_in


@pytest.fixture(autouse=True)
def english(company):
    """The words these tests look for are English ones, whatever the company speaks."""
    Person.objects.update(language="en")
    with translation.override("en"):
        yield


@pytest.fixture
def case(channel):
    return mail(channel, subject="发票问题")


@pytest.fixture
def agent(client, company):
    return sign_in(client, company.agent)
