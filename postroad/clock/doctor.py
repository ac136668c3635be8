"""What `postroad doctor` asks of the calendars."""

from collections.abc import Iterator

from postroad.clock import queries
from postroad.platform.doctor import Finding, Level


def statutory_days_are_known() -> Iterator[Finding]:
    """Whether each calendar that follows statutory days knows those of now and of three months ahead."""
    for version in queries.calendars():
        years = ", ".join(str(year) for year in queries.missing_years(version.working_calendar()))
        subject = f"calendar {version.calendar.key}"
        if years:
            mend = "update Postroad, or import the days on the calendar's page, and add a version"
            yield Finding(Level.WARNING, subject, f"the statutory days of {years} are not known", mend)
        else:
            yield Finding(Level.FINE, subject, "knows the days it has to know")
