"""The health probe of a mailbox: a mail from the channel to itself, recognised when it comes in."""

from datetime import UTC, datetime

from postroad.channels.protocol import Endpoint, Health, SendFailed
from postroad.connectors.mail.compose import compose_probe
from postroad.connectors.mail.send import submit


def probe(endpoint: Endpoint, token: str) -> Health:
    """Sends the probe named `token`. The verdict is open until it arrives through the sink."""
    try:
        submit(endpoint, compose_probe(endpoint, token, at=datetime.now(tz=UTC)))
    except SendFailed as failure:
        return Health(ok=False, detail=f"SMTP: {failure.reason}")
    return Health(ok=None)
