"""Where customers say how satisfied they were, under an address of its own; see `web.outside`."""

from django.urls import path

from postroad.desk import views

app_name = "rate"

urlpatterns = [path("<str:token>/", views.rate, name="rate")]
