"""Tags, custom fields and macros: the lists, and writing one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from postroad.desk import actions, queries
from postroad.desk.factforms import CustomFieldForm, MacroForm, MergeTagForm, StepForm, TagForm
from postroad.desk.models import CustomField, Macro, Tag
from postroad.desk.permissions import Permission, get_field, get_macro, get_tag, sight_of
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid

SPARE_STEPS = 3


@require_safe
@requires(Permission.TAG_MANAGE)
def tags(request: StaffRequest) -> HttpResponse:
    found = list(queries.all_tags().values())
    counts = queries.tag_counts(found)
    return render(request, "desk/tags.html", {"tags": list(zip(found, counts, strict=True))})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.TAG_MANAGE)
def tag_new(request: StaffRequest) -> HttpResponse:
    return _tag_written(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.TAG_MANAGE)
def tag_edit(request: StaffRequest, tag_id: UUID) -> HttpResponse:
    return _tag_written(request, get_tag(tag_id))


def _tag_written(request: StaffRequest, tag: Tag | None) -> HttpResponse:
    form = TagForm(request.POST or None, instance=tag)
    if request.method == "POST" and form.is_valid():
        kept = get_tag(tag.pk) if tag else None
        actions.save_tag(tag=kept, person=request.person, **form.cleaned_data)
        messages.success(request, _("The tag is kept."))
        return HttpResponseRedirect(reverse("desk:tags"))
    context = {"form": form, "tag": tag, "merge_form": MergeTagForm(tag=tag) if tag else None}
    return render(request, "desk/tag_edit.html", context, status=422 if form.is_bound else 200)


@require_POST
@requires(Permission.TAG_MANAGE)
def tag_merge(request: StaffRequest, tag_id: UUID) -> HttpResponse:
    tag = get_tag(tag_id)
    form = MergeTagForm(request.POST, tag=tag)
    if not form.is_valid():
        messages.error(request, _("Choose the tag that stays."))
        return HttpResponseRedirect(reverse("desk:tag_edit", args=[tag.pk]))
    into = actions.merge_tags(tag=tag, into=form.cleaned_data["into"], person=request.person)
    messages.success(request, _("“%(name)s” is “%(into)s” now, on every case.") % {"name": tag.name, "into": into.name})
    return HttpResponseRedirect(reverse("desk:tags"))


@require_POST
@requires(Permission.TAG_MANAGE)
def tag_remove(request: StaffRequest, tag_id: UUID) -> HttpResponse:
    actions.remove_tag(tag=get_tag(tag_id), person=request.person)
    messages.success(request, _("The tag was removed."))
    return HttpResponseRedirect(reverse("desk:tags"))


@require_safe
@requires(Permission.FIELD_MANAGE)
def fields(request: StaffRequest) -> HttpResponse:
    return render(request, "desk/fields.html", {"fields": queries.all_fields()})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.FIELD_MANAGE)
def field_new(request: StaffRequest) -> HttpResponse:
    return _field_written(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.FIELD_MANAGE)
def field_edit(request: StaffRequest, field_id: UUID) -> HttpResponse:
    return _field_written(request, get_field(field_id))


def _field_written(request: StaffRequest, field: CustomField | None) -> HttpResponse:
    form = CustomFieldForm(request.POST or None, instance=field, channels=sight_of(request.person).queues())
    if request.method == "POST" and form.is_valid():
        kept = get_field(field.pk) if field else None
        actions.save_field(field=kept, person=request.person, **form.cleaned_data)
        messages.success(request, _("The field is kept."))
        return HttpResponseRedirect(reverse("desk:fields"))
    return render(request, "desk/field_edit.html", {"form": form, "field": field}, status=422 if form.is_bound else 200)


@require_POST
@requires(Permission.FIELD_MANAGE)
def field_retire(request: StaffRequest, field_id: UUID) -> HttpResponse:
    """Retire a field, or take a retired one into use again."""
    field = get_field(field_id)
    try:
        if field.retired_at:
            actions.restore_field(field=field, person=request.person)
        else:
            actions.retire_field(field=field, person=request.person)
    except Invalid as refusal:
        messages.error(request, refusal.message)
    return HttpResponseRedirect(reverse("desk:fields"))


@require_safe
@requires(Permission.MACRO_MANAGE)
def macros(request: StaffRequest) -> HttpResponse:
    found = [(macro, actions.steps_of(macro, person=request.person)) for macro in queries.macros_for()]
    return render(request, "desk/macros.html", {"macros": found})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MACRO_MANAGE)
def macro_new(request: StaffRequest) -> HttpResponse:
    return _macro_written(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MACRO_MANAGE)
def macro_edit(request: StaffRequest, macro_id: UUID) -> HttpResponse:
    return _macro_written(request, get_macro(macro_id))


@require_POST
@requires(Permission.MACRO_MANAGE)
def macro_remove(request: StaffRequest, macro_id: UUID) -> HttpResponse:
    actions.remove_macro(macro=get_macro(macro_id), person=request.person)
    messages.success(request, _("The macro was removed."))
    return HttpResponseRedirect(reverse("desk:macros"))


def _macro_written(request: StaffRequest, macro: Macro | None) -> HttpResponse:
    sight = sight_of(request.person)
    form = MacroForm(request.POST or None, instance=macro, channels=sight.queues())
    forms = _step_forms(request, macro)
    if request.method == "POST" and form.is_valid() and forms.is_valid():
        steps = _steps(forms)
        if steps is not None and _kept(request, macro, form, steps):
            messages.success(request, _("The macro is kept."))
            return HttpResponseRedirect(reverse("desk:macros"))
    context = {"form": form, "steps": forms, "macro": macro}
    return render(request, "desk/macro_edit.html", context, status=422 if form.is_bound else 200)


def _step_forms(request: StaffRequest, macro: Macro | None) -> BaseFormSet[StepForm]:
    channels = list(sight_of(request.person).queues())
    made = formset_factory(StepForm, extra=SPARE_STEPS, max_num=actions.MOST_STEPS, absolute_max=actions.MOST_STEPS)
    offered: dict[str, Any] = {
        "canned": queries.canned_answers(),
        "people": queries.colleagues(channels),
        "tags": queries.all_tags(),
        "asked": queries.fields_in_use(),
    }
    initial = [StepForm.initial_of(step) for step in macro.steps] if macro else []
    return made(request.POST or None, initial=initial, form_kwargs=offered, prefix="step")


def _steps(forms: BaseFormSet[StepForm]) -> list[dict[str, Any]] | None:
    """The steps as they are kept; None, and the forms say why, where one is incomplete."""
    steps, complete = [], True
    for form in forms:
        try:
            step = form.step
        except ValidationError as refused:
            form.add_error(None, refused)
            complete = False
        else:
            steps += [step] if step else []
    return steps if complete else None


def _kept(request: StaffRequest, macro: Macro | None, form: MacroForm, steps: list[dict[str, Any]]) -> bool:
    try:
        kept = get_macro(macro.pk) if macro else None
        actions.save_macro(macro=kept, steps=steps, person=request.person, **form.cleaned_data)
    except Invalid as refusal:
        form.add_error(None, refusal.message)
        return False
    return True
