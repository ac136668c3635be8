"""Every write of live chat."""

from postroad.livechat.actions.going import leave, make_link, offer_mail, resume
from postroad.livechat.actions.keeping import change_settings, forget_erased, forget_keys, new_identity_secret
from postroad.livechat.actions.posting import Post, Posted, post, post_together
from postroad.livechat.actions.showing import (
    agent_reads,
    agent_said,
    agent_types,
    tell_of_deliveries,
    visitor_saw,
    visitor_types,
    visitors_are_there,
)
from postroad.livechat.actions.starting import open_offer, start

__all__ = [
    "Post",
    "Posted",
    "agent_reads",
    "agent_said",
    "agent_types",
    "change_settings",
    "forget_erased",
    "forget_keys",
    "leave",
    "make_link",
    "new_identity_secret",
    "offer_mail",
    "open_offer",
    "post",
    "post_together",
    "resume",
    "start",
    "tell_of_deliveries",
    "visitor_saw",
    "visitor_types",
    "visitors_are_there",
]
