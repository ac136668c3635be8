"""The roles a person can hold, and which permission each of them carries.

A permission is a member of some package's `Permission` enum (`desk.case.reply`). Packages register
theirs once, from `apps.ready()`, through `postroad.org.permissions.register`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a post makes of its holder. STAFF is held by every active person without any post."""

    ADMINISTRATOR = "administrator", _("System administrator")
    ADMINISTRATION_HEAD = "administration_head", _("Head of Administration")
    ADMINISTRATION = "administration", _("Administration")
    HR = "hr", _("Human resources")
    IT = "it", _("Information technology")
    SUPERVISING_LEADER = "supervising_leader", _("Supervising leader")
    DEPARTMENT_HEAD = "department_head", _("Department head")
    EXECUTIVE = "executive", _("Executive")
    AGENT = "agent", _("Service agent")
    DESK_LEAD = "desk_lead", _("Service desk lead")
    SUPPORT_SPECIALIST = "support_specialist", _("Channel support specialist")
    AUDITOR = "auditor", _("Auditor")
    STAFF = "staff", _("Staff")


ROLES_OF_A_DEPARTMENT = frozenset({Role.DEPARTMENT_HEAD, Role.SUPERVISING_LEADER})
"""Roles that mean nothing without the department they are held in; one holder at a time each."""


@dataclass(frozen=True)
class Grant:
    permission: str
    label: str | Promise
    roles: frozenset[Role]


_grants: dict[str, Grant] = {}


def register(permission: str, *, roles: Iterable[Role], label: str | Promise) -> None:
    """Make a permission known and say which roles carry it; STAFF gives it to everybody active.

    Raises ImproperlyConfigured when the permission is already registered.
    """
    if permission in _grants:
        raise ImproperlyConfigured(f"permission {permission} is registered twice")
    _grants[str(permission)] = Grant(str(permission), label, frozenset(roles))


def roles_carrying(permission: str) -> frozenset[Role]:
    """The roles that carry a permission. Raises ImproperlyConfigured when nobody registered it."""
    try:
        return _grants[str(permission)].roles
    except KeyError:
        raise ImproperlyConfigured(f"permission {permission} is not registered") from None


def grants() -> list[Grant]:
    """Every registered permission, by name."""
    return [_grants[name] for name in sorted(_grants)]
