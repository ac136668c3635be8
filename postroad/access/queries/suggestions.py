"""What to suggest while somebody types a channel, a person, a department or a post."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from postroad.access.grantees import post_label
from postroad.access.naming import Names, department_text, person_text, post_text
from postroad.channels.models import Channel
from postroad.channels.queries import people_like
from postroad.org.models import Department, Person, Post, today
from postroad.org.roles import Role


def channels_like(channels: QuerySet[Channel], typed: str, *, limit: int = 8) -> list[tuple[str, str]]:
    """What to suggest for a channel: how the form writes it, and what it is."""
    fits = Q(name__icontains=typed) | Q(name_en__icontains=typed) | Q(key__icontains=typed)
    found = list(channels.filter(fits).select_related("department").order_by("name", "id")[:limit]) if typed else []
    return [(f"{one} [{one.key}]", f"{one.get_kind_display()} · {one.department}") for one in found]


def grantees_like(typed: str, *, limit: int = 5) -> list[tuple[str, str]]:
    """What to suggest for a grantee: people, departments and posts, as the form writes them."""
    if not typed:
        return []
    departments = Department.objects.filter(Q(name__icontains=typed) | Q(name_en__icontains=typed)).filter(
        Q(ended_on__isnull=True) | Q(ended_on__gt=today())
    )
    options = [(person_text(one), str(one.department or "")) for one in people_like(typed, limit=limit)]
    options += [(department_text(one), _("with the departments below")) for one in departments.order_by("code")[:limit]]
    folded = typed.casefold()
    posts = Post.objects.held_on(today()).select_related("department").order_by("role", "department__code")
    places = {(Role(post.role), post.department) for post in posts}
    fitting = [(role, place) for role, place in places if folded in f"{Role(role).label} {place or ''}".casefold()]
    roles = [role for role in Role if folded in post_label(role).casefold()]
    options += [(post_text(role, None), _("everybody who holds it")) for role in roles]
    options += sorted((post_text(role, place), _("whoever holds it there")) for role, place in fitting if place)
    return options[: 3 * limit]


def person_named(typed: str) -> Person | None:
    """The one person who works here that a name or staff number means; None for nobody or several."""
    grantee = Names().grantee_from(typed.strip()) if typed.strip() else None
    return Person.objects.filter(pk=grantee.person_id).first() if grantee and grantee.person_id else None
