"""Addresses of the groups pages."""

from django.urls import path

from postroad.groups import views

app_name = "groups"

urlpatterns = [
    path("", views.groups, name="groups"),
    path("results/", views.groups_results, name="groups_results"),
    path("plan/", views.plan, name="plan"),
    path("plan.json", views.plan_json, name="plan_json"),
    path("apply/", views.apply, name="apply"),
    path("move/", views.move, name="move"),
    path("runs/", views.runs, name="runs"),
    path("runs/results/", views.runs_results, name="runs_results"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("runs/<uuid:run_id>/confirm/", views.run_confirm, name="run_confirm"),
    path("runs/<uuid:run_id>/drop/", views.run_drop, name="run_drop"),
    path("differences/", views.differences, name="differences"),
    path("differences/results/", views.differences_results, name="differences_results"),
    path("differences/<uuid:difference_id>/", views.difference, name="difference"),
    path("differences/<uuid:difference_id>/exception/", views.except_, name="except"),
    path("differences/<uuid:difference_id>/accept/", views.accept, name="accept"),
    path("templates/", views.templates, name="templates"),
    path("templates/new/", views.template_new, name="template_new"),
    path("templates/try/", views.template_try, name="template_try"),
    path("templates/<uuid:template_id>/", views.template, name="template"),
    path("templates/<uuid:template_id>/edit/", views.template_edit, name="template_edit"),
    path("templates/<uuid:template_id>/end/", views.template_end, name="template_end"),
    path("projects/", views.projects, name="projects"),
    path("projects/new/", views.project_new, name="project_new"),
    path("projects/<uuid:project_id>/", views.project, name="project"),
    path("projects/<uuid:project_id>/edit/", views.project_edit, name="project_edit"),
    path(
        "projects/<uuid:project_id>/members/<uuid:member_id>/end/", views.project_member_end, name="project_member_end"
    ),
    path("strays/", views.strays, name="strays"),
    path("strays/results/", views.strays_results, name="strays_results"),
    path("strays/<uuid:room_id>/", views.stray, name="stray"),
    path("strays/<uuid:room_id>/register/", views.stray_register, name="stray_register"),
    path("strays/<uuid:room_id>/ask/", views.stray_ask, name="stray_ask"),
    path("strays/<uuid:room_id>/may-close/", views.stray_may_close, name="stray_may_close"),
    path("strays/<uuid:room_id>/close/", views.stray_close, name="stray_close"),
    path("hand-overs/", views.hand_overs, name="hand_overs"),
    path("hand-overs/<uuid:hand_over_id>/", views.hand_over, name="hand_over"),
    path("confirmations/", views.confirmations, name="confirmations"),
    path("confirmations/<uuid:channel_id>/", views.confirm, name="confirm"),
    path("confirmations/<uuid:channel_id>/<slug:month>/", views.screenshot, name="screenshot"),
    path("<uuid:channel_id>/", views.group, name="group"),
    path("<uuid:channel_id>/state/", views.group_state, name="group_state"),
    path("<uuid:channel_id>/repair/", views.repair, name="repair"),
    path("<uuid:channel_id>/make-anew/", views.make_anew, name="make_anew"),
    path("<uuid:channel_id>/close/", views.close, name="close"),
    path("<uuid:channel_id>/delegate/", views.delegate, name="delegate"),
    path("<uuid:channel_id>/departures/<uuid:amendment_id>/end/", views.end_amendment, name="end_amendment"),
]
