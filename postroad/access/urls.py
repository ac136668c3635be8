"""Addresses of the permission pages."""

from django.urls import path

from postroad.access import views

app_name = "access"

urlpatterns = [
    path("", views.grants, name="grants"),
    path("results/", views.grants_results, name="grants_results"),
    path("export/", views.grants_export, name="grants_export"),
    path("import/", views.form2_import, name="import"),
    path("apply/", views.apply, name="apply"),
    path("suggestions/<slug:what>/", views.suggestions, name="suggestions"),
    path("revoke/", views.revoke, name="revoke"),
    path("grants/<uuid:grant_id>/", views.grant, name="grant"),
    path("grants/<uuid:grant_id>/change/", views.change, name="change"),
    path("applications/<uuid:request_id>/", views.application, name="application"),
    path("applications/<uuid:request_id>/edit/", views.application_edit, name="application_edit"),
    path("applications/<uuid:request_id>/submit/", views.application_submit, name="application_submit"),
    path("applications/<uuid:request_id>/discard/", views.application_discard, name="application_discard"),
    path("configure/", views.configure, name="configure"),
    path("configure/done/", views.configure_done, name="configure_done"),
    path("recertifications/", views.recertifications, name="recertifications"),
    path("recertifications/start/", views.recertification_start, name="recertification_start"),
    path("recertifications/<uuid:recertification_id>/", views.recertification, name="recertification"),
    path("sheets/<uuid:sheet_id>/", views.sheet, name="sheet"),
    path("features/", views.feature_reviews, name="feature_reviews"),
    path("features/<uuid:review_id>/", views.feature_review, name="feature_review"),
    path("features/<uuid:review_id>/finish/", views.feature_review_finish, name="feature_review_finish"),
]
