"""The demo's key accounts tell a story that the board shows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from postroad.accounts import queries
from postroad.accounts.measures import managed_and_on_rhythm
from postroad.demo.company import make_company
from postroad.org.models import Person
from postroad.platform.measures import Period


@pytest.mark.django_db
def test_one_is_on_rhythm_one_is_overdue_and_two_change_hands(settings, tmp_path):
    settings.HOME = tmp_path
    make_company()
    standings = {str(one.account): one for one in queries.standings(list(queries.running()))}
    overdue = {name for name, one in standings.items() if one.overdue}
    assert overdue == {"明德医院"}
    assert standings["明德医院"].quiet_days == 41
    assert standings["Rheintal Motion GmbH"].account.manager.staff_no == "QH014"
    assert [str(one) for one in queries.hand_overs_for(Person.objects.get(staff_no="QH005"))] == ["蓝海食品"]
    assert [str(one) for one in queries.without_manager()] == ["恒源纺织"]
    found = managed_and_on_rhythm(Period(timezone.now() - timedelta(days=7), timezone.now() + timedelta(days=1)))
    assert (found.value, found.sample_size) == (60, 5)
