"""Addresses of the messengers pages."""

from django.urls import path

from postroad.messengers import views

app_name = "messengers"

urlpatterns = [
    path("", views.messengers, name="messengers"),
    path("connect/", views.connect, name="connect"),
    path("connection-fields/", views.connection_fields, name="connection_fields"),
    path("rooms/<uuid:room_id>/", views.room, name="room"),
    path("rooms/<uuid:room_id>/read/", views.room_read, name="room_read"),
    path("<uuid:messenger_id>/", views.messenger, name="messenger"),
    path("<uuid:messenger_id>/overview/", views.messenger_overview, name="messenger_overview"),
    path("<uuid:messenger_id>/edit/", views.edit, name="edit"),
    path("<uuid:messenger_id>/check/", views.check, name="check"),
    path("<uuid:messenger_id>/read/", views.read, name="read"),
    path("<uuid:messenger_id>/take-again/", views.take_again, name="take_again"),
    path("<uuid:messenger_id>/suspend/", views.suspend, name="suspend"),
    path("<uuid:messenger_id>/resume/", views.resume, name="resume"),
    path("<uuid:messenger_id>/retire/", views.retire, name="retire"),
    path("<uuid:messenger_id>/users/", views.users, name="users"),
    path("<uuid:messenger_id>/users/results/", views.users_results, name="users_results"),
    path("<uuid:messenger_id>/users/<uuid:user_id>/match/", views.match, name="match"),
    path("<uuid:messenger_id>/users/<uuid:user_id>/unmatch/", views.unmatch, name="unmatch"),
    path("<uuid:messenger_id>/rooms/", views.rooms, name="rooms"),
    path("<uuid:messenger_id>/rooms/results/", views.rooms_results, name="rooms_results"),
    path("<slug:key>/callback/", views.callback, name="callback"),
    path("<slug:key>/callback/<path:rest>", views.callback, name="callback_below"),
]
