"""In the demo company nobody who reached nobody is left standing."""

import pytest

from postroad.demo.company import make_company
from postroad.desk.queries import tier_rules_in_force

pytestmark = pytest.mark.django_db


def test_callers_are_led_on_to_the_chat_and_visitors_to_mail():
    make_company()
    rules = {one.channel.key: one for one in tier_rules_in_force()}
    assert {key: one.offers.key for key, one in rules.items()} == {
        "hotline": "web-chat",
        "web-chat": "customer-service",
    }
    assert all(one.channel.first_reply_minutes for one in rules.values())
