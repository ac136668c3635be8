import pytest
from django.urls import reverse

from postroad.org import actions
from postroad.org.models import Account, Organisation, Person, today
from postroad.org.tests.cast import sign_in
from postroad.org.tests.factories import apply, person_row, upload
from postroad.platform.actors import Actor

SYSTEM = Actor.system("test")


def page(client, name, *args, **query):
    return client.get(reverse(f"org:{name}", args=args), query)


def test_the_directory_shows_people_with_masked_numbers(client, company):
    sign_in(client, company.stranger)
    text = page(client, "people").content.decode()
    assert company.agent.name in text
    assert "138****0006" in text
    assert "13812340006" not in text
    assert company.leaver.name not in text


@pytest.mark.parametrize(
    ("query", "found", "not_found"),
    [
        ({"q": "孙"}, "agent", "owner"),
        ({"q": "a007"}, "agent", "agent2"),
        ({"q": "agent@company.test"}, "agent", "agent2"),
        ({"q": "13812340006"}, "agent", "agent2"),
        ({"standing": "left"}, "leaver", "agent"),
        ({"standing": "all"}, "leaver", None),
        ({"role": "desk_lead"}, "desk_lead", "agent"),
    ],
)
def test_the_directory_is_narrowed_by_its_filters(client, company, query, found, not_found):
    sign_in(client, company.stranger)
    text = page(client, "people_results", **query).content.decode()
    assert getattr(company, found).name in text
    assert not_found is None or getattr(company, not_found).name not in text


def test_a_department_filter_includes_what_lies_below(client, company):
    sign_in(client, company.stranger)
    everybody = page(client, "people_results", department=company.headquarters.pk, standing="all").content.decode()
    sales = page(client, "people_results", department=company.sales.pk).content.decode()
    assert company.agent.name in everybody
    assert company.agent.name not in sales
    assert company.owner.name in sales


def test_the_directory_costs_the_same_for_three_people_as_for_thirty(client, company, django_assert_num_queries):
    sign_in(client, company.hr)

    def queries(**filters):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as captured:
            response = page(client, "people", **filters)
        return len(captured), response.content.decode().count("data-row")

    few, few_rows = queries(q="孙")
    apply(upload(company.hr, [person_row(f"N{number}", f"孙{number}", 手机="13812345678") for number in range(40)]))
    many, many_rows = queries(q="孙")
    assert few_rows == 1
    assert many_rows >= 30
    assert few == many


def test_a_look_at_personal_data_needs_a_reason_and_is_recorded(client, company):
    sign_in(client, company.hr)
    url = reverse("org:person_reveal", args=[company.agent.pk])
    refused = client.post(url, {"field": "phone", "reason": " "})
    assert refused.status_code == 422
    assert "13812340006" not in refused.content.decode()
    shown = client.post(url, {"field": "phone", "reason": "工伤联系家属"})
    assert "13812340006" in shown.content.decode()
    history = page(client, "person", company.agent.pk).content.decode()
    assert "工伤联系家属" in history


def test_htmx_gets_only_the_line(client, company):
    sign_in(client, company.hr)
    url = reverse("org:person_reveal", args=[company.agent.pk])
    response = client.post(url, {"field": "mail", "reason": "x"}, headers={"HX-Request": "true"})
    text = response.content.decode()
    assert "agent@company.test" in text
    assert "<html" not in text


def test_staff_see_no_personal_data_of_others_but_their_own(client, company):
    sign_in(client, company.stranger)
    assert (
        client.post(
            reverse("org:person_reveal", args=[company.agent.pk]), {"field": "phone", "reason": "x"}
        ).status_code
        == 403
    )
    own = client.post(reverse("org:profile_reveal"), {"field": "mail", "reason": "看看"})
    assert "stranger@company.test" in own.content.decode()


def test_a_person_is_added_and_a_mistake_loses_nothing_typed(client, company):
    sign_in(client, company.hr)
    data = {
        "staff_no": "A001",
        "name": "新人",
        "joined_on": "2026-01-05",
        "language": "zh-hans",
        "phone": "13800000001",
    }
    wrong = client.post(reverse("org:person_new"), data)
    assert wrong.status_code == 422
    assert 'value="新人"' in wrong.content.decode()
    right = client.post(reverse("org:person_new"), data | {"staff_no": "N1"})
    person = Person.objects.get(staff_no="N1")
    assert right.url == reverse("org:person", args=[person.pk])


