"""Background entry points of approvals; each calls one action and may run twice."""

from uuid import UUID

from postroad.approvals import actions
from postroad.approvals.jobs import Job
from postroad.platform.jobs import periodic, task


@task(Job.ASK_APPROVERS)
def ask_approvers(*, step_id: str) -> None:
    actions.ask_approvers(step_id=UUID(step_id))


@task(Job.TELL_APPLICANT)
def tell_applicant(*, request_id: str) -> None:
    actions.tell_applicant(request_id=UUID(request_id))


@task(Job.ESCALATE)
def escalate() -> None:
    actions.escalate()


@periodic(Job.REMIND, cron="* * * * *")
def remind_due() -> None:
    actions.remind_due()


@periodic(Job.MOVE_LEAVERS, cron="*/10 * * * *")
def move_leavers() -> None:
    actions.move_leavers()
