"""Which channel an address belongs to, without asking the database for each recipient."""

import asyncio
import logging
import time

from postroad.channels.protocol import Directory, Endpoint, TemporarilyUnavailable
from postroad.connectors.mail.addresses import normal, read_tag

log = logging.getLogger(__name__)

FRESH_SECONDS = 5.0
ASK_AGAIN_SECONDS = 0.5


class AddressBook:
    """A copy of the directory, renewed when it is old or does not know an address. For one event loop."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._by_address: dict[str, Endpoint] | None = None
        self._read_at = float("-inf")
        self._renewing = asyncio.Lock()

    async def find(self, address: str) -> Endpoint | None:
        """The endpoint at `address`, plus part or not; None for an address that is not ours.

        Raises TemporarilyUnavailable while the directory has never been read and cannot be.
        """
        if self._age() > FRESH_SECONDS:
            await self._renew(unless_younger_than=FRESH_SECONDS)
        if (found := self._look_up(address)) is None:
            await self._renew(unless_younger_than=ASK_AGAIN_SECONDS)
            found = self._look_up(address)
        if self._by_address is None:
            raise TemporarilyUnavailable("the directory of channels cannot be read")
        return found

    def _look_up(self, address: str) -> Endpoint | None:
        book = self._by_address or {}
        # An address registered with a plus in it is itself; otherwise what follows the plus is ours to read.
        return book.get(normal(address)) or book.get(read_tag(address).address)

    def _age(self) -> float:
        return time.monotonic() - self._read_at

    async def _renew(self, *, unless_younger_than: float) -> None:
        async with self._renewing:
            if self._age() <= unless_younger_than:
                return
            self._read_at = time.monotonic()
            try:
                endpoints = await asyncio.to_thread(self._directory.endpoints)
            except TemporarilyUnavailable as error:
                log.warning("the directory of channels is kept as it was: %s", error)
                return
            self._by_address = {normal(one.address): one for one in endpoints if one.address}
