"""The demo company hands out its sales mail by rules."""

import pytest

from postroad.demo.handing_out import set_up_handing_out
from postroad.desk.models import Queue, Skill
from postroad.desk.tests.factories import make_desk


@pytest.mark.django_db
def test_sales_mail_goes_by_skill_and_then_turn_by_turn(company):
    make_desk(company, "sales")
    set_up_handing_out({"QH005": company.desk_lead, "QH013": company.agent, "QH014": company.agent2})
    assert Queue.objects.get().routing == ["account-manager", "skill", "round-robin"]
    assert Skill.objects.count() == 2
