"""What is said in groups and to single members, against the stand-in."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from postroad.channels.protocol import OutgoingAttachment, OutgoingMessage, SendFailed
from postroad.connectors.web_api import Limit
from postroad.connectors.wecom import api
from postroad.connectors.wecom.connector import WeCom
from postroad.connectors.wecom.tests.world import sales_room
from postroad.platform.ids import new_id
from postroad.platform.rates import Rate
from tests.standins.http import Fault

WECOM = WeCom()


def message(text="各位好，“明天”停电。<b> \\u4e00", **changes):
    outgoing = OutgoingMessage(
        message_id=new_id(),
        channel_id=new_id(),
        recipients=(),
        subject="",
        text=text,
        created_at=datetime.now(tz=UTC),
    )
    return replace(outgoing, **changes)


@pytest.fixture
def room_id(stand_in, account):
    return WECOM.make_room(account, sales_room())


def test_what_is_said_arrives_as_it_was(stand_in, account, room_id):
    result = WECOM.send(account, room_id, message("各位好\n“引号” & <b>"))
    [said] = stand_in.said
    assert (said.where, said.kind, said.content) == (room_id, "text", {"content": "各位好\n“引号” & <b>"})
    assert result.external_id


def test_a_long_text_is_said_in_parts_and_a_very_long_one_as_a_file(stand_in, account, room_id):
    text = "".join(f"第{number}行，内容。\n" for number in range(200))
    WECOM.send(account, room_id, message(text))
    assert len(stand_in.said) > 1
    assert "".join(one.content["content"] for one in stand_in.said) == text
    stand_in.said.clear()
    WECOM.send(account, room_id, message(text * 10, subject="通知"))
    [said] = stand_in.said
    assert said.kind == "file"
    assert stand_in.media[said.content["media_id"]] == ("通知.txt", (text * 10).encode())


def test_files_come_with_name_and_content_and_pictures_as_pictures(stand_in, account, room_id):
    files = (
        OutgoingAttachment("报价 (1).pdf", "application/pdf", 5, lambda: iter([b"\x00\xff", b"\r\n."])),
        OutgoingAttachment("a.png", "image/png", 3, b"png"),
    )
    WECOM.send(account, room_id, message(attachments=files))
    assert [one.kind for one in stand_in.said] == ["text", "file", "image"]
    kept = [stand_in.media[one.content["media_id"]] for one in stand_in.said[1:]]
    assert kept == [("报价 (1).pdf", b"\x00\xff\r\n."), ("a.png", b"png")]


def test_a_file_that_cannot_be_handed_over_leaves_nothing_said(stand_in, account, room_id):
    stand_in.order(Fault.BROKEN, path="media/upload", times=9)
    with pytest.raises(SendFailed) as failure:
        WECOM.send(account, room_id, message(attachments=(OutgoingAttachment("a", "text/plain", 1, b"a"),)))
    assert failure.value.permanent is False
    assert stand_in.said == []


def test_an_answer_that_got_lost_is_not_said_twice_by_us(stand_in, account, room_id):
    stand_in.order(Fault.LOST, path="appchat/send")
    with pytest.raises(SendFailed) as failure:
        WECOM.send(account, room_id, message())
    assert failure.value.permanent is False
    assert len(stand_in.said) == 1


def test_a_missing_group_is_permanent_an_outage_is_not(stand_in, account, room_id):
    with pytest.raises(SendFailed) as failure:
        WECOM.send(account, "0" * 32, message())
    assert failure.value.permanent is True
    stand_in.break_down()
    with pytest.raises(SendFailed) as failure:
        WECOM.send(account, room_id, message())
    assert failure.value.permanent is False


def test_an_answer_to_a_member_is_said_once_even_if_sent_twice(stand_in, account):
    answer = message("收到")
    stand_in.order(Fault.LOST, path="message/send")
    first = WECOM.send(account, "direct:LiLei", answer)
    assert WECOM.send(account, "direct:LiLei", answer).external_id == first.external_id
    assert [(one.where, one.content["content"]) for one in stand_in.said] == [("LiLei", "收到")]


def test_a_member_who_is_gone_cannot_be_answered(stand_in, account):
    with pytest.raises(SendFailed) as failure:
        WECOM.send(account, "direct:Nobody", message())
    assert failure.value.permanent is True


def test_a_message_to_a_large_group_counts_for_each_member(stand_in, account, room_id, monkeypatch):
    minute = api.MINUTE
    monkeypatch.setattr(
        "postroad.connectors.wecom.sending.GROUP_DELIVERIES", Limit(Rate(calls=4, period=minute), minute)
    )
    WECOM.send(account, room_id, message())
    WECOM.send(account, room_id, message())
    with pytest.raises(SendFailed) as failure:
        WECOM.send(account, room_id, message())
    assert failure.value.permanent is False
    assert len(stand_in.said) == 2
