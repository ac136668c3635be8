from collections.abc import Iterator

import pytest

from postroad.connectors.wecom import api
from postroad.connectors.wecom.tests.world import account_of, company
from postroad.messengers.protocol import Account
from tests.standins.wecom import WeComStandIn


@pytest.fixture
def stand_in(rates: None, no_pauses: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[WeComStandIn]:
    monkeypatch.setattr(api, "_tokens", api.Tokens())
    with company() as running:
        yield running


@pytest.fixture
def account(stand_in: WeComStandIn) -> Account:
    return account_of(stand_in)
