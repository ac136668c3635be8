from collections.abc import Iterator

import pytest

from postroad.connectors.dingtalk import api
from postroad.connectors.dingtalk.models import InternalGroup
from postroad.connectors.dingtalk.tests.world import account_of, company
from postroad.messengers.protocol import Account
from tests.standins.dingtalk import DingTalkStandIn


@pytest.fixture
def stand_in(rates: None, no_pauses: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[DingTalkStandIn]:
    monkeypatch.setattr(api, "_tokens", api.Tokens())
    with company() as running:
        yield running
    InternalGroup.objects.all().delete()


@pytest.fixture(params=["scene", "internal"])
def account(stand_in: DingTalkStandIn, request: pytest.FixtureRequest) -> Account:
    """Once with a template for groups, once without."""
    return account_of(stand_in) if request.param == "scene" else account_of(stand_in, template_id="")
