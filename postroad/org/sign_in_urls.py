"""The pages of signing in that we use of django-allauth, each with its statement of access; no others are reachable."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.urls import path

from postroad.platform.authorisation import public, signed_in

entrance = public(reason="the way in")

urlpatterns = [
    path("", entrance(account.login), name="account_login"),
    path("out/", entrance(account.logout), name="account_logout"),
    path("closed/", entrance(account.account_inactive), name="account_inactive"),
    # Closed by our adapter; the library links to it by name.
    path("up/", entrance(account.signup), name="account_signup"),
    path("again/", signed_in(account.reauthenticate), name="account_reauthenticate"),
    path("password/", signed_in(account.password_change), name="account_change_password"),
    path("factor/", signed_in(mfa.index), name="mfa_index"),
    path("factor/code/", entrance(mfa.authenticate), name="mfa_authenticate"),
    path("factor/again/", signed_in(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("factor/on/", signed_in(totp.activate_totp), name="mfa_activate_totp"),
    path("factor/off/", signed_in(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("factor/recovery/", signed_in(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("factor/recovery/new/", signed_in(recovery_codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path(
        "factor/recovery/file/", signed_in(recovery_codes.download_recovery_codes), name="mfa_download_recovery_codes"
    ),
    path("with/<slug:provider_id>/", entrance(openid_connect.login), name="openid_connect_login"),
    path("with/<slug:provider_id>/back/", entrance(openid_connect.callback), name="openid_connect_callback"),
    path("with-failed/", entrance(social.login_error), name="socialaccount_login_error"),
    path("with-cancelled/", entrance(social.login_cancelled), name="socialaccount_login_cancelled"),
    path("with-unknown/", entrance(social.signup), name="socialaccount_signup"),
]
