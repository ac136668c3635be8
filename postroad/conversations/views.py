"""A message's rich text, its original and its files: everything that came from outside, kept at arm's length."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from postroad.conversations import actions, queries
from postroad.conversations.permissions import Permission, get_attachment_for, get_message_for, get_original_for
from postroad.conversations.sanitise import has_remote_images, with_pictures, with_remote_images
from postroad.platform.authorisation import requires
from postroad.platform.downloads import save_as

if TYPE_CHECKING:
    from postroad.org.middleware import StaffRequest

# Nothing runs, nothing is fetched, no form is sent; links open elsewhere.
FORMATTED_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:{images}; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@require_safe
@requires(Permission.READ)
def formatted(request: StaffRequest, message_id: UUID) -> HttpResponse:
    """The sanitised rich text as a document of its own, to be framed; `?images` lets images of other sites in."""
    message = get_message_for(request.person, message_id)
    images = "images" in request.GET
    html = with_pictures(message.html, queries.pictures_of(message))
    response = render(
        request,
        "conversations/formatted.html",
        {
            "html": with_remote_images(html) if images else html,
            "message": message,
            "images_held_back": has_remote_images(html) and not images,
        },
    )
    response.headers["Content-Security-Policy"] = FORMATTED_POLICY.format(images=" https: http:" if images else "")
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
@requires(Permission.READ_ORIGINAL)
def original(request: StaffRequest, message_id: UUID) -> StreamingHttpResponse:
    """The bytes as they came, to be saved; who took them is on record."""
    message = get_original_for(request.person, message_id)
    assert message.raw is not None
    actions.read_original(message=message, actor=request.person.as_actor())
    return save_as(request, message.raw, name=f"{message.pk}.eml", content_type="message/rfc822")


@require_POST
@requires(Permission.MEND)
def try_again(request: StaffRequest) -> HttpResponse:
    """Have the messages that nobody could take tried again now, and say what came of it."""
    taken = actions.retry_handlers_now(actor=request.person.as_actor())
    left = queries.unhandled().count()
    if left:
        messages.warning(request, _("%(taken)d taken now, %(left)d still not.") % {"taken": taken, "left": left})
    else:
        messages.success(request, _("All messages have been taken."))
    return redirect("web:my_work")


@require_safe
@requires(Permission.READ)
def attachment(request: StaffRequest, attachment_id: UUID) -> StreamingHttpResponse:
    """A file, always to be saved and never opened in the page; who took it is on record."""
    found = get_attachment_for(request.person, attachment_id)
    actions.read_attachment(attachment=found, actor=request.person.as_actor())
    return save_as(request, found.blob, name=found.name or "file", content_type=found.content_type)
