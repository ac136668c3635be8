"""The help pages, under an address of their own; see `web.outside`."""

from django.urls import path

from postroad.knowledge import views

app_name = "help"

urlpatterns = [
    path("", views.help_pages, name="pages"),
    path("<uuid:article_id>/", views.help_article, name="article"),
    path("<uuid:article_id>/verdict/", views.help_verdict, name="verdict"),
]
