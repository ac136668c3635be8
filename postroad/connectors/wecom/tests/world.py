"""A small company on the stand-in, and the account that Postroad has of it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from postroad.messengers.protocol import Account, Callback, RoomSpec
from tests.standins.http import Department
from tests.standins.wecom import AGENT, CALLBACK_KEY, CALLBACK_TOKEN, CORP, SECRET, WeComStandIn

MESSENGER = UUID("01936f00-0000-7000-8000-000000000001")


def company(**options: Any) -> WeComStandIn:
    """Head office with Sales (2) and, below it, Sales North (3)."""
    stand_in = WeComStandIn(**options)
    stand_in.departments[2] = Department(2, "销售部", 1, ["WangFang"])
    stand_in.departments[3] = Department(3, "华北销售", 2)
    stand_in.hire("WangFang", "王芳", departments=(2,), position="经理")
    stand_in.hire("LiLei", "李雷", departments=(2, 3))
    stand_in.hire("HanMei", "韩梅", departments=(3,))
    stand_in.hire("ZhaoLiu", "赵六")
    return stand_in


def account_of(stand_in: WeComStandIn, **changes: Any) -> Account:
    return Account(
        messenger_id=changes.pop("messenger_id", MESSENGER),
        key="wecom",
        settings={"corp_id": CORP, "agent_id": AGENT, "base_url": stand_in.url, **changes},
        secrets={"app_secret": SECRET, "callback_token": CALLBACK_TOKEN, "encoding_aes_key": CALLBACK_KEY},
    )


def sales_room(**changes: Any) -> RoomSpec:
    return RoomSpec(
        **{
            "key": "sales",
            "name": "销售部群",
            "owner_id": "WangFang",
            "member_ids": frozenset({"WangFang", "LiLei", "HanMei"}),
            **changes,
        }
    )


def callback(query: dict[str, str], body: bytes = b"", **changes: Any) -> Callback:
    return Callback(
        **{
            "method": "POST" if body else "GET",
            "path": "",
            "query": query,
            "headers": {},
            "body": body,
            "received_at": datetime.now(tz=UTC),
            **changes,
        }
    )
