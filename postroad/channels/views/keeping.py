"""Running a channel: changing it, its connection, its state, its owner and its team."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from postroad.channels import actions, queries
from postroad.channels.actions import Particulars
from postroad.channels.forms import (
    ChannelForm,
    ConnectionForm,
    HandOverForm,
    MemberForm,
    ReasonForm,
    secrets_known,
    show_refusal,
)
from postroad.channels.jobs import Job
from postroad.channels.models import Channel, ChannelMember
from postroad.channels.permissions import Permission, Right, get_channel_for
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.jobs import enqueue


@requires(Permission.CHANNEL_KEEP)
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    channel = get_channel_for(request.person, channel_id, Right.KEEP)
    form = ChannelForm(request.POST or None, initial=ChannelForm.initial_of(channel))
    for fixed in ("key", "owner"):
        del form.fields[fixed]
    if request.method == "POST" and form.is_valid():
        wanted = Particulars(**{**ChannelForm.initial_of(channel), **form.particulars()})
        try:
            outcome = actions.change_channel(
                channel=channel, wanted=wanted, person=request.person, actor=request.person.as_actor()
            )
        except (Invalid, Conflict) as refusal:
            _show(form, refusal)
        else:
            _tell(request, outcome)
            return redirect(channel)
    return _form_page(request, form, channel, title=_("Change the channel"), template="channels/edit.html")


@requires(Permission.CHANNEL_KEEP)
@require_http_methods(["GET", "POST"])
def connection(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    channel = get_channel_for(request.person, channel_id, Right.CONNECT)
    initial = ConnectionForm.connection_of(channel)
    form = ConnectionForm(request.POST or None, initial=initial, secrets_known=secrets_known(channel))
    if request.method == "POST" and form.is_valid():
        try:
            actions.connect_channel(
                channel=channel,
                address=form.cleaned_data["address"],
                connector=form.cleaned_data["connector"],
                settings=form.settings(),
                secrets=form.secrets(),
                actor=request.person.as_actor(),
            )
        except (Invalid, Conflict) as refusal:
            _show(form, refusal)
        else:
            messages.success(request, _("The connection was changed and is being checked."))
            return redirect(channel)
    return _form_page(request, form, channel, title=_("Connection"), template="channels/connection.html")


@requires(Permission.CHANNEL_KEEP)
@require_POST
def probe(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """Check the channel now, in the background."""
    channel = get_channel_for(request.person, channel_id, Right.CONNECT)
    enqueue(Job.PROBE, channel_id=str(channel.pk))
    messages.info(request, _("The check is under way; its result appears below by itself."))
    return redirect(channel)


@requires(Permission.CHANNEL_KEEP)
@require_http_methods(["GET", "POST"])
def suspend(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    channel = get_channel_for(request.person, channel_id, Right.KEEP)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.suspend_channel(channel=channel, actor=request.person.as_actor(), **form.cleaned_data)
        messages.success(request, _("The channel is suspended."))
        return redirect(channel)
    text = _("Nothing comes in or goes out until it is resumed. Mail for it waits at the sender.")
    return _form_page(request, form, channel, title=_("Suspend the channel"), text=text, save=_("Suspend"))


@requires(Permission.CHANNEL_KEEP)
@require_POST
def resume(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    channel = get_channel_for(request.person, channel_id, Right.KEEP)
    actions.resume_channel(channel=channel, actor=request.person.as_actor())
    messages.success(request, _("The channel is live again."))
    return redirect(channel)


@requires(Permission.CHANNEL_KEEP)
@require_http_methods(["GET", "POST"])
def retire(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    channel = get_channel_for(request.person, channel_id, Right.KEEP)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.retire_channel(channel=channel, actor=request.person.as_actor(), **form.cleaned_data)
        messages.success(request, _("The channel is retired."))
        return redirect(channel)
    text = _("This cannot be undone. What was said on the channel stays in the archive.")
    return _form_page(request, form, channel, title=_("Retire the channel"), text=text, save=_("Retire"))


@requires(Permission.CHANNEL_KEEP)
@require_http_methods(["GET", "POST"])
def hand_over(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    channel = get_channel_for(request.person, channel_id, Right.HAND_OVER)
    form = HandOverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            channel = actions.hand_over(
                channel=channel,
                to=form.cleaned_data["owner"],
                reason=form.cleaned_data["reason"],
                actor=request.person.as_actor(),
            )
        except (Invalid, Conflict) as refusal:
            _show(form, refusal)
        else:
            messages.success(request, _("%(name)s owns the channel now.") % {"name": channel.owner})
            return redirect(channel)
    return _form_page(request, form, channel, title=_("Hand the channel over"), save=_("Hand over"))


@requires(Permission.CHANNEL_KEEP)
@require_http_methods(["GET", "POST"])
def team(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """Add a person to the team; naming somebody who is on it changes their role and capacity."""
    channel = get_channel_for(request.person, channel_id, Right.KEEP)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_member(
                channel=channel,
                person=form.cleaned_data["person"],
                role=ChannelMember.Role(form.cleaned_data["role"]),
                capacity=form.cleaned_data["capacity"],
                actor=request.person.as_actor(),
            )
        except Invalid as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s is on the team.") % {"name": form.cleaned_data["person"]})
            return redirect("channels:team", channel.pk)
    members = list(queries.team_of(channel))
    return _form_page(
        request, form, channel, title=_("Team"), template="channels/team.html", save=_("Add or change"), team=members
    )


@requires(Permission.CHANNEL_KEEP)
@require_POST
def team_remove(request: StaffRequest, channel_id: UUID, member_id: UUID) -> HttpResponse:
    channel = get_channel_for(request.person, channel_id, Right.KEEP)
    member = queries.team_of(channel).filter(pk=member_id).first()
    if member is not None:
        actions.remove_member(member=member, actor=request.person.as_actor())
        messages.success(request, _("%(name)s is no longer on the team.") % {"name": member.person})
    return redirect("channels:team", channel.pk)


def _show(form: forms.Form, refusal: Invalid | Conflict) -> None:
    if isinstance(refusal, Invalid):
        show_refusal(form, refusal)
    else:
        form.add_error(None, refusal.message)


def _tell(request: StaffRequest, outcome: actions.Outcome) -> None:
    if outcome.applied:
        messages.success(request, _("The channel was changed."))
    if outcome.asked:
        asked = ngettext(
            "One change needs approval and was submitted.",
            "%(count)d changes need approval and were submitted.",
            len(outcome.asked),
        )
        messages.info(request, asked % {"count": len(outcome.asked)})
    if not outcome.applied and not outcome.asked:
        messages.info(request, _("Nothing was changed."))


def _form_page(
    request: StaffRequest,
    form: forms.Form,
    channel: Channel,
    *,
    title: str,
    template: str = "channels/form.html",
    **more: Any,
) -> HttpResponse:
    context = {"form": form, "channel": channel, "title": title, "back": channel.get_absolute_url(), **more}
    return render(request, template, context, status=422 if form.errors else 200)
