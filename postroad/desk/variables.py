"""What stands for the customer, the agent and the case in texts that are written once and used often."""

from __future__ import annotations

from postroad.desk.models import Case
from postroad.org.models import Person


def filled(text: str, *, case: Case, person: Person) -> str:
    """A text with `{name}`, `{agent}` and `{number}` filled in for a case and who answers it."""
    known = {"{name}": case.contact.name if case.contact else "", "{agent}": str(person), "{number}": f"#{case.number}"}
    for variable, value in known.items():
        text = text.replace(variable, value)
    return text
