"""Roles and posts: who holds which, giving one, ending one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from postroad.org import actions, queries
from postroad.org.forms import EndPostForm, PostForm, blame
from postroad.org.permissions import Permission, get_person_for, get_post_for
from postroad.org.roles import Role, grants
from postroad.org.views.person import form_page
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid

if TYPE_CHECKING:
    from postroad.org.middleware import StaffRequest


@requires(Permission.POST_VIEW)
@require_GET
def posts(request: StaffRequest) -> HttpResponse:
    return render(request, "org/posts.html", _context(request))


@requires(Permission.POST_VIEW)
@require_GET
def posts_results(request: StaffRequest) -> HttpResponse:
    return render(request, "org/posts_results.html", _context(request))


@requires(Permission.POST_ASSIGN)
@require_http_methods(["GET", "POST"])
def post_new(request: StaffRequest, person_id: UUID) -> HttpResponse:
    holder = get_person_for(request.person, person_id, Permission.POST_ASSIGN)
    form = PostForm(
        request.POST or None, assigner=request.person, holder=holder, initial={"department": holder.department_id}
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.open_post(person=holder, actor=request.person.as_actor(), **form.values())
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("The role was given."))
            return redirect("org:person", holder.pk)
    title = _("Give %(name)s a role") % {"name": holder}
    return form_page(request, form, title=title, person=holder, save=_("Give the role"))


@requires(Permission.POST_ASSIGN)
@require_http_methods(["GET", "POST"])
def post_end(request: StaffRequest, post_id: UUID) -> HttpResponse:
    post = get_post_for(request.person, post_id, Permission.POST_ASSIGN)
    form = EndPostForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_post(post=post, ends_on=form.cleaned_data["ends_on"], actor=request.person.as_actor())
        except Invalid as refusal:
            blame(form, refusal)
        except Conflict as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The end of the role was recorded."))
            return redirect("org:person", post.person_id)
    title = _("End the role %(role)s of %(name)s") % {"role": Role(post.role).label, "name": post.person}
    return form_page(request, form, title=title, person=post.person, save=_("End the role"))


def _context(request: StaffRequest) -> dict[str, Any]:
    wanted = request.GET.get("role", "")
    role = Role(wanted) if wanted in Role.values and wanted != Role.STAFF else None
    running = list(queries.posts_running(role=role).order_by("role", "department__code", "person__name"))
    shown_roles = [role] if role else [each for each in Role if each != Role.STAFF]
    carried = grants()
    return {
        "role": role,
        "roles": [each for each in Role if each != Role.STAFF],
        "groups": [
            {
                "role": each,
                "posts": [post for post in running if post.role == each],
                "grants": [grant for grant in carried if each in grant.roles],
            }
            for each in shown_roles
        ],
    }
