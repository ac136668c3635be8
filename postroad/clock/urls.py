from django.urls import path

from postroad.clock import views

app_name = "clock"
urlpatterns = [
    path("calendars/", views.calendars, name="calendars"),
    path("calendars/new/", views.new_calendar, name="new_calendar"),
    path("calendars/<slug:key>/", views.calendar, name="calendar"),
    path("calendars/<slug:key>/new-version/", views.new_version, name="new_version"),
    path("deadlines/", views.deadlines, name="deadlines"),
    path("deadlines/results/", views.deadlines_results, name="deadlines_results"),
    path("deadlines/<uuid:deadline_id>/", views.deadline, name="deadline"),
    path("duties/", views.duties, name="duties"),
    path("duties/new/", views.new_duty, name="new_duty"),
    path("duties/<uuid:duty_id>/", views.duty, name="duty"),
    path("duties/<uuid:duty_id>/edit/", views.edit_duty, name="edit_duty"),
    path("duties/occurrences/<uuid:occurrence_id>/done/", views.complete_duty, name="complete_duty"),
]
