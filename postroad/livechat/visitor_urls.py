"""What visitors' browsers ask, under an address space of their own. Event streams: see `streams`."""

from django.urls import path

from postroad.livechat.views import visitor, widget
from postroad.livechat.views.rating import rating

app_name = "chat"

urlpatterns = [
    path("widget.js", widget.script, name="widget"),
    path("<slug:key>/", widget.page, name="page"),
    path("<slug:key>/setup/", visitor.setup, name="setup"),
    path("<slug:key>/help/", visitor.help_with, name="help"),
    path("<slug:key>/start/", visitor.start, name="start"),
    path("<slug:key>/offer/", visitor.offer, name="offer"),
    path("<slug:key>/resume/", visitor.resume, name="resume"),
    path("<slug:key>/messages/", visitor.messages, name="messages"),
    path("<slug:key>/seen/", visitor.seen, name="seen"),
    path("<slug:key>/typing/", visitor.typing, name="typing"),
    path("<slug:key>/link/", visitor.link, name="link"),
    path("<slug:key>/leave/", visitor.leave, name="leave"),
    path("<slug:key>/rating/", rating, name="rating"),
    path("<slug:key>/files/<uuid:attachment_id>/", visitor.file, name="file"),
]
