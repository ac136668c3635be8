from django.urls import path

from postroad.supervision import views

app_name = "supervision"

urlpatterns = [
    path("", views.reports, name="reports"),
    path("export/", views.export_report, name="export_report"),
    path("figures/<slug:key>/", views.figure, name="figure"),
    path("figures/<slug:key>/cases/", views.behind, name="behind"),
    path("figures/<slug:key>/cases/export/", views.export_behind, name="export_behind"),
    path("wallboard/", views.wallboard, name="wallboard"),
    path("wallboard/now/", views.wallboard_now, name="wallboard_now"),
    path("screens/", views.screens, name="screens"),
    path("screens/<uuid:screen_id>/revoke/", views.revoke_screen, name="revoke_screen"),
    path("screen/<str:token>/", views.screen, name="screen"),
    path("screen/<str:token>/now/", views.screen_now, name="screen_now"),
]
