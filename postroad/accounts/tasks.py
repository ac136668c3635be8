"""Background entry points of key accounts."""

from postroad.accounts import actions
from postroad.accounts.jobs import Job
from postroad.platform.jobs import periodic, task


@periodic(Job.KEEP, cron="20 */5 * * * *")
def keep() -> None:
    actions.look_after_managers()
    actions.let_deputies_step_in()
    actions.escalate_overdue()


@task(Job.END_HAND_OVERS)
def end_hand_overs() -> None:
    actions.pass_on_overdue()
