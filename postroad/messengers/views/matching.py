"""Who of our people a messenger's users are."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postroad.messengers import actions, queries
from postroad.messengers.forms import MatchForm, show_refusal
from postroad.messengers.permissions import Permission, get_messenger, get_user_of
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.pagination import keyset

WHICH_USERS = ("matched", "unmatched", "gone")
BY_NAME = ("name", "id")


@requires(Permission.MESSENGER_VIEW)
@require_GET
def users(request: StaffRequest, messenger_id: UUID) -> HttpResponse:
    return render(request, "messengers/users.html", _users_context(request, messenger_id))


@requires(Permission.MESSENGER_VIEW)
@require_GET
def users_results(request: StaffRequest, messenger_id: UUID) -> HttpResponse:
    return render(request, "messengers/users_results.html", _users_context(request, messenger_id))


@requires(Permission.MESSENGER_EDIT)
@require_http_methods(["GET", "POST"])
def match(request: StaffRequest, messenger_id: UUID, user_id: UUID) -> HttpResponse:
    """Say who a user is."""
    messenger = get_messenger(messenger_id)
    user = get_user_of(messenger, user_id)
    form = MatchForm(request.POST or None, initial={"person": user.person or user.name})
    if request.method == "POST" and form.is_valid():
        try:
            actions.match_user(user=user, person=form.cleaned_data["person"], actor=request.person.as_actor())
        except Invalid as refusal:
            show_refusal(form, refusal)
        except Conflict as refusal:
            form.add_error("person", refusal.message)
        else:
            messages.success(
                request, _("“%(user)s” is %(name)s.") % {"user": user, "name": form.cleaned_data["person"]}
            )
            return redirect("messengers:users", messenger.pk)
    context = {"form": form, "messenger": messenger, "user": user}
    return render(request, "messengers/match.html", context, status=422 if form.errors else 200)


@requires(Permission.MESSENGER_EDIT)
@require_POST
def unmatch(request: StaffRequest, messenger_id: UUID, user_id: UUID) -> HttpResponse:
    messenger = get_messenger(messenger_id)
    user = actions.unmatch_user(user=get_user_of(messenger, user_id), actor=request.person.as_actor())
    messages.success(request, _("“%(user)s” is nobody of ours now.") % {"user": user})
    return redirect("messengers:users", messenger.pk)


def _users_context(request: StaffRequest, messenger_id: UUID) -> dict[str, Any]:
    messenger = get_messenger(messenger_id)
    text = request.GET.get("q", "")[:100]
    which = request.GET.get("which", "")
    which = which if which in WHICH_USERS else ""
    page = keyset(
        queries.users_listed(messenger, text=text, which=which), order=BY_NAME, cursor=request.GET.get("cursor")
    )
    return {
        "messenger": messenger,
        "page": page,
        "text": text,
        "which": which,
        "filtered": bool(text or which),
        "may_edit": request.user.may(Permission.MESSENGER_EDIT),
    }
