"""The desk's background jobs; each calls one action."""

from uuid import UUID

from postroad.desk import actions
from postroad.desk.jobs import Job
from postroad.platform.jobs import periodic, task


@task(Job.ACKNOWLEDGE)
def acknowledge(case_ids: str) -> None:
    actions.acknowledge([UUID(case_id) for case_id in case_ids.split(",")])


@task(Job.ANSWER_AWAY)
def answer_away(message_ids: str) -> None:
    actions.answer_away([UUID(message_id) for message_id in message_ids.split(",")])


@task(Job.SEND_WAITING)
def send_waiting() -> None:
    actions.release_due()


@periodic(Job.SEND_FORGOTTEN, cron="*/15 * * * * *")
def send_forgotten() -> None:
    """What waits although its moment has come: its own job was lost, or ran a moment too early."""
    actions.release_due()


@periodic(Job.FORGET_SENT, cron="41 2 * * *")
def forget_sent() -> None:
    actions.forget_sent()


@periodic(Job.HAND_OVER_ABSENT, cron="*/1 * * * *")
def hand_over_absent() -> None:
    actions.hand_over_absent()


@periodic(Job.CLOSE_QUIET, cron="7 * * * *")
def close_quiet() -> None:
    actions.close_quiet()


@periodic(Job.FORGET_PRESENCE, cron="*/30 * * * *")
def forget_presence() -> None:
    actions.forget_presence()


@periodic(Job.MAIL_MISSED, cron="*/1 * * * *")
def mail_missed() -> None:
    actions.mail_what_was_missed()


@task(Job.MAIL_ESCALATIONS)
def mail_escalations() -> None:
    actions.mail_escalations()


@periodic(Job.HAND_OUT, cron="*/1 * * * *")
def hand_out() -> None:
    actions.hand_out_waiting()


@periodic(Job.ASK_FOR_RATINGS, cron="*/1 * * * *")
def ask_for_ratings() -> None:
    actions.ask_for_ratings()


@periodic(Job.OFFER_OTHER_WAYS, cron="*/1 * * * *")
def offer_other_ways() -> None:
    actions.offer_due()
