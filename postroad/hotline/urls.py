"""Addresses of the hotline pages."""

from django.urls import path

from postroad.hotline import views

app_name = "hotline"

urlpatterns = [
    path("", views.calls, name="calls"),
    path("results/", views.calls_results, name="calls_results"),
    path("<uuid:call_id>/", views.call, name="call"),
    path("<uuid:call_id>/open-case/", views.open_case, name="open_case"),
    path("<uuid:call_id>/file/", views.file_call, name="file_call"),
    path("call-backs/", views.call_backs, name="call_backs"),
    path("call-backs/results/", views.call_backs_results, name="call_backs_results"),
    path("call-backs/<uuid:call_back_id>/called/", views.called, name="called"),
    path("call-backs/<uuid:call_back_id>/number/", views.number, name="number"),
    path("lines/", views.lines, name="lines"),
    path("lines/<slug:key>/", views.line, name="line"),
    path("lines/<slug:key>/secret/", views.secret, name="secret"),
    path("lines/<slug:key>/test/", views.test_event, name="test_event"),
    path("lines/<slug:key>/extensions/", views.extension_set, name="extension_set"),
    path("lines/<slug:key>/extensions/<uuid:extension_id>/remove/", views.extension_remove, name="extension_remove"),
    path("lines/<slug:key>/records/", views.records, name="records"),
    path("lines/<slug:key>/records/<uuid:records_id>/", views.records_import, name="records_import"),
    path("lines/<slug:key>/records/<uuid:records_id>/progress/", views.records_progress, name="records_progress"),
    path("lines/<slug:key>/records/<uuid:records_id>/apply/", views.records_apply, name="records_apply"),
    path("lines/<slug:key>/records/<uuid:records_id>/discard/", views.records_discard, name="records_discard"),
    path("<slug:key>/events", views.events, name="events"),
]
