"""Grants that are a matter of membership: set up once the group is as declared, nobody has to say so by hand."""

from django.db.models import Q

from postroad.access import actions as access
from postroad.access.models import Grant, PermissionType
from postroad.access.queries import to_configure
from postroad.channels.models import State
from postroad.groups.actions.comparing import SYSTEM
from postroad.groups.models import Difference, Group
from postroad.messengers.protocol import Feature, messengers

BY_MEMBERSHIP = (PermissionType.VIEW, PermissionType.POST)


def settle_grants() -> list[Grant]:
    """Mark as set up, or as taken away, what the members of groups without any difference show to be so.

    Managing a group is more than being in it: that counts where the messenger shows who administers its groups, and
    stays on IT's list elsewhere. To be called outside transactions: grants are locked before groups elsewhere.
    """
    differing = Difference.objects.exclude(state=Difference.State.CLOSED).values("channel")
    as_declared = Group.objects.filter(
        channel__state=State.LIVE,
        channel__room__isnull=False,
        channel__room__gone_at__isnull=True,
        channel__room__stale_at__isnull=True,
    ).exclude(channel__in=differing)
    telling = [one.key for one in messengers() if Feature.CHANGE_ADMINS in one.features]
    administered = as_declared.filter(messenger__connector__in=telling)
    shown = Q(permission__in=BY_MEMBERSHIP, channel__in=as_declared.values("channel"))
    shown |= Q(permission=PermissionType.MANAGE, channel__in=administered.values("channel"))
    waiting = to_configure().filter(shown)
    grant_ids = list(waiting.values_list("pk", flat=True))
    return access.mark_configured(grant_ids, SYSTEM) if grant_ids else []
