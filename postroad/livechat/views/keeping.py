"""Setting live chats up: the list, one chat's settings with its script tag, the identity key, the preview."""

from __future__ import annotations

import time

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from postroad.channels.models import Channel
from postroad.livechat import actions, queries, texts
from postroad.livechat import identity as identities
from postroad.livechat.forms import ChatForm
from postroad.livechat.permissions import Permission, get_chat
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires


@require_safe
@requires(Permission.SETTINGS_VIEW)
def chats(request: StaffRequest) -> HttpResponse:
    found = [(one, texts.settings_of(one)) for one in queries.chats()]
    return render(request, "livechat/chats.html", {"chats": found})


@require_safe
@requires(Permission.SETTINGS_VIEW)
def chat(request: StaffRequest, key: str) -> HttpResponse:
    channel = get_chat(key)
    form = ChatForm(instance=texts.settings_of(channel))
    return _page(request, channel, form, may_edit=request.user.may(Permission.SETTINGS_EDIT))


@require_POST
@requires(Permission.SETTINGS_EDIT)
def save(request: StaffRequest, key: str) -> HttpResponse:
    channel = get_chat(key)
    form = ChatForm(request.POST, instance=texts.settings_of(channel))
    if not form.is_valid():
        return _page(request, channel, form, may_edit=True)
    # The form has written into its own instance; what is in force is changed by the action.
    actions.change_settings(channel=channel, values=form.values, person=request.person)
    messages.success(request, _("The chat is set up like this from now on."))
    return HttpResponseRedirect(reverse("livechat:chat", args=[key]))


@require_POST
@requires(Permission.SETTINGS_EDIT)
def identity(request: StaffRequest, key: str) -> HttpResponse:
    """Make a new identity key and show it, this once."""
    channel = get_chat(key)
    secret = actions.new_identity_secret(channel=channel, person=request.person)
    channel = get_chat(key)
    return _page(request, channel, ChatForm(instance=texts.settings_of(channel)), may_edit=True, secret=secret)


@require_safe
@requires(Permission.SETTINGS_VIEW)
def preview(request: StaffRequest, key: str) -> HttpResponse:
    """The chat as visitors see it, on a page like theirs."""
    channel = get_chat(key)
    return render(request, "livechat/preview.html", {"chat": channel})


def _page(request: StaffRequest, channel: Channel, form: ChatForm, *, may_edit: bool, secret: str = "") -> HttpResponse:
    context = {
        "chat": channel,
        "form": form,
        "may_edit": may_edit,
        "standing": queries.standing_of(channel),
        "tag": f'<script src="{settings.URL}{reverse("chat:widget")}" data-chat="{channel.key}" async></script>',
        "page_url": f"{settings.URL}{reverse('chat:page', args=[channel.key])}",
        "secret": secret,
        "signs": bool(texts.settings_of(channel).sealed_identity_secret),
        "example": identities.signed({"id": "42", "name": "Li Lei", "exp": int(time.time()) + 3600}, secret=secret)
        if secret
        else "",
    }
    return render(request, "livechat/chat.html", context, status=422 if form.is_bound and form.errors else 200)
