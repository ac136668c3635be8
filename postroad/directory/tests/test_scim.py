"""The SCIM server: what clients send, what becomes of people, and who is let in."""

import json
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone
from scim2_client import BaseSyncSCIMClient
from scim2_tester import Status, check_server

from postroad.directory import actions, queries
from postroad.directory.models import Conflict, ScimToken, Source, SourcePerson, SyncRun
from postroad.directory.tests.factories import make_source
from postroad.directory.views import scim as scim_views
from postroad.org.models import Department, Person, today
from postroad.platform.ids import new_id

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

pytestmark = pytest.mark.django_db


@pytest.fixture
def pushing(company) -> Source:
    return make_source(company, key="idp", name="身份平台", connector="scim", settings={})


def token_for(source: Source, company, **life) -> str:
    _token, secret = actions.make_token(
        source=source, note="test", expires_at=timezone.now() + timedelta(**life or {"days": 30}), maker=company.it
    )
    return secret


@pytest.fixture
def ask(client, pushing, company):
    """Sends a request as the client of the source; the answer as status and body."""
    secret = token_for(pushing, company)

    def send(method: str, path: str, body=None, *, token: str = secret):
        response = client.generic(
            method,
            f"/scim/v2/{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/scim+json",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert response.content == b"" or response["Content-Type"] == "application/scim+json"
        return response.status_code, json.loads(response.content or b"{}")

    return send


def user(user_name: str, *, staff_no: str = "", **more) -> dict:
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": user_name,
        "displayName": more.pop("displayName", user_name),
        ENTERPRISE: {"employeeNumber": staff_no, **more.pop("enterprise", {})},
        **more,
    }


def patch(*operations: dict) -> dict:
    return {"schemas": [PATCH], "Operations": list(operations)}


def populate(source: Source, count: int) -> None:
    """People the source answers for, without asking it: the guard counts in per cent."""
    people = [Person(staff_no=f"P{number}", name=f"员工{number}", joined_on=today()) for number in range(count)]
    Person.objects.bulk_create(people)
    SourcePerson.objects.bulk_create(
        SourcePerson(source=source, external_id=str(new_id()), person=person, owns=True) for person in people
    )


def test_a_new_user_becomes_one_of_the_people(ask, pushing):
    status, made = ask(
        "POST",
        "Users",
        user(
            "li.na",
            staff_no="E1",
            externalId="abc",
            name={"familyName": "李", "givenName": "娜"},
            displayName=None,
            title="销售经理",
            emails=[{"value": "home@x.test"}, {"value": "Li.Na@company.local", "primary": True}],
            nickName="dropped",
            enterprise={"department": "销售二部"},
        ),
    )
    assert status == 201
    assert made["meta"]["location"].endswith(f"/scim/v2/Users/{made['id']}")
    assert "nickName" not in made
    person = Person.objects.select_related("department").get(staff_no="E1")
    assert (person.name, person.title, person.department.name) == ("李娜", "销售经理", "销售二部")
    assert queries.source_answering_for(person) == pushing
    assert ask("GET", f"Users/{made['id']}") == (200, made)


def test_users_are_changed_whole_and_in_part(ask):
    _status, made = ask("POST", "Users", user("li", staff_no="E1", displayName="李娜", title="甲"))
    place = f"Users/{made['id']}"
    status, changed = ask("PATCH", place, patch({"op": "Replace", "path": "title", "value": "乙"}))
    assert (status, changed["title"]) == (200, "乙")
    assert Person.objects.get(staff_no="E1").title == "乙"
    status, replaced = ask("PUT", place, user("li", staff_no="E1", displayName="李小娜"))
    assert status == 200
    assert "title" not in replaced
    assert Person.objects.get(staff_no="E1").name == "李小娜"


def test_an_inactive_user_leaves_and_a_deleted_one_too(ask, pushing):
    populate(pushing, 100)
    ids = [ask("POST", "Users", user(f"u{n}", staff_no=f"E{n}"))[1]["id"] for n in range(2)]
    status, shown = ask("PATCH", f"Users/{ids[0]}", patch({"op": "replace", "value": {"active": "False"}}))
    assert (status, shown["active"]) == (200, False)
    assert ask("DELETE", f"Users/{ids[1]}") == (204, {})
    assert ask("GET", f"Users/{ids[1]}")[0] == 404
    assert ask("DELETE", f"Users/{ids[1]}")[0] == 404
    assert set(Person.objects.filter(staff_no__in=["E0", "E1"]).values_list("left_on", flat=True)) == {today()}


