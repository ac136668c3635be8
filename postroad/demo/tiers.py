"""Where the demo's customers are led on to when nobody answers them."""

from collections.abc import Mapping

from postroad.channels.models import Channel
from postroad.desk import actions
from postroad.org.models import Person

LEADS_ON = {"hotline": ("web-chat", 0), "web-chat": ("customer-service", 10)}
"""By channel: what is offered, and after how many minutes without an answer."""


def lead_on(people: Mapping[str, Person]) -> None:
    """From the hotline into the chat at once, from the chat to mail after a while."""
    channels = {one.key: one for one in Channel.objects.filter(key__in={*LEADS_ON, "customer-service"})}
    for key, (offered, minutes) in LEADS_ON.items():
        actions.change_tier_rule(
            channel=channels[key], person=people["QH005"], enabled=True, offers=channels[offered], minutes=minutes
        )
