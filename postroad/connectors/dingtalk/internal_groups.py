"""Groups without a template. DingTalk has no key against making one twice, so that it was asked for is noted first."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_noop

from postroad.connectors.dingtalk.api import Api
from postroad.connectors.dingtalk.group_settings import CAMEL, read_settings, write_settings
from postroad.connectors.dingtalk.models import InternalGroup
from postroad.connectors.room_changes import Step
from postroad.connectors.web_api import Unanswered
from postroad.messengers.protocol import Account, MessengerFault, RoomSpec, RoomState

UNSURE_FOR = timedelta(days=1)
UNSURE = gettext_noop(
    "DingTalk was asked to make this group and its answer got lost. It is asked again a day later; "
    "if the group is there, dissolve it by hand before."
)


def make(api: Api, account: Account, spec: RoomSpec, *, first: Sequence[str]) -> str:
    group, new = InternalGroup.objects.get_or_create(
        messenger_id=account.messenger_id, key=spec.key, defaults={"asked_at": timezone.now()}
    )
    if group.conversation_id:
        return group.conversation_id
    if not new:
        _ask_again(group)
    body = {
        "name": spec.name,
        "owner": spec.owner_id,
        "ownerType": "emp",
        "useridlist": list(first),
        "managementOptions": write_settings(spec.settings, CAMEL),
    }
    try:
        made = api.post("v1.0/im/group/create", body, repeatable=False)
    except Unanswered:
        raise
    except MessengerFault:
        # It was refused for sure, so there is none.
        group.delete()
        raise
    InternalGroup.objects.filter(pk=group.pk).update(conversation_id=made["openConversationId"], chat_id=made["chatid"])
    return str(made["openConversationId"])


def _ask_again(group: InternalGroup) -> None:
    """Takes the right to ask once more, long after an answer got lost. Raises `MessengerFault` before that."""
    now = timezone.now()
    waiting = InternalGroup.objects.filter(pk=group.pk, conversation_id="", asked_at__lte=now - UNSURE_FOR)
    if not waiting.update(asked_at=now):
        raise MessengerFault(UNSURE, retry_after=max(group.asked_at + UNSURE_FOR - now, timedelta(seconds=1)))


def read(api: Api, room_id: str, chat_id: str) -> RoomState:
    chat = api.old_get("chat/get", chatid=chat_id)["chat_info"]
    owner = chat.get("owner") or None
    return RoomState(
        id=room_id,
        name=chat.get("name", ""),
        owner_id=owner,
        members=frozenset(chat.get("useridlist", ())) | ({owner} if owner else frozenset()),
        settings=read_settings(chat, CAMEL),
    )


def take_step(api: Api, chat_id: str, step: Step) -> None:
    fields = {
        "name": step.name,
        "owner": step.owner_id,
        "add_useridlist": list(step.add),
        "del_useridlist": list(step.remove),
        "managementOptions": write_settings(step.settings, CAMEL),
    }
    api.post("v1.0/im/group/update", {"chatid": chat_id, **{name: value for name, value in fields.items() if value}})
