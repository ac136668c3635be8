from django.urls import path

from postroad.knowledge import views

app_name = "knowledge"

urlpatterns = [
    path("", views.articles, name="articles"),
    path("results/", views.article_results, name="article_results"),
    path("new/", views.article_new, name="article_new"),
    path("preview/", views.preview, name="preview"),
    path("<uuid:article_id>/", views.article, name="article"),
    path("<uuid:article_id>/edit/", views.article_edit, name="article_edit"),
    path("<uuid:article_id>/publish/", views.publish, name="publish"),
    path("<uuid:article_id>/retire/", views.retire, name="retire"),
    path("<uuid:article_id>/review/", views.review, name="review"),
    path("<uuid:article_id>/versions/<int:number>/", views.article_version, name="article_version"),
]
