"""Writing a mail: the reply to the customer, its draft and what waits, mails to others, files to take along."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from postroad.desk import actions, queries
from postroad.desk.actions import Letter
from postroad.desk.collision import Overtaken
from postroad.desk.mailforms import DirectForm, DraftForm, SendForm, moments, sender_options
from postroad.desk.models import Case, Draft
from postroad.desk.permissions import Permission, get_aside_for, get_case_for, get_waiting_for
from postroad.desk.views.case import case_page
from postroad.desk.views.working import back_to, refused_on_page
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid, NotFound


@require_POST
@requires(Permission.CASE_WORK)
def reply(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    direct = queries.is_direct(queries.conversation_to_answer(case))
    form = (DirectForm if direct else SendForm)(request.POST, request.FILES)
    if not form.is_valid():
        return _reply_again(request, case, form)
    try:
        waits = _send(request, case, form)
    except Overtaken as overtaken:
        _keep(request, case, form, aside=None)
        told = {"overtaken": overtaken, "last_seen": overtaken.seen}
        return case_page(request, case, status=409, reply_form=form, **told)
    except (Conflict, Invalid) as refusal:
        _show(form, refusal)
        return _reply_again(request, case, form)
    return back_to(case, request, _said(waits))


def _reply_again(request: StaffRequest, case: Case, form: SendForm) -> HttpResponse:
    """The page with the errors; text and files are in the draft, so that nothing has to be done twice."""
    _keep(request, case, form, aside=None)
    unseen = {"last_seen": seen} if (seen := form.cleaned_data.get("seen")) else {}
    return case_page(request, case, status=422, reply_form=form, **unseen)


@require_POST
@requires(Permission.CASE_WORK)
@refused_on_page
def pass_on(request: StaffRequest, number: int, message_id: UUID) -> HttpResponse:
    """Begin to pass a message on to somebody who is not the customer, or to answer such a person."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    message = queries.messages_of(case).filter(pk=message_id).first()
    if message is None:
        raise NotFound(_("There is no such message."))
    draft = actions.begin_aside(case=case, message=message, person=request.person)
    return HttpResponseRedirect(reverse("desk:aside", args=[case.number, draft.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CASE_WORK)
def aside(request: StaffRequest, number: int, draft_id: UUID) -> HttpResponse:
    """Write to somebody who is not the customer."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    draft = get_aside_for(request.person, case, draft_id)
    if draft is None:
        return back_to(case, request)
    if request.method != "POST":
        return _aside_page(request, case, draft, SendForm(initial=_initial(draft)))
    form = SendForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            return back_to(case, request, _said(_send(request, case, form, aside=draft)))
        except (Conflict, Invalid) as refusal:
            _show(form, refusal)
    _keep(request, case, form, aside=draft)
    return _aside_page(request, case, draft, form, status=422)


def _aside_page(request: StaffRequest, case: Case, draft: Draft, form: SendForm, *, status: int = 200) -> HttpResponse:
    channel = draft.conversation.channel if draft.conversation else queries.mailbox_of(case)
    senders = queries.senders_of(channel) if channel else []
    preview = (
        queries.signed(
            "", case, channel=channel, person=request.person, language=queries.language_for(case, None), address=""
        )
        if channel
        else None
    )
    context = {
        "case": case,
        "draft": draft,
        "reply_form": form,
        "answers": draft.conversation_id is not None,
        "senders": sender_options(senders, writer=request.person),
        "chosen_sender": form["sender"].value() or (senders[0].address if senders else ""),
        "signature": preview.text.strip() if preview else "",
        "moments": moments(queries.openings(case.channel)),
    }
    return render(request, "desk/aside.html", context, status=status)


@require_POST
@requires(Permission.CASE_WORK)
def draft(request: StaffRequest, number: int) -> HttpResponse:
    """Keep what is being typed; answers with the files that wait, and what is wrong with one just chosen."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    aside = _aside_of(request, case)
    form = DraftForm(request.POST, request.FILES)
    form.is_valid()
    if attachment_id := form.cleaned_data.get("detach"):
        actions.detach(case=case, attachment_id=attachment_id, person=request.person)
    error = ""
    try:
        _keep(request, case, form, aside=aside, strict=True)
    except Invalid as refusal:
        error = refusal.message
        _keep(request, case, form, aside=aside, files=False)
    return _files_of_draft(request, case, aside, error=error)


def _files_of_draft(request: StaffRequest, case: Case, aside: Draft | None, *, error: str) -> HttpResponse:
    kept = aside or queries.open_draft(case, request.person)
    return render(request, "desk/_draft.html", {"case": case, "draft": kept, "error": error, "saved": True})


@require_POST
@requires(Permission.CASE_WORK)
def discard_draft(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    actions.discard_draft(case=case, person=request.person, draft=_aside_of(request, case))
    return back_to(case, request, _("The draft was thrown away."))


@require_POST
@requires(Permission.CASE_WORK)
@refused_on_page
def take_back(request: StaffRequest, number: int, draft_id: UUID) -> HttpResponse:
    """Make what waits to be sent a draft again."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    draft = actions.take_back(draft=get_waiting_for(case, draft_id), person=request.person)
    if draft.person_id != request.person.pk:
        return back_to(case, request, _("It was not sent; it is among its writer's drafts again."))
    messages.success(request, _("It was not sent; it is a draft again."))
    if draft.kind == Draft.Kind.ASIDE:
        return HttpResponseRedirect(reverse("desk:aside", args=[case.number, draft.pk]))
    return HttpResponseRedirect(f"{case.get_absolute_url()}#reply")


@require_POST
@requires(Permission.CASE_WORK)
@refused_on_page
def send_now(request: StaffRequest, number: int, draft_id: UUID) -> HttpResponse:
    """Send what was scheduled or held back at once."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    actions.send_now(draft=get_waiting_for(case, draft_id), person=request.person)
    return back_to(case, request, _("It is on its way."))


@require_safe
@requires(Permission.CASE_WORK)
def known_files(request: StaffRequest, number: int) -> HttpResponse:
    """Files that may go along: of this customer's messages, or with words of all one may read."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    words = request.GET.get("words", "")[:200]
    found = queries.files_to_take(case, person=request.person, words=words)
    return render(request, "desk/_known_files.html", {"case": case, "found": found, "words": words})


@require_POST
@requires(Permission.CASE_WORK)
def take_file(request: StaffRequest, number: int, attachment_id: UUID) -> HttpResponse:
    """Let a known file go along with what is being written, which is kept at the same time."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    aside, error = _aside_of(request, case), ""
    form = DraftForm(request.POST, request.FILES)
    form.is_valid()
    _keep(request, case, form, aside=aside, files=False)
    try:
        actions.attach_known(case=case, attachment_id=attachment_id, person=request.person, draft=aside)
    except Invalid as refusal:
        error = refusal.message
    return _files_of_draft(request, case, aside, error=error)


def _send(request: StaffRequest, case: Case, form: SendForm, *, aside: Draft | None = None) -> Draft | None:
    given = form.cleaned_data
    return actions.send(
        case=case,
        letter=form.letter,
        key=given["key"],
        after=given["after"],
        at=given["moment"],
        files=given["files"],
        seen=given["seen"],
        aside=aside,
        person=request.person,
    )


def _said(waits: Draft | None) -> str:
    if waits is None:
        return _("The reply is on its way.")
    if waits.scheduled:
        return _("It waits for its moment; until then you can take it back.")
    return _("It goes out in a moment; until then you can take it back.")


def _show(form: SendForm, refusal: Conflict | Invalid) -> None:
    for field, message in getattr(refusal, "fields", {"": refusal.message}).items():
        form.add_error(field if field in form.fields else None, message)


def _keep(
    request: StaffRequest,
    case: Case,
    form: DraftForm | SendForm,
    *,
    aside: Draft | None,
    files: bool = True,
    strict: bool = False,
) -> None:
    """Keep what was typed as it was typed, and the files unless something is wrong with them."""
    given = request.POST
    names = ("sender", "to", "cc", "bcc", "subject", "text")
    typed = Letter(**{name: given.get(name, "") for name in names}, signed=not given.get("unsigned"))
    sent_along: list[Any] = form.cleaned_data.get("files") or [] if files and "files" not in form.errors else []
    key = form.cleaned_data.get("key") if "key" not in form.errors else None
    kept = asdict(typed) | {"subject": typed.subject[:500], "sender": typed.sender[:254]}
    try:
        actions.save_draft(case=case, **kept, files=sent_along, key=key, draft=aside, person=request.person)
    except Invalid:
        if strict:
            raise
        actions.save_draft(case=case, **kept, key=key, draft=aside, person=request.person)


def _initial(draft: Draft) -> dict[str, Any]:
    names = ("sender", "to", "cc", "bcc", "subject", "text", "key")
    return {name: getattr(draft, name) for name in names} | {"unsigned": not draft.signed}


def _aside_of(request: StaffRequest, case: Case) -> Draft | None:
    """The mail to somebody else that the page is about, if it is about one.

    Raises NotFound for one that has gone: what was meant for somebody else must not become a reply to the customer.
    """
    given = request.POST.get("aside", "")
    if not given:
        return None
    try:
        found = get_aside_for(request.person, case, UUID(given))
    except ValueError:
        found = None
    if found is None:
        raise NotFound(_("This draft has gone out, or was thrown away."))
    return found
