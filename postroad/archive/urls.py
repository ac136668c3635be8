from django.urls import path

from postroad.archive import views

app_name = "archive"

urlpatterns = [
    path("", views.search, name="search"),
    path("results/", views.search_results, name="search_results"),
    path("export/", views.export, name="export"),
    path("<uuid:message_id>/", views.message, name="message"),
]