def test_a_client_that_ends_too_many_within_a_day_is_told_so_and_a_person_decides(ask, pushing, company):
    ids = [ask("POST", "Users", user(f"u{n}", staff_no=f"E{n}"))[1]["id"] for n in range(20)]
    assert ask("DELETE", f"Users/{ids[0]}")[0] == 204
    for one in ids[1:3]:
        status, refused = ask("DELETE", f"Users/{one}")
        assert status == 409
        assert "5 %" in refused["detail"]
        assert ask("GET", f"Users/{one}")[0] == 200
    held = queries.held_run_of(pushing)
    assert (held.hold, held.people_ended) == (SyncRun.Hold.TOO_MANY, 2)
    assert Person.objects.filter(staff_no__in=["E1", "E2"], left_on__isnull=True).count() == 2

    actions.approve_run(run=held, reason="the branch was closed", approver=company.administration_head)
    actions.apply_run(run_id=held.pk)
    held.refresh_from_db()
    assert (held.state, held.people_ended) == (SyncRun.State.APPLIED, 2)
    assert Person.objects.filter(staff_no__in=["E1", "E2"], left_on=today()).count() == 2
    assert ask("DELETE", f"Users/{ids[1]}")[0] == 204
    assert ask("DELETE", f"Users/{ids[3]}")[0] == 204


def test_a_discarded_hold_leaves_everybody_where_they_are(ask, pushing, company):
    ids = [ask("POST", "Users", user(f"u{n}", staff_no=f"E{n}"))[1]["id"] for n in range(3)]
    ask("DELETE", f"Users/{ids[0]}")
    ask("DELETE", f"Users/{ids[1]}")
    actions.discard_run(run=queries.held_run_of(pushing), reason="a mistake", actor=company.it.as_actor())
    assert not SourcePerson.objects.filter(ending_since__isnull=False).exists()
    assert Person.objects.get(staff_no="E1").left_on is None


def test_groups_are_departments_and_members_stand_in_them(ask):
    ids = [ask("POST", "Users", user(f"u{n}", staff_no=f"E{n}"))[1]["id"] for n in range(2)]
    body = {"schemas": [GROUP], "displayName": "研发部", "externalId": "g1", "members": [{"value": ids[0]}]}
    status, group = ask("POST", "Groups", body)
    assert status == 201
    assert Person.objects.get(staff_no="E0").department.name == "研发部"
    assert ask("GET", f"Users/{ids[0]}")[1]["groups"][0]["display"] == "研发部"
    place = f"Groups/{group['id']}"
    add = {"op": "add", "path": "members", "value": [{"value": ids[1]}]}
    status, changed = ask("PATCH", place, patch(add, {"op": "replace", "path": "displayName", "value": "产品部"}))
    assert status == 200
    assert {one["value"] for one in changed["members"]} == set(ids)
    assert Person.objects.get(staff_no="E1").department.name == "产品部"
    status, changed = ask("PATCH", place, patch({"op": "remove", "path": f'members[value eq "{ids[0]}"]'}))
    assert [one["value"] for one in changed["members"]] == [ids[1]]
    assert ask("PATCH", place, patch({"op": "add", "path": "members", "value": [{"value": "nobody"}]}))[0] == 400
    assert ask("DELETE", place)[0] == 204
    assert ask("GET", place)[0] == 404


def test_a_deleted_group_closes_its_empty_department(ask):
    _status, group = ask("POST", "Groups", {"schemas": [GROUP], "displayName": "空部门"})
    ask("DELETE", f"Groups/{group['id']}")
    assert Department.objects.get(name="空部门").ended_on == today()


def test_a_conflict_waits_for_a_person_and_the_client_hears_nothing_of_it(ask, pushing, company):
    status, made = ask("POST", "Users", user("lin", staff_no="A015", displayName="林晓", title="顾问"))
    assert status == 201
    company.stranger.refresh_from_db()
    assert company.stranger.title == ""
    conflict = queries.open_conflicts(pushing).get()
    assert conflict.kind == Conflict.Kind.OWNED_BY_HAND
    actions.settle_conflict(conflict=conflict, choice=Conflict.Choice.TAKE, reason="yes", chooser=company.hr)
    actions.apply_run(run_id=pushing.runs.get().pk)
    company.stranger.refresh_from_db()
    assert company.stranger.title == "顾问"
    assert ask("GET", f"Users/{made['id']}")[0] == 200


def test_users_are_found_by_filter_and_page_by_page(ask):
    for n in range(5):
        ask("POST", "Users", user(f"u{n}", staff_no=f"E{n}", externalId=f"x{n}", title="甲" if n % 2 else "乙"))

    def names(query: str) -> list[str]:
        status, found = ask("GET", f"Users?{query}")
        assert status == 200
        assert found["totalResults"] >= len(found.get("Resources", []))
        return [one["userName"] for one in found.get("Resources", [])]

    assert names('filter=userName eq "U3"') == ["u3"]
    assert names('filter=externalId eq "x2"') == ["u2"]
    assert names('filter=userName sw "u" and title eq "甲"') == ["u1", "u3"]
    assert names('filter=displayName co "4"') == ["u4"]
    assert names('filter=userName eq "nobody"') == []
    assert names("startIndex=2&count=2") == ["u1", "u2"]
    assert names("count=0") == []
    assert ask("GET", "Users?filter=nonsense")[0] == 400
    assert ask("GET", "Users?count=2&attributes=userName")[1]["Resources"][0].keys() == {"schemas", "id", "userName"}


