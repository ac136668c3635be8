"""A small company on the stand-in, and the accounts that Postroad may have of it."""

from typing import Any
from uuid import UUID

from postroad.connectors.wecom.tests.world import callback
from postroad.messengers.protocol import Account, RoomSpec
from tests.standins.dingtalk import APP_KEY, APP_SECRET, CALLBACK_KEY, CALLBACK_TOKEN, TEMPLATE, DingTalkStandIn
from tests.standins.http import Department

__all__ = ["account_of", "callback", "company", "sales_room"]

MESSENGER = UUID("01936f00-0000-7000-8000-000000000002")


def company() -> DingTalkStandIn:
    """Head office with Sales (2) and, below it, Sales North (3)."""
    stand_in = DingTalkStandIn()
    stand_in.departments[2] = Department(2, "销售部", 1, ["wangfang"])
    stand_in.departments[3] = Department(3, "华北销售", 2)
    stand_in.hire("wangfang", "王芳", departments=(2,), job_number="A1", title="经理", org_email="wf@example.test")
    stand_in.hire("lilei", "李雷", departments=(2, 3), job_number="A2")
    stand_in.hire("hanmei", "韩梅", departments=(3,))
    stand_in.hire("zhaoliu", "赵六")
    return stand_in


def account_of(stand_in: DingTalkStandIn, **changes: Any) -> Account:
    """With a group template; `template_id=""` for one without."""
    return Account(
        messenger_id=changes.pop("messenger_id", MESSENGER),
        key="dingtalk",
        settings={
            "app_key": APP_KEY,
            "template_id": TEMPLATE,
            "base_url": stand_in.url,
            "old_base_url": stand_in.url,
            "calls_per_month": 5000,
            **changes,
        },
        secrets={"app_secret": APP_SECRET, "callback_token": CALLBACK_TOKEN, "encoding_aes_key": CALLBACK_KEY},
    )


def sales_room(**changes: Any) -> RoomSpec:
    return RoomSpec(
        **{
            "key": "sales",
            "name": "销售部群",
            "owner_id": "wangfang",
            "member_ids": frozenset({"wangfang", "lilei", "hanmei"}),
            **changes,
        }
    )
