"""Run in an empty home (`python -m tests.browser.stage`): the database with the cast of the tests as its company."""

from __future__ import annotations

from postroad.platform.bootstrap import needs_database

ROUND_THE_CLOCK = {
    "zone": "Asia/Shanghai",
    "week": {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
}


@needs_database
def make_stage() -> None:
    """People with their posts and accounts, and a calendar that is always open: journeys run at any hour."""
    from django.core.management import call_command
    from django.db import transaction

    from postroad.clock.actions import create_calendar
    from postroad.clock.models import Calendar
    from postroad.org.models import Language, Person
    from postroad.org.tests.cast import make_company
    from postroad.platform.actors import Actor

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    with transaction.atomic():
        make_company()
        Person.objects.update(language=Language.ENGLISH)
        if not Calendar.objects.filter(key="company").exists():
            create_calendar(
                key="company",
                name="公司日历",
                name_en="Company calendar",
                definition=ROUND_THE_CLOCK,
                actor=Actor.system("stage"),
            )


if __name__ == "__main__":
    make_stage()
