"""A change of a room as the calls that make it, for messengers that take few members at a time."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext_noop

from postroad.connectors.parts import batches_of
from postroad.messengers.protocol import MessengerFault, RoomChange, RoomState, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call. Names, owners and settings that stay as they are are not in it."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    name: str | None = None
    owner_id: str | None = None
    settings: Settings = field(default_factory=dict)


def steps_of(state: RoomState, change: RoomChange, *, most_members: int) -> list[Step]:
    """Who comes, then owner, name and settings, then who goes; only what differs, so that a repeat is nothing.

    So a new owner is a member before, and is named with the call that takes the old one out; whoever is to be owner
    does not go. User ids are compared case-folded. Raises `MessengerFault` when the owner would go and nobody follow.
    """
    here = {user_id.casefold(): user_id for user_id in state.members}
    old_owner, new_owner = (state.owner_id or "").casefold(), (change.owner_id or "").casefold()
    leaving = {user_id.casefold() for user_id in change.remove_ids} & set(here) - {new_owner}
    if old_owner in leaving and not new_owner:
        reason = gettext_noop("The owner can leave the group only when somebody else becomes the owner.")
        raise MessengerFault(reason, permanent=True)
    coming = {one.casefold(): one for one in (*change.add_ids, *([change.owner_id] if change.owner_id else []))}
    add = [coming[one] for one in sorted(coming) if one not in here]
    remove = [here[one] for one in sorted(leaving)]
    adding = [Step(add=tuple(batch)) for batch in batches_of(add, most_members)]
    removing = [Step(remove=tuple(batch)) for batch in batches_of(remove, most_members)]
    fields = Step(
        name=change.name if change.name != state.name else None,
        owner_id=here.get(new_owner, change.owner_id) if new_owner not in ("", old_owner) else None,
        settings={key: value for key, value in change.settings.items() if state.settings.get(key) != value},
    )
    if fields != Step():
        removing = [replace(fields, remove=removing[0].remove if removing else ()), *removing[1:]]
    return [*adding, *removing]


def everybody_but(user_ids: Iterable[str], user_id: str | None) -> list[str]:
    """`user_ids` in order of the alphabet, without this one in whatever case."""
    return sorted(one for one in user_ids if one.casefold() != (user_id or "").casefold())
