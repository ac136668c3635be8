from django.urls import path

from postroad.conversations import views

app_name = "conversations"

urlpatterns = [
    path("unhandled/try-again/", views.try_again, name="try_again"),
    path("messages/<uuid:message_id>/formatted/", views.formatted, name="formatted"),
    path("messages/<uuid:message_id>/original/", views.original, name="original"),
    path("attachments/<uuid:attachment_id>/", views.attachment, name="attachment"),
]
