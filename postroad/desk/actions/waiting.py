"""Telling the customer that it is their turn, where the queue says so."""

from __future__ import annotations

from postroad.channels.protocol import Recipient, RecipientRole
from postroad.conversations import actions as conversations
from postroad.desk import queries
from postroad.desk.models import Case, CaseState
from postroad.platform.actors import Actor


def with_notice(text: str, case: Case, after: str) -> str:
    """A reply's text, and below it what the queue says to customers when we wait for them, if we do."""
    notice = queries.queue_of(case.channel).waiting_notice if after == CaseState.WAITING else ""
    return f"{text.rstrip()}\n\n{notice}" if notice else text


def tell_we_wait(case: Case) -> None:
    """Tell the customer by mail that we wait for them, where the queue says so and there is a mail to answer.

    Call it before the case is locked: the conversation is locked first, as everywhere.
    """
    notice = queries.queue_of(case.channel).waiting_notice
    conversation = queries.locked_conversation_to_answer(case) if notice else None
    message = queries.message_to_answer(case, conversation) if conversation else None
    if conversation is None or message is None or not message.may_autorespond or not message.answer_address:
        return
    conversations.say(
        conversation=conversation,
        actor=Actor.system("desk"),
        person=None,
        text=notice,
        to=[Recipient(RecipientRole.TO, message.sender_name, message.answer_address)],
        reply_to=message,
        subject_token=queries.token_for(case, conversation),
        automatic=True,
    )
