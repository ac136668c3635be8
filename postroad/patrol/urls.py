"""Addresses of the patrol's pages."""

from django.urls import path

from postroad.patrol import views

app_name = "patrol"

urlpatterns = [
    path("", views.rounds, name="rounds"),
    path("results/", views.rounds_results, name="rounds_results"),
    path("words/", views.words, name="words"),
    path("groups/<uuid:channel_id>/", views.channel, name="channel"),
    path("groups/<uuid:channel_id>/finish/", views.finish, name="finish"),
    path("findings/<uuid:finding_id>/", views.deal, name="deal"),
]
