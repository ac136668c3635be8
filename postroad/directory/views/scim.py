"""The SCIM 2.0 server at /scim/v2 (RFC 7644). Open to whoever shows a token of a source, to nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import wraps
from typing import Any, TypeAlias
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from pydantic import ValidationError
from scim2_models import (
    Context,
    Error,
    ForbiddenException,
    GroupMembership,
    InvalidSyntaxException,
    ListResponse,
    Meta,
    NotFoundException,
    NotImplementedException,
    PatchOp,
    PayloadTooLargeException,
    Reference,
    Resource,
    ResponseParameters,
    SCIMException,
    SearchRequest,
    UnauthorizedException,
)
from scim2_models.path import CompareOperator, Comparison, LogicalExpr, LogicalOperator

from postroad.directory import queries
from postroad.directory.actions import scim as actions
from postroad.directory.actions.pushed import open_resource
from postroad.directory.models import Source, SourceDepartment, SourcePerson
from postroad.directory.scim.reading import AnyUser
from postroad.directory.scim.resources import CONFIGURATION, LARGEST_PAGE, PAGE, PROVIDER, FullUser, Group, GroupMember
from postroad.platform.authorisation import public
from postroad.platform.rates import Rate, reserve

CONTENT_TYPE = "application/scim+json"
LARGEST_BODY = 1024 * 1024
PER_SOURCE = Rate(calls=50, period=timedelta(seconds=1), burst=200)
REFUSED_PER_ADDRESS = Rate(calls=30, period=timedelta(minutes=1))
WHY_PUBLIC = "A SCIM client is no person: it shows the token of a source, which is checked before anything else"

Answer: TypeAlias = HttpResponse
View = Callable[..., Answer]


class _SlowDown(SCIMException):
    status = 429
    _default_detail = "Too many requests; come back later."


class _NotAllowed(SCIMException):
    status = 405
    _default_detail = "This method is not supported here."


def scim(*methods: str) -> Callable[[View], View]:
    """A view of the SCIM server: its token checked, its faults told as RFC 7644, section 3.12, wants them."""

    def decorate(view: View) -> View:
        @public(reason=WHY_PUBLIC)
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, **arguments: str) -> Answer:
            try:
                source = _source_of(request)
                if request.method not in methods:
                    raise _NotAllowed
                _check_body(request)
                with PROVIDER:
                    return view(request, source, **arguments)
            except ValidationError as error:
                return _fault(Error.from_validation_errors(error)[0])
            except SCIMException as error:
                return _fault(error.to_error())

        return guarded

    return decorate


# --- what is served ------------------------------------------------------------------------------------------


@scim("GET")
def service_provider_config(request: HttpRequest, source: Source) -> Answer:
    del source
    shown = CONFIGURATION.model_copy(deep=True)
    location = request.build_absolute_uri()
    shown.meta = Meta(resource_type="ServiceProviderConfig", location=Reference(location))
    return _answer(shown.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


@scim("GET")
def resource_types(request: HttpRequest, source: Source) -> Answer:
    del source
    return _discovery(request, PROVIDER.resource_types, "ResourceType")


@scim("GET")
def resource_type(request: HttpRequest, source: Source, name: str) -> Answer:
    del source
    return _discovered(request, PROVIDER.resource_types, name, "ResourceType")


@scim("GET")
def schemas(request: HttpRequest, source: Source) -> Answer:
    del source
    return _discovery(request, PROVIDER.schemas, "Schema")


@scim("GET")
def schema(request: HttpRequest, source: Source, urn: str) -> Answer:
    del source
    return _discovered(request, PROVIDER.schemas, urn, "Schema")


@scim("GET", "POST", "PUT", "PATCH", "DELETE")
def nothing(request: HttpRequest, source: Source, rest: str) -> Answer:
    """Everything else, told in the protocol's own words."""
    del source
    if rest == ".search" and request.method == "POST":
        raise NotImplementedException(detail="Search users and groups at their own addresses.")
    raise NotFoundException(detail="There is nothing here.")


@scim("GET", "POST")
def users(request: HttpRequest, source: Source) -> Answer:
    if request.method == "POST":
        user = FullUser.model_validate(_body(request), scim_ctx=Context.RESOURCE_CREATION_REQUEST)
        entry = actions.push_user(source=source, user=user)
        return _created(_user(request, source, entry), _parameters(request, FullUser))
    return _users_found(request, source, SearchRequest[FullUser].model_validate(_query(request)))


@scim("POST")
def users_search(request: HttpRequest, source: Source) -> Answer:
    wanted = SearchRequest[FullUser].model_validate(_body(request), scim_ctx=Context.SEARCH_REQUEST)
    return _users_found(request, source, wanted)


