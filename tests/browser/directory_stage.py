"""Run inside an installation (`python -m tests.browser.directory_stage`): the stage's messenger as a directory.

Its first reading waits for somebody, and everybody in it was entered by hand before. Prints messenger, source, reading
and one of the messenger's groups.
"""

from __future__ import annotations

import json
import time
from typing import Any

from postroad.platform.bootstrap import use_django
from tests.browser.groups_stage import KEY, company_of_the_stage, make_groups

SOURCE = "contacts"


def make_directory() -> dict[str, str]:
    from postroad.directory import actions
    from postroad.directory.models import Source
    from postroad.messengers.models import Messenger

    make_groups()
    messenger = Messenger.objects.get(key=KEY)
    source = Source.objects.filter(key=SOURCE).first()
    if source is None:
        company = company_of_the_stage()
        particulars = actions.Particulars(name="通讯录", connector="simulated", messenger=messenger)
        source = actions.connect_source(key=SOURCE, particulars=particulars, actor=company.it.as_actor())
        run = actions.start_run(source=source)
        _wait_until(run, "held")
        actions.approve_run(run=run, reason="looked at", approver=company.administration_head)
        _wait_until(run, "applied")
        _wait_until(actions.start_run(source=source, trial=True), "looked")
    room = messenger.rooms.first()
    return {
        "messenger": str(messenger.pk),
        "source": str(source.pk),
        "run": str(source.runs.latest("pk").pk),
        "room": str(room.pk) if room else "",
    }


def _wait_until(run: Any, state: str) -> None:
    """The installation's worker reads and applies; doing it here too would race with it."""
    given_up_at = time.monotonic() + 90
    while run.state != state:
        assert time.monotonic() < given_up_at, f"the reading is still {run.state}"
        time.sleep(0.2)
        run.refresh_from_db()


if __name__ == "__main__":
    use_django()
    print(json.dumps(make_directory()))  # noqa: T201 - the caller reads it
