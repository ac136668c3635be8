"""Pages for people outside the company: nothing of the shell, no session, no cookie, no script.

A view marked with `for_outside` is public, takes forms without a token (nobody is signed in whose rights another site
could borrow), speaks the language of `?lang=`, else of the browser, and turns domain errors into such a page too.
Its templates extend `web/outside.html`; they are rendered without the request, so that they cannot look at an account.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt

from postroad.platform.authorisation import public
from postroad.platform.errors import DomainError

View = Callable[..., HttpResponse]


def for_outside(*, reason: str) -> Callable[[View], View]:
    """Open a view to people outside; `reason` says why that is right."""

    def decorate(view: View) -> View:
        @public(reason=reason)
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest, *given: Any, **named: Any) -> HttpResponse:
            with translation.override(language_of(request)):
                try:
                    return view(request, *given, **named)
                except DomainError as error:
                    context = {"message": error.message, "status": error.status}
                    return outside_page("web/outside_error.html", context, status=error.status)

        return answered

    return decorate


def outside_page(template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page in the language that is active; not to be kept by anybody in between."""
    response = HttpResponse(render_to_string(template, context), status=status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def language_of(request: HttpRequest) -> str:
    """What `?lang=` asks for, else what the browser does: Chinese or English."""
    asked = request.GET.get("lang", "") or get_language() or ""
    return "en" if asked.lower().startswith("en") else "zh-hans"
