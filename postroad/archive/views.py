"""The archive's pages: search, one message, export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from postroad.archive import actions, queries
from postroad.archive.forms import SearchForm
from postroad.archive.permissions import Permission
from postroad.conversations import queries as conversations
from postroad.conversations.permissions import Permission as ConversationsPermission
from postroad.conversations.permissions import get_message_for
from postroad.ledger.permissions import Permission as LedgerPermission
from postroad.ledger.queries import history_of
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid
from postroad.platform.spreadsheets import Cell, download

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postroad.conversations.models import Message
    from postroad.org.middleware import StaffRequest

EXPORTED_AT_MOST = 10_000


@require_safe
@requires(Permission.SEARCH)
def search(request: StaffRequest) -> HttpResponse:
    return render(request, "archive/search.html", _search(request))


@require_safe
@requires(Permission.SEARCH)
def search_results(request: StaffRequest) -> HttpResponse:
    return render(request, "archive/search_results.html", _search(request))


def _search(request: StaffRequest) -> dict[str, Any]:
    form = SearchForm(request.GET or None, channels=queries.channels_for(request.person))
    context = {"form": form, "may_export": request.user.may(Permission.EXPORT), "query": request.GET.urlencode()}
    if not form.is_valid() or form.wanted.is_empty:
        return context
    cursor = request.GET.get("cursor")
    if not cursor:  # turning a page is not another search
        actions.record_search(wanted=form.wanted, person=request.person)
    page = queries.page(request.person, form.wanted, cursor=cursor)
    return {**context, "page": page, "hits": queries.hits(page.items, form.wanted.words), "asked": True}


@require_safe
@requires(Permission.SEARCH)
def message(request: StaffRequest, message_id: UUID) -> HttpResponse:
    found = get_message_for(request.person, message_id)
    actions.record_look(message=found, person=request.person)
    return render(
        request,
        "archive/message.html",
        {
            "message": found,
            "thread": conversations.thread(found.conversation),
            "history": history_of(found),
            "evidence": queries.evidence_of(found) if request.user.may(LedgerPermission.VIEW) else None,
            "digest": bytes(found.digest).hex(),
            "may_take_original": request.user.may(ConversationsPermission.READ_ORIGINAL),
        },
    )


@require_POST
@requires(Permission.EXPORT)
def export(request: StaffRequest) -> HttpResponse:
    """What was found, as a spreadsheet of at most 10,000 rows, newest first."""
    form = SearchForm(request.POST, channels=queries.channels_for(request.person))
    if not form.is_valid():
        raise Invalid({name: " ".join(map(str, errors)) for name, errors in form.errors.items()})
    if form.wanted.is_empty:
        raise Invalid(_("Search for something first."))
    found = list(queries.search(request.person, form.wanted).order_by("-pk")[:EXPORTED_AT_MOST])
    actions.record_export(wanted=form.wanted, rows=len(found), person=request.person)
    headers = [
        _("Taken in"), _("Channel"), _("Direction"), _("Sender"), _("Address"), _("To"), _("Subject"), _("Text"),
        _("Attachments"), _("Message"),
    ]  # fmt: skip
    return download(headers, _rows(found), name=f"archive-{timezone.localdate():%Y%m%d}")


def _rows(messages: Iterable[Message]) -> Iterable[list[Cell]]:
    for one in messages:
        yield [
            timezone.localtime(one.taken_in_at),
            str(one.channel),
            one.get_direction_display(),
            one.sender_name,
            one.sender_address,
            ", ".join(recipient["address"] for recipient in one.recipients),
            one.subject,
            one.text,
            one.attachment_count,
            str(one.pk),
        ]