def test_looking_one_up_costs_the_same_with_many(ask, pushing, django_assert_max_num_queries):
    for n in range(12):
        ask("POST", "Users", user(f"u{n}", staff_no=f"E{n}"))
    with django_assert_max_num_queries(8):
        ask("GET", 'Users?filter=userName eq "u3"')
    with django_assert_max_num_queries(8):
        ask("GET", "Users")


def test_one_user_name_belongs_to_one_user(ask):
    ask("POST", "Users", user("li", staff_no="E1"))
    status, refused = ask("POST", "Users", user("LI", staff_no="E2"))
    assert (status, refused["scimType"]) == (409, "uniqueness")
    assert not Person.objects.filter(staff_no="E2").exists()


def test_bad_requests_are_refused_in_the_words_of_the_protocol(ask, client, monkeypatch):
    for method, path, body, status in (
        ("POST", "Users", {"schemas": [USER]}, 400),
        ("POST", "Users", [1], 400),
        ("POST", "Users", {"schemas": [USER], "userName": "x", "emails": "no list"}, 400),
        ("PATCH", "Users/nonsense", patch(), 404),
        ("GET", "Users/00000000-0000-0000-0000-000000000000", None, 404),
        ("DELETE", "Users", None, 405),
        ("GET", "Nothing", None, 404),
        ("POST", ".search", {}, 501),
    ):
        answered, told = ask(method, path, body)
        assert answered == status, (method, path)
        assert told["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert told["status"] == str(status)
    monkeypatch.setattr(scim_views, "LARGEST_BODY", 100)
    assert ask("POST", "Users", user("x" * 200))[0] == 413


def test_nobody_is_let_in_without_a_token_that_is_valid_now(ask, client, pushing, company):
    assert client.get("/scim/v2/Users").status_code == 401
    assert client.get("/scim/v2/Users")["WWW-Authenticate"].startswith("Bearer")
    assert ask("GET", "Users", token="wrong")[0] == 401
    secret = token_for(pushing, company)
    token = ScimToken.objects.latest("id")
    assert secret.encode() not in bytes(token.digest)
    assert ask("GET", "Users", token=secret)[0] == 200
    token.refresh_from_db()
    assert token.last_used_at is not None
    ScimToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    assert ask("GET", "Users", token=secret)[0] == 401
    other = token_for(pushing, company)
    actions.revoke_token(token=ScimToken.objects.latest("id"), actor=company.it.as_actor())
    assert ask("GET", "Users", token=other)[0] == 401
    actions.suspend_source(source=pushing, reason="pause", actor=company.it.as_actor())
    assert ask("GET", "Users")[0] == 403


def test_a_token_of_one_source_does_not_open_another(ask, company):
    _status, made = ask("POST", "Users", user("li", staff_no="E1"))
    other = make_source(company, key="other", connector="scim", settings={})
    secret = token_for(other, company)
    assert ask("GET", f"Users/{made['id']}", token=secret)[0] == 404
    assert ask("GET", "Users", token=secret)[1]["totalResults"] == 0


def test_guessing_tokens_is_slowed_down(client):
    statuses = [client.get("/scim/v2/Users", headers={"Authorization": f"Bearer {n}"}).status_code for n in range(35)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_what_was_pushed_is_sealed(ask):
    ask("POST", "Users", user("li.na@company.test", staff_no="E1"))
    entry = SourcePerson.objects.get()
    assert b"company.test" not in bytes(entry.sealed_resource)


class LiveClient(BaseSyncSCIMClient):
    """The public client over real HTTP."""

    def __init__(self, client: httpx.Client) -> None:
        super().__init__()
        self.client = client

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return True

    def request(self, method: str, url: str, **arguments):
        return self.client.request(method, url.lstrip("/") if url.startswith("/") else url, **arguments)


@pytest.mark.django_db(transaction=True)
def test_the_public_tester_finds_nothing_wrong(live_server, company, pushing, monkeypatch):
    """scim2-tester reads our own description of ourselves and checks every attribute that it names."""
    monkeypatch.setattr(scim_views.PER_SOURCE.__class__, "ahead", timedelta(hours=1))
    populate(pushing, 1500)
    secret = token_for(pushing, company)
    with httpx.Client(
        base_url=f"{live_server.url}/scim/v2/",
        headers={"Authorization": f"Bearer {secret}"},
        trust_env=False,
        timeout=60,
    ) as client:
        results = check_server(LiveClient(client))
    faults = [f"{one.title} {one.resource_type}: {one.reason}" for one in results if one.status == Status.ERROR]
    assert not faults, "\n".join(faults)
    passed = [one for one in results if one.status == Status.SUCCESS]
    assert len(passed) > 60
