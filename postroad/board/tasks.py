"""Background entry points of the board."""

from postroad.board import actions
from postroad.board.jobs import Job
from postroad.platform.jobs import periodic


@periodic(Job.RECORD_FIGURES, cron="*/10 * * * *")
def record_figures() -> None:
    """Every ten minutes, so that today's figure is fresh and the days before settle."""
    actions.record_recent_figures()
