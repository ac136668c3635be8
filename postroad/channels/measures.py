"""What the register shows on the board."""

from collections.abc import Iterable

from django.urls import reverse

from postroad.channels import queries
from postroad.channels.models import Channel
from postroad.platform.measures import Measure, MeasureFunction, Period


def priority_classed(period: Period) -> Measure:
    """plan.priority: the share of channels in use that are classed. As things stand now, whatever the period."""
    del period
    channels = list(queries.in_use())
    return _share(channels, [one for one in channels if not one.priority], query="priority=none")


def _share(channels: Iterable[Channel], short: list[Channel], *, query: str) -> Measure:
    everything = list(channels)
    value = 100 * (len(everything) - len(short)) / len(everything) if everything else None
    return Measure(
        value=value,
        unit="percent",
        sample_size=len(everything),
        exceptions=len(short),
        evidence_url=f"{reverse('channels:channels')}?{query}",
        rests_on=frozenset(one.observability for one in everything),
    )


MEASURES: dict[str, MeasureFunction] = {"plan.priority": priority_classed}
