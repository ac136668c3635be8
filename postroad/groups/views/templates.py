"""Group templates and projects."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postroad.groups import actions, queries
from postroad.groups.forms import ProjectForm, ProjectMemberForm, ReasonForm, TemplateForm, show
from postroad.groups.models import Project
from postroad.groups.permissions import (
    Permission,
    get_project,
    get_project_for,
    get_template,
    may_edit_project,
)
from postroad.groups.simulate import simulate_template
from postroad.groups.views.shared import form_page, tabs
from postroad.ledger.queries import history_of
from postroad.org.middleware import StaffRequest
from postroad.org.models import today
from postroad.platform.actors import subject_of
from postroad.platform.authorisation import requires
from postroad.platform.errors import DomainError
from postroad.platform.pagination import keyset

GROUPS_SHOWN = 100
HISTORY_SHOWN = 20


@requires(Permission.GROUP_VIEW_ALL)
@require_GET
def templates(request: StaffRequest) -> HttpResponse:
    context = {
        "templates": list(queries.templates_listed()),
        "may_edit": request.user.may(Permission.TEMPLATE_EDIT),
        "tabs": tabs(request, "templates"),
    }
    return render(request, "groups/templates.html", context)


@requires(Permission.GROUP_VIEW_ALL)
@require_GET
def template(request: StaffRequest, template_id: UUID) -> HttpResponse:
    shown = get_template(template_id)
    only = [one.pk for one in shown.only.all()]
    existing = shown if shown.state == shown.State.IN_FORCE else None
    context = {
        "template": shown,
        "only": list(shown.only.order_by("code")),
        "simulation": simulate_template(shown, only=only, existing=existing),
        "requests": list(queries.template_requests(shown)[:5]),
        "waiting": queries.open_template_request(shown),
        "history": history_of(subject_of(shown))[:HISTORY_SHOWN],
        "may_edit": request.user.may(Permission.TEMPLATE_EDIT),
        "tabs": tabs(request, "templates"),
    }
    return render(request, "groups/template.html", context)


@requires(Permission.TEMPLATE_EDIT)
@require_http_methods(["GET", "POST"])
def template_new(request: StaffRequest) -> HttpResponse:
    form = TemplateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.apply_for_template(
                values=form.value(), applicant=request.person, actor=request.person.as_actor()
            )
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The application was submitted. Nothing is made before it is approved."))
            return redirect(made)
    return _template_page(request, form, title=_("Apply for a group template"), back=reverse("groups:templates"))


@requires(Permission.TEMPLATE_EDIT)
@require_http_methods(["GET", "POST"])
def template_edit(request: StaffRequest, template_id: UUID) -> HttpResponse:
    shown = get_template(template_id)
    initial = TemplateForm.initial_of(actions.values_of(shown))
    form = TemplateForm(request.POST or None, template=shown, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_template(
                template=shown, values=form.value(), applicant=request.person, actor=request.person.as_actor()
            )
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The change was submitted. Until it is approved the template stays as it is."))
            return redirect(shown)
    return _template_page(
        request, form, title=_("Change the template"), back=shown.get_absolute_url(), template_id=shown.pk
    )


def _template_page(request: StaffRequest, form: TemplateForm, **more: Any) -> HttpResponse:
    context = {"form": form, "tabs": tabs(request, "templates"), **more}
    return render(request, "groups/template_form.html", context, status=422 if form.errors else 200)


@requires(Permission.TEMPLATE_EDIT)
@require_POST
def template_try(request: StaffRequest) -> HttpResponse:
    """What the template as typed would mean; changes nothing."""
    existing = get_template(UUID(request.POST["template_id"])) if request.POST.get("template_id") else None
    initial = TemplateForm.initial_of(actions.values_of(existing)) if existing else None
    form = TemplateForm(request.POST, template=existing, initial=initial)
    context: dict[str, Any] = {"shown": GROUPS_SHOWN}
    if form.is_valid():
        values = form.value()
        fault = queries.pattern_fault(values.kind, values.pattern)
        context["fault"] = fault
        if not fault:
            only = [one.pk for one in values.only]
            in_force = existing if existing and existing.state == existing.State.IN_FORCE else None
            context["simulation"] = simulate_template(form.unsaved(), only=only, existing=in_force)
    return render(request, "groups/_simulation.html", context)


@requires(Permission.TEMPLATE_EDIT)
@require_http_methods(["GET", "POST"])
def template_end(request: StaffRequest, template_id: UUID) -> HttpResponse:
    shown = get_template(template_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_template(template=shown, reason=form.cleaned_data["reason"], actor=request.person.as_actor())
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The template has ended."))
            return redirect(shown)
    text = _("Its groups stay as they are and with whoever is in them; nobody is put in or taken out any more.")
    return form_page(
        request,
        form,
        title=_("End the template"),
        text=text,
        save=_("End it"),
        back=shown.get_absolute_url(),
        back_label=str(shown),
        active="templates",
    )


# --- projects -----------------------------------------------------------------------------------------------


@requires(Permission.PROJECT_VIEW)
@require_GET
def projects(request: StaffRequest) -> HttpResponse:
    ended = request.GET.get("which") == "ended"
    found = queries.projects_listed(text=request.GET.get("q", "")[:100], ended=ended)
    context = {
        "page": keyset(found, order=("name", "id"), cursor=request.GET.get("cursor")),
        "text": request.GET.get("q", "")[:100],
        "ended": ended,
        "may_edit": request.user.may(Permission.PROJECT_EDIT),
        "tabs": tabs(request, "projects"),
    }
    return render(request, "groups/projects.html", context)


@requires(Permission.PROJECT_EDIT)
@require_http_methods(["GET", "POST"])
def project_new(request: StaffRequest) -> HttpResponse:
    form = ProjectForm(request.POST or None, initial={"department": request.person.department_id})
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_project(**form.cleaned_data, actor=request.person.as_actor())
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The project is there; its group follows where a template asks for one."))
            return redirect(made)
    return form_page(
        request,
        form,
        title=_("New project"),
        back=reverse("groups:projects"),
        back_label=_("Projects"),
        active="projects",
    )


@requires(Permission.PROJECT_KEEP)
@require_http_methods(["GET", "POST"])
def project(request: StaffRequest, project_id: UUID) -> HttpResponse:
    """A project and its people; posting adds one."""
    shown = get_project(project_id)
    form = ProjectMemberForm(request.POST or None)
    if request.method == "POST":
        shown = get_project_for(request.person, project_id)
        if form.is_valid():
            try:
                actions.add_member(project=shown, **form.cleaned_data, actor=request.person.as_actor())
            except DomainError as refusal:
                show(form, refusal)
            else:
                messages.success(request, _("%(name)s is in the project.") % {"name": form.cleaned_data["person"]})
                return redirect(shown)
    context = {
        "project": shown,
        "form": form,
        "members": list(queries.members_of(shown)),
        "groups": list(shown.groups.select_related("channel")),
        "may_edit": may_edit_project(request.person, shown),
        "today": today(),
        "tabs": tabs(request, "projects"),
    }
    return render(request, "groups/project.html", context, status=422 if form.errors else 200)


@requires(Permission.PROJECT_KEEP)
@require_http_methods(["GET", "POST"])
def project_edit(request: StaffRequest, project_id: UUID) -> HttpResponse:
    shown = get_project_for(request.person, project_id)
    initial = {name: getattr(shown, name) for name in ProjectForm.base_fields}
    form = ProjectForm(request.POST or None, initial=initial)
    form.fields["code"].disabled = True
    if request.method == "POST" and form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "code"}
        try:
            actions.change_project(project=shown, **values, actor=request.person.as_actor())
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The project was changed."))
            return redirect(shown)
    return form_page(
        request,
        form,
        title=_("Change the project"),
        back=shown.get_absolute_url(),
        back_label=str(shown),
        active="projects",
    )


@requires(Permission.PROJECT_KEEP)
@require_POST
def project_member_end(request: StaffRequest, project_id: UUID, member_id: UUID) -> HttpResponse:
    """Take somebody out of a project."""
    shown: Project = get_project_for(request.person, project_id)
    member = queries.members_of(shown).filter(pk=member_id).first()
    if member is not None:
        actions.end_member(member=member, actor=request.person.as_actor())
        messages.success(request, _("%(name)s is out of the project.") % {"name": member.person})
    return redirect(shown)
