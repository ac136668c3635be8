"""What the robot says and takes back, against the stand-in."""

import pytest

from postroad.channels.protocol import OutgoingAttachment, SendFailed
from postroad.connectors.dingtalk.connector import DingTalk
from postroad.connectors.dingtalk.sending import as_markdown
from postroad.connectors.dingtalk.tests.world import account_of, sales_room
from postroad.messengers.conformance import outgoing
from postroad.messengers.protocol import MessengerFault
from tests.standins.http import Fault

DINGTALK = DingTalk()


@pytest.fixture
def account(stand_in):
    return account_of(stand_in)


@pytest.fixture
def room_id(account):
    return DINGTALK.make_room(account, sales_room())


def test_a_notice_with_a_subject_is_markdown_in_which_text_stays_text(stand_in, account, room_id):
    DINGTALK.send(account, room_id, outgoing(subject="停电 *通知*", text="# 1号楼\n_全部_"))
    [said] = stand_in.said
    assert said.kind == "sampleMarkdown"
    assert said.content == {"title": "停电 *通知*", "text": "#### 停电 \\*通知\\*\n\n\\# 1号楼  \n\\_全部\\_"}
    assert as_markdown("a", "b") == "#### a\n\nb"


def test_a_file_carries_name_and_kind(stand_in, account, room_id):
    file = OutgoingAttachment("报价 (1).pdf", "application/pdf", 5, lambda: iter([b"\x00\xff", b"\r\n."]))
    DINGTALK.send(account, room_id, outgoing(text="见附件", attachments=(file,)))
    assert [one.kind for one in stand_in.said] == ["sampleText", "sampleFile"]
    content = stand_in.said[1].content
    assert (content["fileName"], content["fileType"]) == ("报价 (1).pdf", "pdf")
    assert stand_in.media[content["mediaId"]] == ("报价 (1).pdf", b"\x00\xff\r\n.")


def test_all_parts_of_a_message_of_ours_can_be_taken_back_and_nothing_else(stand_in, account, room_id):
    sent = DINGTALK.send(account, room_id, outgoing(text="长" * 6000))
    assert len(stand_in.said) > 1
    DINGTALK.redact(account, room_id, sent.external_id, reason="误发")
    assert all(one.recalled for one in stand_in.said)
    with pytest.raises(MessengerFault, match="ourselves") as fault:
        DINGTALK.redact(account, room_id, "msg123", reason="广告")
    assert fault.value.permanent
    with pytest.raises(MessengerFault, match="any more"):
        DINGTALK.redact(account, room_id, "sent:gone", reason="误发")


def test_a_message_that_failed_half_way_goes_on_where_it_stopped(stand_in, account, room_id):
    message = outgoing(text="".join(f"{number:05}\n" for number in range(2000)))
    stand_in.order(Fault.DROPPED, path="groupMessages/send", after=1)
    with pytest.raises(SendFailed):
        DINGTALK.send(account, room_id, message)
    assert len(stand_in.said) == 1
    sent = DINGTALK.send(account, room_id, message)
    assert "".join(one.content["content"] for one in stand_in.said) == message.text
    assert sent.external_id == "sent:" + ",".join(one.key for one in stand_in.said)


def test_an_answer_that_got_lost_is_not_said_twice_by_us(stand_in, account, room_id):
    stand_in.order(Fault.LOST, path="groupMessages/send")
    with pytest.raises(SendFailed) as failure:
        DINGTALK.send(account, room_id, outgoing())
    assert failure.value.permanent is False
    assert len(stand_in.said) == 1


def test_a_robot_that_is_not_in_the_group_is_for_the_operator_to_mend(stand_in, room_id):
    other = account_of(stand_in, robot_code="another")
    with pytest.raises(SendFailed, match="robot code") as failure:
        DINGTALK.send(other, room_id, outgoing())
    assert failure.value.permanent is False


def test_somebody_who_wrote_to_the_robot_is_answered_alone(stand_in, account):
    DINGTALK.send(account, "direct:lilei", outgoing(text="收到"))
    assert [(one.where, one.content["content"]) for one in stand_in.said] == [("lilei", "收到")]
    with pytest.raises(SendFailed) as failure:
        DINGTALK.send(account, "direct:nobody", outgoing())
    assert failure.value.permanent is True
