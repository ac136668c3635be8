"""Background entry points of access; each calls one action and may run twice."""

from postroad.access import actions
from postroad.access.jobs import Job
from postroad.platform.jobs import periodic, task


@periodic(Job.TURN, cron="*/5 * * * *")
def turn_grants() -> None:
    actions.turn_grants()


@task(Job.END_UNREVIEWED)
def end_unreviewed() -> None:
    actions.end_unreviewed()


@task(Job.ESCALATE_SHEETS)
def escalate_sheets() -> None:
    actions.escalate_sheets()


@task(Job.CLOSE_SHEETS)
def close_sheets() -> None:
    actions.close_sheets()


@task(Job.REMIND_SHEETS)
def remind_of_sheets() -> None:
    actions.remind_of_sheets()


@periodic(Job.START_RECERTIFICATION, cron="10 0 * * *")
def start_recertification() -> None:
    actions.start_due_recertification()


@periodic(Job.OPEN_FEATURE_REVIEW, cron="15 * * * *")
def open_feature_review() -> None:
    actions.open_feature_review()
