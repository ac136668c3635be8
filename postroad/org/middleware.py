"""Who is asking: `request.person`, and the language they chose."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from postroad.org.models import Account, Person


class StaffRequest(HttpRequest):
    """The request of somebody signed in, as views behind `requires` and `signed_in` get it."""

    user: Account  # never anonymous there
    person: Person


class SignedInPerson:
    """Set `request.person` (None for the anonymous) and speak the language of the person's choice."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = request.user.person if request.user.is_authenticated else None
        request.person = person  # type: ignore[attr-defined]  # what this middleware exists to add
        if person is None:
            return self.get_response(request)
        translation.activate(person.language)
        request.LANGUAGE_CODE = person.language
        response = self.get_response(request)
        response.headers["Content-Language"] = person.language
        return response
