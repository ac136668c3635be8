"""Running the receiving side of all connectors in one process, until told to stop."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

from postroad.channels.actions import ChannelDirectory, take_in
from postroad.channels.protocol import Capability, Connector, connectors

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


def receiving_connectors() -> Sequence[Connector]:
    """The connectors that take messages in."""
    return [one for one in connectors() if Capability.RECEIVE in one.capabilities]


async def receive_all(stop: asyncio.Event) -> None:
    """Takes in on all connectors until `stop` is set. One that breaks is begun again; the others go on.

    Raises OSError when a connector cannot begin to listen at all (a port is taken), for the operator to see.
    """
    async with asyncio.TaskGroup() as group:
        for connector in receiving_connectors():
            group.create_task(_keep_receiving(connector, stop), name=connector.key)


async def _keep_receiving(connector: Connector, stop: asyncio.Event) -> None:
    pause = FIRST_PAUSE
    while not stop.is_set():
        try:
            await connector.receive(ChannelDirectory(connector.key), take_in, stop)
        except OSError:
            raise
        except Exception:
            log.exception("the connector %s stopped; it begins again in %.0f s", connector.key, pause)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stop.wait()
            pause = min(pause * 2, LONGEST_PAUSE)
