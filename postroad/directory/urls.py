"""Addresses of the directory pages."""

from django.urls import path

from postroad.directory.views import runs, sources

app_name = "directory"

urlpatterns = [
    path("", sources.sources, name="sources"),
    path("results/", sources.sources_results, name="sources_results"),
    path("connect/", sources.connect, name="connect"),
    path("connect/fields/", sources.connection_fields, name="connection_fields"),
    path("<uuid:source_id>/", sources.source, name="source"),
    path("<uuid:source_id>/results/", sources.source_results, name="source_results"),
    path("<uuid:source_id>/edit/", sources.edit, name="edit"),
    path("<uuid:source_id>/read/", sources.read, name="read"),
    path("<uuid:source_id>/suspend/", sources.suspend, name="suspend"),
    path("<uuid:source_id>/resume/", sources.resume, name="resume"),
    path("<uuid:source_id>/retire/", sources.retire, name="retire"),
    path("<uuid:source_id>/tokens/", sources.make_token, name="make_token"),
    path("<uuid:source_id>/conflicts/", runs.conflicts, name="conflicts"),
    path("<uuid:source_id>/conflicts/alike/", runs.settle_alike, name="settle_alike"),
    path("tokens/<uuid:token_id>/revoke/", sources.revoke_token, name="revoke_token"),
    path("runs/<uuid:run_id>/", runs.run, name="run"),
    path("runs/<uuid:run_id>/results/", runs.run_results, name="run_results"),
    path("runs/<uuid:run_id>/approve/", runs.approve, name="approve"),
    path("conflicts/<uuid:conflict_id>/", runs.settle, name="settle"),
]
