"""Run inside an installation (`python -m tests.browser.groups_stage`): a messenger with the cast and one newcomer in it,
and a template in force that gives Sales its group.

Prints the newcomer's id and the group's channel; `… rename` has somebody of Sales rename the group in the messenger.
"""

from __future__ import annotations

import json
import sys
import time
from types import SimpleNamespace
from typing import Any

from postroad.platform.bootstrap import use_django

KEY = "stage"


def company_of_the_stage() -> Any:
    from postroad.org.models import Account, Department

    people = {account.username: account.person for account in Account.objects.select_related("person")}
    return SimpleNamespace(**people, sales=Department.objects.get(code="SALES"), people=people)


def make_groups() -> dict[str, str]:
    from postroad.groups.tests.factories import group_of, template_in_force
    from postroad.messengers import actions as messengers
    from postroad.messengers.models import Messenger
    from postroad.messengers.tests.factories import connected_messenger
    from postroad.org.actions import create_person
    from postroad.org.models import Person, today
    from postroad.platform.actors import Actor

    company = company_of_the_stage()
    if not Messenger.objects.filter(key=KEY).exists():
        company.people["newcomer"] = create_person(
            staff_no="A900", name="莫离", joined_on=today(), department=company.sales, actor=Actor.system("stage")
        )
        company.everybody = lambda: company.people
        messenger = connected_messenger(company, key=KEY, name="企业通讯")
        messengers.read_directory_of(messenger=messenger)
        template_in_force(company, messenger, key="stage-daily", only=(company.sales,), fix_names=False)
        _follow_everything()
    newcomer = Person.objects.get(staff_no="A900")
    return {"newcomer": str(newcomer.pk), "group": str(group_of(company.sales).channel_id)}


def _follow_everything() -> None:
    """As the worker does: a job that met another's locks is tried again."""
    from django.db import OperationalError

    from postroad.groups import actions

    for _ in range(5):
        try:
            actions.follow_everything()
        except OperationalError:
            time.sleep(1)
        else:
            return
    raise AssertionError("the groups never got their turn")


def rename() -> dict[str, str]:
    from postroad.connectors.simulated import life
    from postroad.groups.tests.factories import group_of, room_of
    from postroad.messengers.models import Messenger
    from postroad.messengers.tests.factories import place_of, user_id_of

    company = company_of_the_stage()
    room = room_of(group_of(company.sales).channel)
    group = place_of(Messenger.objects.get(key=KEY)).groups.get(room_id=room.room_id)
    life.rename(group, "吃瓜群", by=user_id_of(company.stranger))
    return {}


if __name__ == "__main__":
    use_django()
    print(json.dumps(rename() if "rename" in sys.argv else make_groups()))  # noqa: T201 - the caller reads it
