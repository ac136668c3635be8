"""The social features of messengers that the standard limits to work (control `risk.feature-limits`)."""

from django.utils.translation import gettext_lazy as _

FEATURES = {
    "moments": _("Moments and colleague circles"),
    "red-packets": _("Red packets and transfers of money"),
    "outside-contacts": _("Adding outside contacts"),
    "outside-groups": _("Groups with outsiders"),
    "mini-programs": _("Games and mini programs"),
    "forwarding": _("Forwarding and downloading to outside"),
}
