"""Pages of the register of channels."""

from django.urls import path

from postroad.channels import views

app_name = "channels"

urlpatterns = [
    path("", views.channels, name="channels"),
    path("results/", views.channels_results, name="channels_results"),
    path("export/", views.channels_export, name="channels_export"),
    path("new/", views.application, name="application"),
    path("new/steps/", views.application_steps, name="application_steps"),
    path("connection-fields/", views.connection_fields, name="connection_fields"),
    path("name-check/", views.name_check, name="name_check"),
    path("people/", views.people_options, name="people_options"),
    path("naming/", views.naming_rules, name="naming_rules"),
    path("naming/<slug:kind>/", views.naming_rule, name="naming_rule"),
    path("naming/<slug:kind>/try/", views.naming_rule_try, name="naming_rule_try"),
    path("naming/<slug:kind>/remove/", views.naming_rule_remove, name="naming_rule_remove"),
    path("<uuid:channel_id>/", views.channel, name="channel"),
    path("<uuid:channel_id>/health/", views.channel_health, name="channel_health"),
    path("<uuid:channel_id>/revise/", views.revise, name="revise"),
    path("<uuid:channel_id>/edit/", views.edit, name="edit"),
    path("<uuid:channel_id>/connection/", views.connection, name="connection"),
    path("<uuid:channel_id>/probe/", views.probe, name="probe"),
    path("<uuid:channel_id>/suspend/", views.suspend, name="suspend"),
    path("<uuid:channel_id>/resume/", views.resume, name="resume"),
    path("<uuid:channel_id>/retire/", views.retire, name="retire"),
    path("<uuid:channel_id>/hand-over/", views.hand_over, name="hand_over"),
    path("<uuid:channel_id>/team/", views.team, name="team"),
    path("<uuid:channel_id>/team/<uuid:member_id>/remove/", views.team_remove, name="team_remove"),
]
