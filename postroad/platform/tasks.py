"""The platform's own upkeep."""

import logging
from enum import StrEnum

from django.utils import timezone
from procrastinate.contrib.django import app

from postroad.platform.jobs import periodic
from postroad.platform.realtime import forget_old_events

log = logging.getLogger(__name__)

STALLED_SECONDS = 60


class Job(StrEnum):
    FORGET_LIVE_EVENTS = "platform.forget_live_events"
    RESUME_STALLED_JOBS = "platform.resume_stalled_jobs"


@periodic(Job.FORGET_LIVE_EVENTS, cron="*/10 * * * *")
def forget_live_events() -> None:
    forget_old_events()


@app.periodic(cron="* * * * *")
@app.task(name=Job.RESUME_STALLED_JOBS, queueing_lock=Job.RESUME_STALLED_JOBS, pass_context=False)
async def resume_stalled_jobs(timestamp: int) -> None:
    """Puts back the jobs of workers that died midway; every task is safe to run twice."""
    del timestamp
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        log.warning("job %s (%s) was left by a dead worker; it runs again", job.id, job.task_name)
        await app.job_manager.retry_job(job, retry_at=timezone.now())
