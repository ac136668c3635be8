from django.urls import path

from postroad.board import views

app_name = "board"
urlpatterns = [
    path("", views.controls, name="list"),
    path("results/", views.results, name="results"),
    path("export/", views.export, name="export"),
    path("report/", views.report, name="report"),
    path("<str:key>/", views.control, name="control"),
    path("<str:key>/target/", views.propose, name="propose"),
]
