"""Background entry points of groups."""

from uuid import UUID

from postroad.groups import actions
from postroad.groups.jobs import Job
from postroad.platform.jobs import periodic, task


@task(Job.FOLLOW)
def follow() -> None:
    actions.follow_everything()


# Just after midnight in the company's zone too, when days bring what was recorded ahead.
@periodic(Job.FOLLOW_HOURLY, cron="1 * * * *")
def follow_hourly() -> None:
    actions.follow_everything()


@task(Job.FOLLOW_PEOPLE)
def follow_people(person_ids: str) -> None:
    actions.follow_people(person_ids=[UUID(one) for one in person_ids.split(",")])


@task(Job.APPLY)
def apply(messenger_id: str) -> None:
    actions.apply_by_itself(messenger_id=UUID(messenger_id))


@task(Job.APPLY_BY_HAND)
def apply_by_hand(messenger_id: str, person_id: str, channel_id: str, confirmed: int) -> None:
    actions.apply_by_hand(
        messenger_id=UUID(messenger_id),
        person_id=UUID(person_id),
        channel_id=UUID(channel_id) if channel_id else None,
        confirmed=bool(confirmed),
    )


@task(Job.END_HAND_OVERS)
def end_hand_overs() -> None:
    actions.pass_on_overdue()


@periodic(Job.RETRY, cron="* * * * *")
def retry() -> None:
    actions.retry_due()


@periodic(Job.SETTLE_GRANTS, cron="*/2 * * * *")
def settle_grants() -> None:
    actions.settle_grants()


@periodic(Job.OPEN_CONFIRMATIONS, cron="30 * * * *")
def open_confirmations() -> None:
    actions.keep_confirmation_duties()