def test_editing_keeps_personal_fields_left_empty_and_removes_those_with_a_dash(client, company):
    sign_in(client, company.hr)
    data = {
        "staff_no": "A007",
        "name": "孙丽丽",
        "joined_on": "2020-01-01",
        "language": "zh-hans",
        "phone": "-",
        "mail": "",
    }
    client.post(reverse("org:person_edit", args=[company.agent.pk]), data)
    company.agent.refresh_from_db()
    assert company.agent.name == "孙丽丽"
    assert company.agent.phone_sealed is None
    assert company.agent.mail_sealed is not None


def test_an_erased_leaver_can_never_be_read_again(client, company):
    sign_in(client, company.hr)
    assert client.post(reverse("org:person_erase", args=[company.agent.pk]), {"reason": "x"}).status_code == 409
    client.post(reverse("org:person_erase", args=[company.leaver.pk]), {"reason": "保存期满"})
    company.leaver.refresh_from_db()
    assert company.leaver.erased_at
    assert page(client, "people", standing="all").status_code == 200
    text = page(client, "person", company.leaver.pk).content.decode()
    assert "韩冰" not in text


def test_roles_are_given_and_ended_on_the_person_page(client, company):
    sign_in(client, company.hr)
    client.post(
        reverse("org:post_new", args=[company.stranger.pk]),
        {"role": "agent", "department": company.service.pk, "starts_on": today().isoformat()},
    )
    post = company.stranger.posts.get()
    assert post.role == "agent"
    client.post(reverse("org:post_end", args=[post.pk]), {"ends_on": today().isoformat()})
    post.refresh_from_db()
    assert post.ends_on == today()


def test_the_role_form_offers_only_what_one_may_give(client, company):
    sign_in(client, company.hr)
    text = page(client, "post_new", company.stranger.pk).content.decode()
    assert 'value="agent"' in text
    assert 'value="administrator"' not in text
    sign_in(client, company.administrator)
    assert 'value="administrator"' in page(client, "post_new", company.stranger.pk).content.decode()


def test_the_tree_of_departments_shows_heads_and_inherited_leaders(client, company):
    sign_in(client, company.stranger)
    text = page(client, "departments").content.decode()
    assert company.department_head.name in text
    assert text.count(company.supervising_leader.name) == 5


def test_departments_are_added_changed_and_never_moved_below_themselves(client, company):
    sign_in(client, company.hr)
    client.post(reverse("org:department_new"), {"code": "EAST", "name": "华东区", "parent": company.sales.pk})
    wrong = client.post(
        reverse("org:department_edit", args=[company.headquarters.pk]),
        {"code": "HQ", "name": "总部", "parent": company.sales.pk},
    )
    assert wrong.status_code == 422
    assert "华东区" in page(client, "departments").content.decode()


def test_contacts_and_organisations_are_kept(client, company):
    sign_in(client, company.agent)
    client.post(
        reverse("org:organisation_new"),
        {"name": "蓝天贸易", "kind": "customer", "key_account": "on"},
    )
    organisation = Organisation.objects.get(key_account=True)
    client.post(
        reverse("org:contact_new"),
        {
            "name": "刘洋",
            "organisation": organisation.pk,
            "basis": "contract",
            "purpose": "订单",
            "mail": "liu@sky.test",
        },
    )
    contact = organisation.contacts.get()
    listed = page(client, "contacts_results", q="liu@sky.test").content.decode()
    assert "刘洋" in listed
    assert "l***@sky.test" in listed
    shown = client.post(reverse("org:contact_reveal", args=[contact.pk]), {"field": "mail", "reason": "回信"})
    assert "liu@sky.test" in shown.content.decode()


def test_consent_needs_its_time(client, company):
    sign_in(client, company.agent)
    data = {"name": "刘洋", "basis": "consent", "purpose": "调查"}
    assert client.post(reverse("org:contact_new"), data).status_code == 422
    assert client.post(reverse("org:contact_new"), data | {"consented_at": "2026-05-03T10:00"}).status_code == 302


