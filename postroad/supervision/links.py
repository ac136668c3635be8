"""The links with which screens open the wallboard: a screen's id, signed for this one purpose."""

from uuid import UUID

from django.core.signing import BadSignature, Signer

from postroad.supervision.models import Screen

_signer = Signer(salt="postroad.supervision.screen")


def token_of(screen: Screen) -> str:
    """What a screen's link ends with; the same each time."""
    return _signer.sign(screen.pk.hex)


def screen_behind(token: str) -> Screen | None:
    """The screen whose link this is, unless it was revoked; None for everything else."""
    try:
        screen_id = UUID(_signer.unsign(token))
    except (BadSignature, ValueError):
        return None
    return Screen.objects.filter(pk=screen_id, revoked_at__isnull=True).first()
