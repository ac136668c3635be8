"""Setting the naming rules."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.channels.events import Event
from postroad.channels.models import Kind, NamingRule
from postroad.channels.naming import BadPattern, check_pattern
from postroad.ledger.actions import record
from postroad.ledger.canonical import Json
from postroad.platform.actors import Actor
from postroad.platform.errors import Invalid

SHORTEST, LONGEST = 5, 120


@transaction.atomic
def set_naming_rule(
    *, kind: Kind, pattern: str, reserved_words: Sequence[str], max_length: int, actor: Actor
) -> NamingRule:
    """Set how channels of a kind are named from now on; existing names stay and show on the board.

    Raises Invalid by field.
    """
    problems = {}
    try:
        check_pattern(pattern)
    except BadPattern as error:
        problems["pattern"] = str(error)
    if not SHORTEST <= max_length <= LONGEST:
        problems["max_length"] = _("Enter a number from %(least)d to %(most)d.") % {"least": SHORTEST, "most": LONGEST}
    words = list(dict.fromkeys(word.strip() for word in reserved_words if word.strip()))
    if any(word in pattern for word in words):
        problems["reserved_words"] = _("The pattern itself uses a reserved word.")
    if problems:
        raise Invalid(problems)
    rule, _created = NamingRule.objects.update_or_create(
        kind=kind, defaults={"pattern": pattern, "reserved_words": words, "max_length": max_length}
    )
    data: dict[str, Json] = {
        "kind": str(kind),
        "pattern": pattern,
        "reserved_words": ", ".join(words),
        "max_length": max_length,
    }
    record(Event.NAMING_RULE_SET, actor=actor, subject=rule, data=data)
    return rule


@transaction.atomic
def remove_naming_rule(*, rule: NamingRule, actor: Actor) -> None:
    """Let channels of a kind be named freely again."""
    record(Event.NAMING_RULE_REMOVED, actor=actor, subject=rule, data={"kind": rule.kind, "pattern": rule.pattern})
    rule.delete()
