"""Addresses of the SCIM server; they are the protocol's own (RFC 7644, section 3.2)."""

from django.urls import path

from postroad.directory.views import scim

app_name = "scim"

urlpatterns = [
    path("ServiceProviderConfig", scim.service_provider_config, name="service_provider_config"),
    path("ResourceTypes", scim.resource_types, name="resource_types"),
    path("ResourceTypes/<str:name>", scim.resource_type, name="resource_type"),
    path("Schemas", scim.schemas, name="schemas"),
    path("Schemas/<str:urn>", scim.schema, name="schema"),
    path("Users", scim.users, name="users"),
    path("Users/.search", scim.users_search, name="users_search"),
    path("Users/<str:entry_id>", scim.user, name="user"),
    path("Groups", scim.groups, name="groups"),
    path("Groups/.search", scim.groups_search, name="groups_search"),
    path("Groups/<str:entry_id>", scim.group, name="group"),
    path("<path:rest>", scim.nothing, name="nothing"),
]
