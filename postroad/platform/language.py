"""Which of a text's two languages a reader gets. The product's own sentences go through gettext; this is for data."""

from collections.abc import Iterable

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language, pgettext


def in_english() -> bool:
    """Whether the active language is English; every other one is served in Chinese."""
    return (get_language() or "").startswith("en")


def in_active_language(chinese: str, english: str) -> str:
    """The English text where English is active and there is one, else the Chinese."""
    return (in_english() and english) or chinese


def in_a_row(things: Iterable[object]) -> str:
    """Names one after the other, with the comma of the active language between them."""
    return pgettext("between names", ", ").join(map(str, things))


def company_language() -> translation.override:
    """Within it sentences are in the company's language: for what is kept and read by all, whoever caused it."""
    return translation.override(settings.LANGUAGE_CODE)
