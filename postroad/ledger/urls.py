from django.urls import path

from postroad.ledger import views

app_name = "ledger"

urlpatterns = [
    path("", views.entry_list, name="list"),
    path("results/", views.entry_list_results, name="list_results"),
    path("<uuid:uuid>/", views.entry, name="entry"),
    path("<uuid:uuid>/proof.json", views.proof, name="proof"),
]
