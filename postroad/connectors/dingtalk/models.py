"""What DingTalk does not keep for us: how a group without a template was asked for, and the second of its two names."""

from django.db import models
from django.db.models import Q

from postroad.platform.models import Identified


class InternalGroup(Identified):
    """A group made without a template. Its row is there before DingTalk is asked, which has no key against asking
    twice; `conversation_id` is empty until it answered.
    """

    messenger_id = models.UUIDField()
    key = models.CharField(max_length=100)
    asked_at = models.DateTimeField()
    conversation_id = models.CharField(max_length=255, blank=True)
    chat_id = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["messenger_id", "key"], name="internal_group_made_once"),
            models.UniqueConstraint(
                fields=["messenger_id", "conversation_id"],
                name="internal_group_conversation_once",
                condition=~Q(conversation_id=""),
            ),
            models.CheckConstraint(
                name="internal_group_has_both_names",
                condition=Q(conversation_id="", chat_id="") | ~Q(conversation_id="") & ~Q(chat_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.key
