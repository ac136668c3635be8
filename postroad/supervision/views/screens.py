"""Links for screens that nobody is signed in at: given out, revoked, opened."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import public, requires
from postroad.platform.errors import NotFound
from postroad.supervision import actions, links, queries
from postroad.supervision.forms import ScreenForm
from postroad.supervision.models import Screen
from postroad.supervision.permissions import Permission, get_screen, reach_of


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SCREEN_MANAGE)
def screens(request: StaffRequest) -> HttpResponse:
    """The screens, and a form for one more: of the channels that are ticked, all of one's own at first."""
    own = reach_of(request.person).queues().order_by("name", "id")
    form = ScreenForm(request.POST or None)
    ticked = request.POST.getlist("channel") if request.method == "POST" else [channel.key for channel in own]
    if request.method == "POST" and form.is_valid():
        chosen = [channel for channel in own if channel.key in ticked]
        if chosen:
            actions.make_screen(name=form.cleaned_data["name"], channels=chosen, person=request.person)
            messages.success(request, _("The link is ready. Open it on the screen."))
            return redirect("supervision:screens")
        form.add_error(None, _("Tick at least one channel."))
    return render(
        request,
        "supervision/screens.html",
        {
            "form": form,
            "channels": own,
            "ticked": ticked,
            "screens": [
                (one, _address(one)) for one in Screen.objects.select_related("made_by").prefetch_related("channels")
            ],
        },
        status=422 if form.errors else 200,
    )


def _address(screen: Screen) -> str:
    if screen.revoked_at:
        return ""
    return f"{settings.URL}{reverse('supervision:screen', args=[links.token_of(screen)])}"


@require_POST
@requires(Permission.SCREEN_MANAGE)
def revoke_screen(request: StaffRequest, screen_id: UUID) -> HttpResponse:
    actions.revoke_screen(screen=get_screen(screen_id), person=request.person)
    messages.success(request, _("The link opens nothing any more."))
    return redirect("supervision:screens")


@require_safe
@public(reason="a screen on the wall: a signed link that can be revoked, numbers only, no person and no case")
def screen(request: HttpRequest, token: str) -> HttpResponse:
    return render(request, "supervision/screen.html", _shown(token))


@require_safe
@public(reason="the part of a screen that renews itself")
def screen_now(request: HttpRequest, token: str) -> HttpResponse:
    return render(request, "supervision/_wallboard.html", _shown(token))


def _shown(token: str) -> dict[str, object]:
    found = links.screen_behind(token)
    if found is None:
        raise NotFound(_("This link has been revoked, or was never one."))
    board = queries.wallboard(list(found.channels.order_by("name", "id")), now=timezone.now())
    return {"screen": found, "token": token, "board": board, "links": False}
