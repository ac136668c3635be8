"""One's own page, and the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from postroad.org import actions
from postroad.org.forms import LanguageForm
from postroad.org.models import Language
from postroad.org.roles import Role, grants
from postroad.org.views.person import page_context
from postroad.org.views.personal import reveal
from postroad.platform.authorisation import public, signed_in
from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from typing import Any

    from postroad.org.middleware import StaffRequest


@signed_in
@require_GET
def profile(request: StaffRequest) -> HttpResponse:
    return render(request, "org/profile.html", _context(request))


@signed_in
@require_POST
def profile_reveal(request: StaffRequest) -> HttpResponse:
    """One's own personal value in plain; recorded like every look."""
    return reveal(
        request,
        request.person,
        page="org/profile.html",
        reveal_url=reverse("org:profile_reveal"),
        context=lambda: _context(request),
    )


@public(reason="the sign-in page has a language too")
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on: kept on the person, and in a cookie for the time before the next sign-in."""
    form = LanguageForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Choose one of the languages."))
    language = form.cleaned_data["language"]
    person = getattr(request, "person", None)
    if person is not None:
        actions.set_language(person=person, language=language)
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    response = redirect(target)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _context(request: StaffRequest) -> dict[str, Any]:
    return {
        **page_context(request, request.person),
        "languages": Language.choices,
        "roles": [role.label for role in Role if role in request.user.roles],
        "granted": [grant for grant in grants() if grant.roles & request.user.roles],
        "has_second_factor": is_mfa_enabled(request.user),
    }
