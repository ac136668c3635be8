"""Every package's pages below its own prefix; the shell's at the root."""

from django.urls import include, path

PACKAGES = (
    "org",
    "ledger",
    "clock",
    "approvals",
    "channels",
    "messengers",
    "access",
    "conversations",
    "board",
    "livechat",
    "hotline",
    "accounts",
    "knowledge",
    "archive",
    "desk",
    "supervision",
    "patrol",
    "groups",
    "directory",
)

urlpatterns = [
    path("sign-in/", include("postroad.org.sign_in_urls")),
    path("chat/", include("postroad.livechat.visitor_urls")),
    path("help/", include("postroad.knowledge.help_urls")),
    path("rate/", include("postroad.desk.rate_urls")),
    *[path(f"{package}/", include(f"postroad.{package}.urls")) for package in PACKAGES],
    path("scim/v2/", include("postroad.directory.scim_urls")),
    path("", include("postroad.web.urls")),
]

handler400 = "postroad.web.views.bad_request"
handler403 = "postroad.web.views.permission_denied"
handler404 = "postroad.web.views.not_found"
handler500 = "postroad.web.views.server_error"
