"""The background jobs of live chat."""

from postroad.livechat import actions
from postroad.livechat.jobs import Job
from postroad.platform.jobs import periodic


@periodic(Job.FORGET, cron="23 * * * *")
def forget() -> None:
    actions.forget_keys()
    actions.forget_erased()
