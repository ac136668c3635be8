"""What requests can be about: the effect a last approval has, and the flows that come with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

from postroad.ledger.registry import register_words

if TYPE_CHECKING:
    from postroad.approvals.models import Request
    from postroad.platform.actors import Actor

Effect = Callable[["Request", "Actor"], None]


@dataclass(frozen=True, kw_only=True)
class EffectKind:
    """One kind of request.

    `on_approved` runs in the transaction of the last approval: if it raises, nothing is decided. `on_closed` runs in
    that of a rejection or withdrawal. `summary_template` shows the request to its approvers and gets `approval` (the
    request) and `payload`. `edit_url` leads to where the applicant changes a draft or a returned request.
    """

    key: str
    title: str | Promise
    on_approved: Effect
    summary_template: str
    on_closed: Effect | None = None
    edit_url: Callable[[Request], str] | None = None


@dataclass(frozen=True, kw_only=True)
class DefaultFlow:
    """A flow that an installation starts with; `definition` as in `approvals.definition`."""

    key: str
    name: str
    name_en: str
    definition: Mapping[str, Any]


_effects: dict[str, EffectKind] = {}
_flows: dict[str, DefaultFlow] = {}


def register_effect(kind: EffectKind) -> None:
    """Make a kind of request known; called from `apps.ready()`. Raises ImproperlyConfigured for a key taken."""
    if kind.key in _effects:
        raise ImproperlyConfigured(f"the approval effect {kind.key} is registered twice")
    _effects[kind.key] = kind
    register_words([(kind.key, kind.title)])


def effect_of(key: str) -> EffectKind:
    """The registered kind. Raises ImproperlyConfigured for an unknown one."""
    try:
        return _effects[key]
    except KeyError:
        raise ImproperlyConfigured(f"no package registered the approval effect {key}") from None


def effects() -> list[EffectKind]:
    """All kinds by key."""
    return [_effects[key] for key in sorted(_effects)]


def register_flow(flow: DefaultFlow) -> None:
    """Have a flow created at the next migration unless it exists; raises ImproperlyConfigured for a key taken."""
    if flow.key in _flows:
        raise ImproperlyConfigured(f"the default flow {flow.key} is registered twice")
    _flows[flow.key] = flow


def default_flows() -> list[DefaultFlow]:
    """All flows to start with, by key."""
    return [_flows[key] for key in sorted(_flows)]
