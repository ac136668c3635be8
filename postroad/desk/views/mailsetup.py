"""How mail is written and answered on a channel, and the signatures of people."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import ModelForm
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from postroad.channels.models import Channel
from postroad.desk import actions, queries
from postroad.desk.mailforms import MailRulesForm, SenderForm, SignatureForm
from postroad.desk.models import SenderAddress, Signature
from postroad.desk.permissions import Permission, get_channel_for, get_sender, sight_of
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.QUEUE_MANAGE)
def mail(request: StaffRequest, key: str) -> HttpResponse:
    """One channel: undo and out of hours, its signature, the addresses its team writes from."""
    channel = get_channel_for(request.person, key)
    doing = request.POST.get("do") if request.method == "POST" else None
    rules = MailRulesForm(
        request.POST if doing == "rules" else None, instance=queries.mail_rules_of(channel), prefix="rules"
    )
    signature = SignatureForm(
        request.POST if doing == "signature" else None,
        instance=queries.signature_of(None, channel) or Signature(channel=channel),
        prefix="signature",
    )
    sender = SenderForm(request.POST if doing == "sender" else None, instance=SenderAddress(), prefix="sender")
    every: dict[str, ModelForm[Any]] = {"rules": rules, "signature": signature, "sender": sender}
    form = every.get(doing or "")
    if form is not None and form.is_valid():
        try:
            _do(doing, form, channel, request)
        except Invalid as refusal:
            for field, message in refusal.fields.items():
                form.add_error(field if field in form.fields else None, message)
        else:
            messages.success(request, _("Kept."))
            return HttpResponseRedirect(request.path)
    context = {
        "channel": channel,
        "rules_form": rules,
        "signature_form": signature,
        "sender_form": sender,
        "senders": channel.sender_addresses.all(),
    }
    return render(request, "desk/mail.html", context, status=422 if form is not None else 200)


def _do(doing: str | None, form: Any, channel: Channel, request: StaffRequest) -> None:
    match doing:
        case "rules":
            actions.change_mail_rules(channel=channel, person=request.person, **form.cleaned_data)
        case "signature":
            actions.save_signature(owner=None, channel=channel, person=request.person, **form.cleaned_data)
        case _:
            actions.add_sender(channel=channel, person=request.person, **form.cleaned_data)


@require_POST
@requires(Permission.QUEUE_MANAGE)
def sender_remove(request: StaffRequest, key: str, sender_id: UUID) -> HttpResponse:
    channel = get_channel_for(request.person, key)
    try:
        actions.remove_sender(sender=get_sender(channel, sender_id), person=request.person)
        messages.success(request, _("The team no longer writes from this address."))
    except Conflict as refusal:
        messages.error(request, refusal.message)
    return HttpResponseRedirect(reverse("desk:mail", args=[channel.key]))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CASE_WORK)
def signatures(request: StaffRequest) -> HttpResponse:
    """One's own signatures: everywhere, and on one channel."""
    channels = list(sight_of(request.person).queues().order_by("name"))
    channel = next((one for one in channels if one.key == request.GET.get("channel")), None)
    known = queries.signatures_of(request.person)
    shown = next((one for one in known if one.channel_id == (channel.pk if channel else None)), None)
    form = SignatureForm(request.POST or None, instance=shown or Signature(person=request.person, channel=channel))
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_signature(owner=request.person, channel=channel, person=request.person, **form.cleaned_data)
        except Invalid as refusal:
            for field, message in refusal.fields.items():
                form.add_error(field, message)
        else:
            messages.success(request, _("Your signature is kept."))
            return HttpResponseRedirect(request.get_full_path())
    context = {"form": form, "channel": channel, "channels": channels, "own": {one.channel_id for one in known}}
    return render(request, "desk/signatures.html", context, status=422 if form.is_bound else 200)
