"""The signed-in person, for the shell's templates."""

from typing import Any

from django.http import HttpRequest


def signed_in_person(request: HttpRequest) -> dict[str, Any]:
    return {"person": getattr(request, "person", None)}
