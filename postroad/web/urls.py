from django.urls import path

from postroad.web import live, views

app_name = "web"
urlpatterns = [
    path("", views.my_work, name="my_work"),
    path("work/<slug:key>/", views.work_card, name="work_card"),
    path("search/", views.search, name="search"),
    path("search/results/", views.search_results, name="search_results"),
    path("live/", live.live, name="live"),
]
