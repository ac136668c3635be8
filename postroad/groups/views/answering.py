"""Who answers: stray groups, hand-overs, and the owners' confirmations."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postroad.channels.permissions import may_keep
from postroad.groups import actions, queries
from postroad.groups.forms import AskForm, ClaimForm, ConfirmationForm, ReasonForm, SuccessorForm, show
from postroad.groups.models import HandOver
from postroad.groups.permissions import (
    Permission,
    get_hand_over_for,
    get_stray_for,
    hand_overs_visible_to,
)
from postroad.groups.views.shared import form_page, tabs
from postroad.messengers import queries as messengers
from postroad.messengers.protocol import Feature, MessengerFault, messenger_of
from postroad.org.middleware import StaffRequest
from postroad.platform import blobs
from postroad.platform.authorisation import requires
from postroad.platform.errors import DomainError, NotFound
from postroad.platform.pagination import keyset

# --- stray groups -------------------------------------------------------------------------------------------


@requires(Permission.STRAY_HANDLE)
@require_GET
def strays(request: StaffRequest) -> HttpResponse:
    return render(request, "groups/strays.html", {**_strays_context(request), "tabs": tabs(request, "strays")})


@requires(Permission.STRAY_HANDLE)
@require_GET
def strays_results(request: StaffRequest) -> HttpResponse:
    return render(request, "groups/strays_results.html", _strays_context(request))


def _strays_context(request: StaffRequest) -> dict[str, Any]:
    page = keyset(messengers.strays(), order=("-member_count", "name", "id"), cursor=request.GET.get("cursor"))
    return {"page": page, "strays": queries.with_makers(page.items)}


@requires(Permission.STRAY_ANSWER)
@require_GET
def stray(request: StaffRequest, room_id: UUID) -> HttpResponse:
    room = get_stray_for(request.person, room_id)
    [found] = queries.with_makers([room])
    handles = request.user.may(Permission.STRAY_HANDLE)
    maker = found.creator.person if found.creator else None
    context = {
        "room": room,
        "stray": found,
        "members": messengers.members_of(room),
        "asked": found.question is not None
        and found.question.person_id == request.person.pk
        and found.question.state == found.question.State.ASKED,
        "ask_form": AskForm(initial={"person": maker}),
        "handles": handles,
        "can_close": handles and Feature.CLOSE_ROOM in messenger_of(room.messenger.connector).features,
        "tabs": tabs(request, "strays"),
    }
    return render(request, "groups/stray.html", context)


@requires(Permission.STRAY_ANSWER)
@require_http_methods(["GET", "POST"])
def stray_register(request: StaffRequest, room_id: UUID) -> HttpResponse:
    """Apply for the registration of a stray group, with what is known filled in."""
    room = get_stray_for(request.person, room_id)
    [found] = queries.with_makers([room])
    owner = (found.creator.person if found.creator else None) or request.person
    initial = {
        "name": room.name,
        "owner": owner,
        "department": owner.department_id,
        "key": f"group-{room.pk.hex[-8:]}",
    }
    form = ClaimForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            asked = actions.claim_stray(
                room=room, claim=form.value(), applicant=request.person, actor=request.person.as_actor()
            )
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The application was submitted. You see here how it goes on."))
            return redirect(asked)
    return form_page(
        request,
        form,
        title=_("Register the group"),
        save=_("Submit"),
        back=reverse("groups:stray", args=[room.pk]),
        back_label=room.name,
        active="strays",
    )


@requires(Permission.STRAY_HANDLE)
@require_POST
def stray_ask(request: StaffRequest, room_id: UUID) -> HttpResponse:
    """Ask somebody to answer for a stray group."""
    room = get_stray_for(request.person, room_id)
    form = AskForm(request.POST)
    if form.is_valid():
        actions.ask_about(room=room, person=form.cleaned_data["person"], asker=request.person)
        messages.success(request, _("%(name)s was asked and has a due date.") % {"name": form.cleaned_data["person"]})
    else:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("groups:stray", room.pk)


@requires(Permission.STRAY_ANSWER)
@require_POST
def stray_may_close(request: StaffRequest, room_id: UUID) -> HttpResponse:
    room = get_stray_for(request.person, room_id)
    actions.may_be_closed(room=room, person=request.person)
    messages.success(request, _("Noted. Those who keep the groups close it."))
    return redirect("web:my_work")


@requires(Permission.STRAY_HANDLE)
@require_http_methods(["GET", "POST"])
def stray_close(request: StaffRequest, room_id: UUID) -> HttpResponse:
    room = get_stray_for(request.person, room_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.close_stray(room=room, reason=form.cleaned_data["reason"], person=request.person)
        except DomainError as refusal:
            show(form, refusal)
        except MessengerFault as fault:
            form.add_error(None, _("The messenger did not do it: %(reason)s") % {"reason": fault})
        else:
            messages.success(request, _("The group is closed."))
            return redirect("groups:strays")
    return form_page(
        request,
        form,
        title=_("Close the stray group"),
        text=_("The group ends in the messenger for everybody in it. This cannot be undone."),
        save=_("Close the group"),
        back=reverse("groups:stray", args=[room.pk]),
        back_label=room.name,
        active="strays",
    )


# --- hand-overs ---------------------------------------------------------------------------------------------


@requires(Permission.HAND_OVER_DECIDE)
@require_GET
def hand_overs(request: StaffRequest) -> HttpResponse:
    which = request.GET.get("which", "open")
    found = hand_overs_visible_to(request.person)
    found = found.exclude(state=HandOver.State.OPEN) if which == "closed" else found.filter(state=HandOver.State.OPEN)
    context = {
        "page": keyset(found, order=("-opened_at", "-id"), cursor=request.GET.get("cursor")),
        "which": which,
        "tabs": tabs(request, "hand-overs"),
    }
    return render(request, "groups/hand_overs.html", context)


@requires(Permission.HAND_OVER_DECIDE)
@require_http_methods(["GET", "POST"])
def hand_over(request: StaffRequest, hand_over_id: UUID) -> HttpResponse:
    """One hand-over; posting settles it."""
    shown = get_hand_over_for(request.person, hand_over_id)
    decides = shown.state == HandOver.State.OPEN and (
        request.person.pk in {shown.proposed_id, shown.previous_id} or request.user.may(Permission.HAND_OVER_DECIDE_ANY)
    )
    form = SuccessorForm(request.POST or None, initial={"successor": shown.proposed})
    if request.method == "POST" and decides and form.is_valid():
        try:
            actions.take_over(hand_over=shown, successor=form.cleaned_data["successor"], person=request.person)
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(
                request, _("%(name)s answers for the channel now.") % {"name": form.cleaned_data["successor"]}
            )
            return redirect(shown)
    context = {"hand_over": shown, "form": form, "decides": decides, "tabs": tabs(request, "hand-overs")}
    return render(request, "groups/hand_over.html", context, status=422 if form.errors else 200)


# --- confirmations ------------------------------------------------------------------------------------------


@requires(Permission.CHANNEL_CONFIRM)
@require_GET
def confirmations(request: StaffRequest) -> HttpResponse:
    """The channels that rest on their owner's word: all for those who keep groups, else one's own."""
    keeps = request.user.may(Permission.GROUP_VIEW_ALL)
    found = queries.attested_channels() if keeps else queries.confirmable_by(request.person)
    rows = [(one, may_keep(request.person, one.channel)) for one in queries.confirmable(found)]
    context = {"rows": rows, "month": queries.this_month(), "tabs": tabs(request, "confirmations")}
    return render(request, "groups/confirmations.html", context)


@requires(Permission.CHANNEL_CONFIRM)
@require_http_methods(["GET", "POST"])
def confirm(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """Confirm a channel for this month, with a screenshot."""
    channel = queries.attested_channels().filter(pk=channel_id).first()
    if channel is None or not may_keep(request.person, channel):
        raise NotFound(_("There is no such channel to confirm."))
    form = ConfirmationForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.confirm_channel(channel=channel, confirmation=form.value(), person=request.person)
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("Thank you. The confirmation is on record."))
            return redirect("groups:confirmations")
    return form_page(
        request,
        form,
        title=_("Confirm the channel %(name)s") % {"name": channel},
        text=_("Postroad cannot see into this channel. What you confirm is shown as your word, with the picture."),
        back=reverse("groups:confirmations"),
        back_label=_("Confirmations"),
        active="confirmations",
        facts=[
            (_("Name"), channel.name),
            (_("Owner"), channel.owner),
            (_("Purpose"), channel.purpose),
        ],
        upload=True,
    )


@requires(Permission.CHANNEL_CONFIRM)
@require_GET
def screenshot(request: StaffRequest, channel_id: UUID, month: str) -> HttpResponse:
    """The picture of a confirmation, for the channel's keepers and those who see all groups."""
    found = queries.confirmation_of(channel_id, month)
    allowed = found is not None and (
        request.user.may(Permission.GROUP_VIEW_ALL) or may_keep(request.person, found.channel)
    )
    if found is None or not allowed:
        raise NotFound(_("There is no such confirmation."))
    response = HttpResponse(blobs.read(found.screenshot), content_type=found.screenshot_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    return response
