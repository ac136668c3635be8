"""Answering in a live chat, signs of life in it, and whether one takes chats."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from postroad.desk import actions, queries
from postroad.desk.collision import Overtaken
from postroad.desk.forms import ChatForm, InviteForm, PresentForm
from postroad.desk.models import Case
from postroad.desk.permissions import Permission, get_case_for
from postroad.desk.views.case import case_live_page, case_page
from postroad.desk.views.working import back_to, refused_on_page
from postroad.livechat import actions as livechat
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid


@require_POST
@requires(Permission.CASE_WORK)
def chat(request: StaffRequest, number: int) -> HttpResponse:
    """Say something in the case's chat; a page with scripts gets the parts that changed, another one the whole page."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    form = ChatForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            actions.chat(
                case=case,
                text=form.cleaned_data["text"],
                files=form.cleaned_data["files"],
                seen=form.cleaned_data["seen"],
                person=request.person,
            )
        except Overtaken as overtaken:
            return _overtaken(request, case, form, overtaken)
        except (Conflict, Invalid) as refusal:
            for field, message in getattr(refusal, "fields", {"": refusal.message}).items():
                form.add_error(field if field in form.fields else None, message)
    if form.errors:
        if request.headers.get("HX-Request"):
            return render(request, "desk/_chat_error.html", {"form": form}, status=422)
        return case_page(request, case, status=422, chat_form=form)
    if request.headers.get("HX-Request"):
        return case_live_page(request, get_case_for(request.person, number))
    return back_to(case, request, _("Sent."))


def _overtaken(request: StaffRequest, case: Case, form: ChatForm, overtaken: Overtaken) -> HttpResponse:
    """Say that a colleague was faster; nothing was sent, and what was typed stays where it is."""
    told = {"case": case, "chat_form": form, "overtaken": overtaken}
    if request.headers.get("HX-Request"):
        return render(request, "desk/_chat_overtaken.html", told | {"last_seen": overtaken.since[-1].pk}, status=422)
    return case_page(request, case, status=409, **told)


@require_POST
@requires(Permission.CASE_WORK)
def chat_typing(request: StaffRequest, number: int) -> HttpResponse:
    """Let the visitor see that somebody is writing."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    if found := queries.chat_of(case):
        livechat.agent_types(visit=found.visit, person=request.person)
    return HttpResponse(status=204)


@require_POST
@requires(Permission.CASE_VIEW)
def chat_seen(request: StaffRequest, number: int) -> HttpResponse:
    """How the visitor is; who works on cases has read, by looking, what was said."""
    case = get_case_for(request.person, number)
    found = queries.chat_of(case)
    if found and request.user.may(Permission.CASE_WORK):
        livechat.agent_reads(visit=found.visit)
    return render(request, "desk/_chat_state.html", {"case": case, "chat": found})


@require_POST
@requires(Permission.CASE_WORK)
@refused_on_page
def invite(request: StaffRequest, number: int) -> HttpResponse:
    """Ask a colleague into the chat."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    form = InviteForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Choose who should join."))
    actions.invite(
        case=case, colleague=form.cleaned_data["colleague"], about=form.cleaned_data["about"], person=request.person
    )
    return back_to(case, request, _("Invited."))


@require_POST
@requires(Permission.CASE_WORK)
def present(request: StaffRequest) -> HttpResponse:
    """The page says that the agent is there, or turns their switch; answers with the switch."""
    form = PresentForm(request.POST)
    form.is_valid()
    found = actions.show_up(person=request.person, away=form.cleaned_data.get("away"))
    return render(request, "desk/_present.html", {"presence": found})
