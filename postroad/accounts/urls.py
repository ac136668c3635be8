"""Addresses of the key accounts' pages."""

from django.urls import path

from postroad.accounts import views

app_name = "accounts"

urlpatterns = [
    path("", views.accounts, name="accounts"),
    path("results/", views.accounts_results, name="accounts_results"),
    path("export/", views.export, name="export"),
    path("new/", views.new, name="new"),
    path("absences/", views.absences, name="absences"),
    path("absences/<uuid:absence_id>/end/", views.absence_end, name="absence_end"),
    path("hand-overs/<uuid:hand_over_id>/", views.hand_over, name="hand_over"),
    path("<uuid:account_id>/", views.account, name="account"),
    path("<uuid:account_id>/log/", views.log, name="log"),
    path("<uuid:account_id>/edit/", views.edit, name="edit"),
    path("<uuid:account_id>/end/", views.end, name="end"),
    path("<uuid:account_id>/contacts/new/", views.contact_new, name="contact_new"),
    path("<uuid:account_id>/hand-over/", views.hand_over_new, name="hand_over_new"),
]
