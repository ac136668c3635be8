from django.urls import path

from postroad.approvals.views import delegations, flows, links, requests

app_name = "approvals"

urlpatterns = [
    path("", requests.waiting, name="waiting"),
    path("results/", requests.waiting_results, name="waiting_results"),
    path("mine/", requests.mine, name="mine"),
    path("mine/results/", requests.mine_results, name="mine_results"),
    path("all/", requests.everything, name="everything"),
    path("all/results/", requests.everything_results, name="everything_results"),
    path("requests/<uuid:request_id>/", requests.request_page, name="request"),
    path("requests/<uuid:request_id>/progress/", requests.progress, name="progress"),
    path("requests/<uuid:request_id>/decide/", requests.decide_step, name="decide"),
    path("requests/<uuid:request_id>/submit/", requests.submit_request, name="submit"),
    path("requests/<uuid:request_id>/withdraw/", requests.withdraw_request, name="withdraw"),
    path("requests/<uuid:request_id>/remind/", requests.remind_approvers, name="remind"),
    path("delegations/", delegations.delegation_list, name="delegations"),
    path("delegations/<uuid:delegation_id>/end/", delegations.end, name="delegation_end"),
    path("flows/", flows.flow_list, name="flows"),
    path("flows/new/", flows.create, name="flow_create"),
    path("flows/<uuid:flow_id>/", flows.flow_page, name="flow"),
    path("flows/<uuid:flow_id>/edit/", flows.edit, name="flow_edit"),
    path("by-mail/<str:token>/", links.decide_by_mail, name="link"),
]