def test_an_import_is_uploaded_watched_and_applied(client, company):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from postroad.org.tests.factories import HEADINGS
    from postroad.platform.spreadsheets import write_csv

    sign_in(client, company.hr)
    file = SimpleUploadedFile("花名册.csv", write_csv(HEADINGS, [person_row("N1"), person_row("N2", 部门="月球部")]))
    uploaded = client.post(reverse("org:imports"), {"file": file})
    import_id = uploaded.url.rstrip("/").rsplit("/", 1)[1]
    actions.check_import(import_id=import_id)
    text = client.get(uploaded.url).content.decode()
    assert "月球部" in text
    problems = page(client, "import_problems", import_id)
    assert problems.headers["Content-Type"].startswith("application/vnd.openxml")
    assert client.post(reverse("org:import_apply", args=[import_id])).status_code == 409
    assert client.post(reverse("org:import_discard", args=[import_id])).status_code == 302
    assert page(client, "imports").status_code == 200
    assert page(client, "import_template").status_code == 200


def test_the_links_of_an_import_let_people_set_their_password(client, company):
    apply(upload(company.hr, [person_row("N1", "张三")]))
    sign_in(client, company.hr)
    response = client.post(reverse("org:account_links"))
    assert response.headers["Content-Type"].startswith("application/vnd.openxml")
    account = Account.objects.get(username="N1")
    [(found, token)] = [pair for pair in actions.issue_password_links(actor=SYSTEM) if pair[0] == account]
    client.logout()
    url = reverse("org:password_set", args=[found.pk, token])
    assert client.get(url).status_code == 200
    weak = client.post(url, {"password": "12345", "repeated": "12345"})
    assert weak.status_code == 422
    done = client.post(url, {"password": "long enough 77", "repeated": "long enough 77"})
    assert done.url == reverse("account_login")
    assert client.get(url).status_code == 404


def test_an_export_is_masked_unless_permitted_and_reasoned_and_reads_back(client, company):
    import io

    from postroad.platform.spreadsheets import read_rows

    def exported(**data):
        response = client.post(reverse("org:people_export"), {"kind": "csv", "standing": "all", **data})
        return response, "" if response.status_code != 200 else response.content.decode("utf-8-sig")

    sign_in(client, company.administrator)
    assert exported(plain="1", reason="x")[0].status_code == 403
    assert "138****0006" in exported()[1]
    sign_in(client, company.hr)
    assert exported(plain="1")[0].status_code == 422
    text = exported(plain="1", reason="社保申报")[1]
    assert "13812340006" in text
    assert len(list(read_rows(io.BytesIO(text.encode())))) == 1 + Person.objects.count()
    headings, *rows = [row.cells for row in read_rows(io.BytesIO(text.encode()))]
    again = upload(company.hr, rows, headings=headings)
    assert (again.rows_unchanged, again.rows_changed, again.rows_faulty) == (Person.objects.count(), 0, 0)


def test_the_language_is_one_click_and_stays_with_the_person(client, company):
    sign_in(client, company.stranger)
    assert "人员" in page(client, "people").content.decode()
    response = client.post(reverse("org:set_language"), {"language": "en", "next": "/org/people/"})
    assert response.url == "/org/people/"
    english = page(client, "people")
    assert ">People<" in english.content.decode()
    assert english.headers["Content-Language"] == "en"
    company.stranger.refresh_from_db()
    assert company.stranger.language == "en"


def test_the_language_of_the_anonymous_is_a_cookie_and_never_leads_elsewhere(client, db):
    response = client.post(reverse("org:set_language"), {"language": "en", "next": "https://evil.test/"})
    assert response.url == "/"
    assert "Sign in" in client.get(reverse("account_login")).content.decode()


def test_the_own_page_shows_roles_and_the_way_to_a_second_factor(client, company):
    sign_in(client, company.agent)
    text = page(client, "profile").content.decode()
    assert reverse("mfa_index") in text
    assert reverse("account_change_password") in text


def test_the_roles_page_shows_who_holds_what(client, company):
    sign_in(client, company.auditor)
    text = page(client, "posts").content.decode()
    assert company.agent.name in text
    assert company.leaver.name not in text


def test_the_search_box_finds_people_and_contacts(client, company):
    actions.match_contacts([("刘洋", "liu@sky.test")])
    sign_in(client, company.agent)
    text = client.get(reverse("web:search_results"), {"q": "刘洋"}).content.decode()
    assert "刘洋" in text
    assert company.owner.name in client.get(reverse("web:search_results"), {"q": "赵强"}).content.decode()
