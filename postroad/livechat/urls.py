"""Addresses of the live chat pages for staff."""

from django.urls import path

from postroad.livechat.views import keeping

app_name = "livechat"

urlpatterns = [
    path("", keeping.chats, name="chats"),
    path("<slug:key>/", keeping.chat, name="chat"),
    path("<slug:key>/save/", keeping.save, name="save"),
    path("<slug:key>/identity/", keeping.identity, name="identity"),
    path("<slug:key>/preview/", keeping.preview, name="preview"),
]