@scim("GET", "PUT", "PATCH", "DELETE")
def user(request: HttpRequest, source: Source, entry_id: str) -> Answer:
    entry = queries.pushed_people(source).filter(pk=_uuid(entry_id)).first()
    if entry is None:
        raise NotFoundException(detail="There is no such user.")
    match request.method:
        case "GET":
            return _shown(_user(request, source, entry), _parameters(request, FullUser))
        case "DELETE":
            actions.withdraw_user(source=source, entry=entry)
            return HttpResponse(status=204)
        case "PUT":
            changed = FullUser.model_validate(_body(request), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
            changed.replace(open_resource(entry))
        case _:
            changed = open_resource(entry)
            PatchOp[FullUser].model_validate(_body(request), scim_ctx=Context.RESOURCE_PATCH_REQUEST).patch(changed)
    entry = actions.push_user(source=source, user=changed, entry=entry)
    return _shown(_user(request, source, entry), _parameters(request, FullUser))


@scim("GET", "POST")
def groups(request: HttpRequest, source: Source) -> Answer:
    if request.method == "POST":
        group = Group.model_validate(_body(request), scim_ctx=Context.RESOURCE_CREATION_REQUEST)
        entry = actions.push_group(source=source, group=group)
        return _created(_group(request, source, entry), _parameters(request, Group))
    return _groups_found(request, source, SearchRequest[Group].model_validate(_query(request)))


@scim("POST")
def groups_search(request: HttpRequest, source: Source) -> Answer:
    wanted = SearchRequest[Group].model_validate(_body(request), scim_ctx=Context.SEARCH_REQUEST)
    return _groups_found(request, source, wanted)


@scim("GET", "PUT", "PATCH", "DELETE")
def group(request: HttpRequest, source: Source, entry_id: str) -> Answer:
    entry = queries.pushed_groups(source).filter(pk=_uuid(entry_id)).first()
    if entry is None:
        raise NotFoundException(detail="There is no such group.")
    kept = _group(request, source, entry)
    match request.method:
        case "GET":
            return _shown(kept, _parameters(request, Group))
        case "DELETE":
            actions.withdraw_group(source=source, entry=entry)
            return HttpResponse(status=204)
        case "PUT":
            changed = Group.model_validate(_body(request), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
            changed.replace(kept)
        case _:
            changed = kept
            PatchOp[Group].model_validate(_body(request), scim_ctx=Context.RESOURCE_PATCH_REQUEST).patch(changed)
    entry = actions.push_group(source=source, group=changed, entry=entry)
    return _shown(_group(request, source, entry), _parameters(request, Group))


# --- who asks ------------------------------------------------------------------------------------------------


def _source_of(request: HttpRequest) -> Source:
    """The source whose token was shown. Refusals cost the asking address; requests cost the source."""
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    token = queries.token_of(secret.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        turn = reserve(f"directory.scim.refused:{request.META.get('REMOTE_ADDR', '')}", REFUSED_PER_ADDRESS)
        raise UnauthorizedException(detail="Show a valid token.") if turn.granted else _SlowDown
    if token.source.state != Source.State.IN_USE:
        raise ForbiddenException(detail="This source is not in use.")
    if not reserve(f"directory.scim:{token.source_id}", PER_SOURCE).granted:
        raise _SlowDown
    actions.note_use(token=token)
    return token.source


def _check_body(request: HttpRequest) -> None:
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        raise InvalidSyntaxException(detail="The length of the body is no number.") from None
    if length > LARGEST_BODY:
        raise PayloadTooLargeException(detail=f"A request has at most {LARGEST_BODY} bytes.")


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        raise InvalidSyntaxException(detail="The body is not JSON.") from None
    if not isinstance(body, dict):
        raise InvalidSyntaxException(detail="The body is not a JSON object.")
    return body


def _query(request: HttpRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.GET.items()}


def _parameters(request: HttpRequest, model: type[Resource[Any]]) -> ResponseParameters[Any]:
    return ResponseParameters[model].model_validate(_query(request))  # type: ignore[valid-type]  # made at run time


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundException(detail="There is nothing of this id.") from None


# --- what is answered ----------------------------------------------------------------------------------------


def _users_found(request: HttpRequest, source: Source, wanted: SearchRequest[Any]) -> Answer:
    """A page of users. Looked up by userName or externalId, only those are opened; else, with a filter, all are."""
    found = queries.pushed_people(source)
    if wanted.filter is not None:
        found = _narrowed(found, wanted.filter.ast)
        entries = [entry for entry in found if wanted.filter.match(_bare_user(entry))]
        total, page = len(entries), entries[_slice(wanted)]
    else:
        total, page = found.count(), list(found[_slice(wanted)])
    known = queries.groups_by_id(source, {key for entry in page for key in entry.department_ids})
    shown = [_user(request, source, entry, known) for entry in page]
    return _listed(FullUser, shown, total, wanted)


def _narrowed(found: Any, node: object) -> Any:
    """Fewer rows to open, where the filter wants one user name or one id; the filter itself is applied afterwards."""
    if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_:
        for term in node.terms:
            found = _narrowed(found, term)
    elif isinstance(node, Comparison) and node.op == CompareOperator.eq and node.attr_path.sub_attr is None:
        match node.attr_path.attr.lower():
            case "username":
                return found.filter(login_digest=queries.login_digest(str(node.value)))
            case "externalid":
                return found.filter(pushed_digest=queries.pushed_digest(str(node.value)))
            case "id":
                return found.filter(pk=_uuid(str(node.value)))
    return found


def _groups_found(request: HttpRequest, source: Source, wanted: SearchRequest[Any]) -> Answer:
    found = [_group(request, source, entry) for entry in queries.pushed_groups(source)]
    if wanted.filter is not None:
        found = [one for one in found if wanted.filter.match(one)]
    return _listed(Group, found[_slice(wanted)], len(found), wanted)


def _slice(wanted: SearchRequest[Any]) -> slice:
    start = wanted.start_index_0 or 0
    count = PAGE if wanted.count is None else min(wanted.count, LARGEST_PAGE)
    return slice(start, start + count)


def _bare_user(entry: SourcePerson) -> AnyUser:
    user = open_resource(entry)
    user.id = str(entry.pk)
    return user


def _user(
    request: HttpRequest, source: Source, entry: SourcePerson, known: dict[str, SourceDepartment] | None = None
) -> AnyUser:
    known = queries.groups_by_id(source, entry.department_ids) if known is None else known
    user = _bare_user(entry)
    user.meta = _meta(request, "User", entry)
    user.groups = [
        GroupMembership(
            value=key, display=known[key].name, type="direct", ref=Reference(_address(request, "Group", key))
        )
        for key in entry.department_ids
        if key in known
    ] or None
    return user


def _group(request: HttpRequest, source: Source, entry: SourceDepartment) -> Group:
    members = queries.members_of(source, entry).values_list("external_id", flat=True)
    return Group(
        id=str(entry.pk),
        external_id=entry.pushed_id or None,
        meta=_meta(request, "Group", entry),
        display_name=entry.name,
        members=[GroupMember(value=key, type="User", ref=Reference(_address(request, "User", key))) for key in members]
        or None,
    )


def _meta(request: HttpRequest, kind: str, entry: SourcePerson | SourceDepartment) -> Meta:
    return Meta(
        resource_type=kind,
        created=queries.made_at(entry),
        last_modified=entry.changed_at,
        location=Reference(_address(request, kind, str(entry.pk))),
    )


def _address(request: HttpRequest, kind: str, key: str) -> str:
    return request.build_absolute_uri(reverse(f"scim:{kind.lower()}", args=[key]))


def _discovery(request: HttpRequest, found: Sequence[Resource[Any]], kind: str) -> Answer:
    if request.GET.get("filter"):
        raise ForbiddenException(detail="This list cannot be filtered.")
    shown = [_with_place(request, one, kind, below=True) for one in found]
    model = type(found[0])
    listed = ListResponse[model](  # type: ignore[valid-type]  # made at run time
        total_results=len(shown), items_per_page=len(shown), start_index=1, resources=shown
    )
    return _answer(listed.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


def _discovered(request: HttpRequest, found: Sequence[Resource[Any]], key: str, kind: str) -> Answer:
    one = next((one for one in found if str(one.id).lower() == key.lower()), None)
    if one is None:
        raise NotFoundException(detail="There is nothing of this name.")
    return _answer(_with_place(request, one, kind).model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


def _with_place(request: HttpRequest, one: Resource[Any], kind: str, *, below: bool = False) -> Resource[Any]:
    shown = one.model_copy(deep=True)
    here = request.build_absolute_uri(request.path)
    location = f"{here.rstrip('/')}/{one.id}" if below else here
    shown.meta = Meta(resource_type=kind, location=Reference(location))
    return shown


def _listed(model: Any, shown: Sequence[Resource[Any]], total: int, wanted: SearchRequest[Any]) -> Answer:
    listed = ListResponse[model](
        total_results=total,
        items_per_page=len(shown),
        start_index=wanted.start_index or 1,
        resources=list(shown),
    )
    return _answer(listed.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=wanted))


def _shown(resource: Resource[Any], parameters: ResponseParameters[Any]) -> Answer:
    dumped = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=parameters)
    return _located(_answer(dumped), resource)


def _created(resource: Resource[Any], parameters: ResponseParameters[Any]) -> Answer:
    dumped = resource.model_dump(scim_ctx=Context.RESOURCE_CREATION_RESPONSE, response_parameters=parameters)
    return _located(_answer(dumped, status=201), resource)


def _located(answer: Answer, resource: Resource[Any]) -> Answer:
    if resource.meta and resource.meta.location:
        answer["Location"] = str(resource.meta.location)
        answer["Content-Location"] = str(resource.meta.location)
    return answer


def _fault(error: Error) -> Answer:
    answer = _answer(error.model_dump(), status=error.status or 400)
    if error.status == UnauthorizedException.status:
        answer["WWW-Authenticate"] = 'Bearer realm="SCIM"'
    if error.status == _SlowDown.status:
        answer["Retry-After"] = "5"
    return answer


def _answer(body: dict[str, Any], *, status: int = 200) -> Answer:
    answer = HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=CONTENT_TYPE)
    answer["Cache-Control"] = "no-store"
    return answer
