"""The knowledge base's background job."""

from postroad.knowledge import actions
from postroad.knowledge.jobs import Job
from postroad.platform.jobs import periodic


@periodic(Job.OPEN_REVIEWS, cron="20 * * * *")
def open_reviews() -> None:
    actions.open_reviews()
