"""The permission pages, as a plain client without JavaScript uses them."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from postroad.access import actions, queries
from postroad.access.form2 import headings
from postroad.access.models import FeatureReview, Grant, Recertification, RecertificationSheet
from postroad.access.tests.factories import apply_for, emergency, granted, line, sign
from postroad.approvals.models import Request
from postroad.channels.models import Channel, Confidentiality
from postroad.channels.tests.factories import ACTOR, live_channel
from postroad.ledger.models import Entry
from postroad.org.models import Language, today
from postroad.org.roles import Role
from postroad.org.tests.cast import sign_in
from postroad.platform.ids import new_id
from postroad.platform.spreadsheets import write_xlsx

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _english_readers(company):
    from postroad.org.models import Person

    Person.objects.update(language=Language.ENGLISH)


def page(name, *args):
    return reverse(f"access:{name}", args=args)


def typed(on, grantee="林晓 (A015)", number=0, **changes):
    """One line of the form as a browser sends it."""
    given = {
        "channel": f"{on.name} [{on.key}]",
        "permission": "post",
        "grantee": grantee,
        "content": "发布通知",
        **changes,
    }
    return {f"line-{number}-{name}": value for name, value in given.items()}


def as_text(response):
    return " ".join(response.content.decode().split())


class TestApplying:
    def test_from_the_form_over_the_preview_to_a_request(self, client, company, channel):
        sign_in(client, company.owner)
        assert client.get(page("apply"), {"channel": str(channel.pk)}).status_code == 200
        response = client.post(page("apply"), {"lines": "1", "reason": "要发通知", **typed(channel)})
        draft = Request.objects.get(kind="access.grant")
        assert response.url == page("application", draft.pk)
        preview = as_text(client.get(response.url))
        assert "1 person gains it" in preview
        assert "Wang" in preview
        response = client.post(page("application_submit", draft.pk))
        assert response.url == draft.get_absolute_url()
        draft.refresh_from_db()
        assert draft.state == "pending"

    def test_lines_can_be_added_and_left_out_without_losing_what_was_typed(self, client, company, channel):
        sign_in(client, company.owner)
        text = as_text(client.post(page("apply"), {"lines": "1", "reason": "要", "more": "1", **typed(channel)}))
        assert 'name="line-1-content"' in text
        assert text.count("发布通知") == 1
        both = {"lines": "2", "reason": "要", **typed(channel), **typed(channel, "客服部", number=1, content="别的")}
        text = as_text(client.post(page("apply"), {**both, "drop": "0"}))
        assert "别的" in text
        assert "发布通知" not in text
        client.post(page("apply"), both)
        assert len(Request.objects.get(kind="access.grant").payload["lines"]) == 2

    def test_faults_stand_at_their_fields(self, client, company, channel):
        sign_in(client, company.owner)
        wrong = {"lines": "1", "reason": "", **typed(channel, "无此人", channel="没有")}
        response = client.post(page("apply"), wrong)
        assert response.status_code == 422
        assert "无此人" in as_text(response)
        assert "choose one of the suggestions" in as_text(response)
        granted(company, channel, company.stranger)
        response = client.post(page("apply"), {"lines": "1", "reason": "要", **typed(channel)})
        assert response.status_code == 422
        assert "granted already" in as_text(response)

    def test_an_emergency_says_what_it_means(self, client, company, channel):
        sign_in(client, company.owner)
        client.post(page("apply"), {"lines": "1", "reason": "急", "urgent": "on", **typed(channel)})
        draft = Request.objects.get(kind="access.emergency")
        assert "two working days" in as_text(client.get(page("application", draft.pk)))

    def test_a_confidential_channel_is_not_applied_for_by_who_may_not_know_of_it(self, client, company, channel):
        Channel.objects.filter(pk=channel.pk).update(confidentiality=Confidentiality.CONFIDENTIAL)
        sign_in(client, company.hr)
        response = client.post(page("apply"), {"lines": "1", "reason": "要", **typed(channel)})
        assert response.status_code == 422
        assert not client.get(page("suggestions", "channels"), {"x": channel.name}).content.strip()

    def test_a_draft_is_nobody_elses(self, client, company, channel):
        draft = actions.draft_application(
            lines=[line(channel, company.stranger)],
            reason="要",
            applicant=company.owner,
            actor=company.owner.as_actor(),
        )
        sign_in(client, company.hr)
        for name in ("application", "application_edit"):
            assert client.get(page(name, draft.pk)).status_code == 404
        assert client.post(page("application_submit", draft.pk)).status_code == 404

    def test_a_draft_is_changed_or_thrown_away(self, client, company, channel):
        grant = granted(company, channel, company.agent)
        sign_in(client, company.owner)
        client.post(page("revoke"), {"grant": [str(grant.pk)], "reason": "不再需要"})
        draft = Request.objects.get(kind="access.revoke")
        assert client.get(page("application_edit", draft.pk)).status_code == 200
        client.post(page("application_edit", draft.pk), {"lines": "1", "reason": "改了", **typed(channel)})
        draft.refresh_from_db()
        assert [one["action"] for one in draft.payload["lines"]] == ["add", "end"]
        client.post(page("application_discard", draft.pk))
        draft.refresh_from_db()
        assert draft.state == "withdrawn"

    def test_a_change_is_applied_for_from_the_grants_page(self, client, company, channel):
        grant = granted(company, channel, company.stranger)
        sign_in(client, company.owner)
        assert client.get(page("change", grant.pk)).status_code == 200
        client.post(page("change", grant.pk), {"content": "只发布周报", "reason": "够了"})
        draft = Request.objects.get(kind="access.change")
        assert "只发布周报" in as_text(client.get(page("application", draft.pk)))
        response = client.post(page("change", grant.pk), {"content": grant.content, "reason": "够了"})
        assert response.status_code == 422

    def test_the_approver_reads_lines_and_impact(self, client, company, channel):
        request = apply_for(company.owner, line(channel, company.service), line(channel, company.stranger))
        text = as_text(sign_in(client, company.administration_head).get(request.get_absolute_url()))
        assert "Customer Service" in text
        assert "5 people gain it" in text

    def test_suggestions_hold_people_departments_and_posts(self, client, company, channel):
        sign_in(client, company.owner)
        get = lambda what, text: client.get(page("suggestions", what), {"line-0-x": text}).content.decode()  # noqa: E731
        assert "(A015)" in get("grantees", "林晓")
        assert "[SALES]" in get("grantees", "Sales")
        assert "Post: Service agent" in get("grantees", "agent")
        assert channel.key in get("channels", channel.name[:4])
        assert client.get(page("suggestions", "secrets")).status_code == 404


class TestTheList:
    def test_shows_a_line_of_form_2(self, client, company, channel):
        granted(company, channel, company.stranger)
        text = as_text(sign_in(client, company.it).get(page("grants")))
        for part in ("Lin", "Post", "发布通知", "Wang, Chen", "to be configured", "In force"):
            assert part in text

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"permission": "view"}, {"Customer Service"}),
            ({"grantee": "department"}, {"Customer Service"}),
            ({"grantee": "post"}, {"Service agent"}),
            ({"grantee": "person"}, {"Lin"}),
            ({"person": "孙丽"}, {"Customer Service", "Service agent"}),
            ({"person": "A015"}, {"Lin"}),
            ({"person": "me"}, set()),
            ({"q": "林晓"}, {"Lin"}),
            ({"special": "to-configure"}, {"Customer Service", "Service agent", "Lin"}),
            ({"special": "unsigned"}, set()),
            ({"special": "temporary"}, {"Lin"}),
            ({"state": "ended"}, set()),
            ({"channel": "nonsense"}, {"Customer Service", "Service agent", "Lin"}),
        ],
    )
    def test_narrows_to_what_is_asked(self, client, company, channel, filters, found):
        granted(company, channel, company.stranger, ends_on=today() + DAY)
        granted(company, channel, company.service, permission="view")
        granted(company, channel, Role.AGENT, permission="manage")
        response = sign_in(client, company.it).get(page("grants_results"), filters)
        assert {one.grantee_name for one, *_rest in response.context["rows"]} == found

    def test_tells_who_may_do_what_on_a_channel(self, client, company, channel):
        granted(company, channel, company.service)
        text = as_text(sign_in(client, company.owner).get(page("grants"), {"channel": str(channel.pk)}))
        assert "Jiang, Sun, Wu, Zhou" in text

    def test_shows_everybody_what_concerns_them_and_no_more(self, client, company, channel):
        mine, theirs = granted(company, channel, company.hr), granted(company, channel, company.stranger)
        sign_in(client, company.hr)
        assert [one for one, *_rest in client.get(page("grants")).context["rows"]] == [mine]
        assert client.get(page("grant", mine.pk)).status_code == 200
        assert client.get(page("grant", theirs.pk)).status_code == 404
        assert client.get(page("grants_export")).status_code == 403
        sign_in(client, company.owner)
        assert len(client.get(page("grants")).context["rows"]) == 2

    def test_goes_out_as_form_2_and_says_so_in_the_ledger(self, client, company, channel):
        granted(company, channel, company.stranger)
        response = sign_in(client, company.it).get(page("grants_export"))
        rows = list(load_workbook(BytesIO(response.content)).active.values)
        assert rows[0] == tuple(headings())
        assert rows[1][2:4] == ("Lin (A015)", "发布通知")
        assert Entry.objects.filter(event="access.list.exported", data={"count": 1}).exists()

    def test_an_empty_list_says_what_to_do_first(self, client, company):
        text = as_text(sign_in(client, company.it).get(page("grants")))
        assert "No permission is granted yet" in text
        assert "No permission fits" in as_text(client.get(page("grants"), {"q": "x"}))

    def test_costs_the_same_at_three_and_at_twenty_lines(self, client, company, channel):
        sign_in(client, company.it)

        def cost():
            with CaptureQueriesContext(
                connection,
            ) as found:
                assert client.get(page("grants_results")).status_code == 200
            return len(found)

        sign(
            company,
            apply_for(company.owner, *(line(channel, one) for one in (company.agent, company.sales, company.hr))),
        )
        few = cost()
        people = [company.stranger, company.agent2, company.desk_lead, company.support_specialist, company.auditor]
        sign(
            company,
            apply_for(
                company.owner,
                *(line(channel, one, permission=kind) for one in people for kind in ("view", "post", "manage")),
            ),
        )
        assert cost() == few

    def test_a_grant_in_an_emergency_says_until_when_it_is_reviewed(self, client, company, channel):
        grant, _review = emergency(company, channel, company.stranger)
        assert "ends by itself" in as_text(sign_in(client, company.owner).get(grant.get_absolute_url()))


class TestTheChannelsPage:
    def test_shows_its_permissions_to_whoever_answers_for_it_or_oversees_it(self, client, company, channel):
        grant = granted(company, channel, company.stranger)
        for person, shown in ((company.owner, True), (company.auditor, True), (company.hr, False)):
            text = as_text(sign_in(client, person).get(channel.get_absolute_url()))
            assert (grant.get_absolute_url() in text) is shown


class TestImporting:
    def upload(self, client, *rows, **more):
        file = SimpleUploadedFile("表2.xlsx", write_xlsx(headings(), rows))
        return client.post(page("import"), {"file": file, "reason": "年度整理", **more})

    def test_makes_one_application_that_is_looked_at_first(self, client, company, channel):
        old = granted(company, channel, company.hr)
        sign_in(client, company.it)
        assert client.get(page("import")).status_code == 200
        response = self.upload(client, [str(channel), "Post", "Lin", "发布"])
        draft = Request.objects.get(kind="access.change")
        assert response.url == page("application", draft.pk)
        assert [(one["action"], one["grant"]) for one in draft.payload["lines"]] == [
            ("add", None),
            ("end", str(old.pk)),
        ]
        assert draft.state == "draft"

    def test_reports_faults_by_row_and_makes_nothing(self, client, company, channel):
        sign_in(client, company.it)
        response = self.upload(client, [str(channel), "Post", "Lin", "发布"], ["?", "Post", "Lin", "发布"])
        assert response.status_code == 422
        assert '<td data-label="Row">3</td>' in as_text(response)
        assert not Request.objects.filter(kind__startswith="access.").exists()

    def test_of_what_is_granted_already_makes_nothing(self, client, company, channel):
        granted(company, channel, company.stranger)
        sign_in(client, company.it)
        response = self.upload(client, [str(channel), "Post", "Lin", "发布通知"])
        assert response.url == page("grants")

    def test_is_for_it_and_administration(self, client, company):
        assert sign_in(client, company.owner).get(page("import")).status_code == 403


class TestConfiguring:
    def test_it_finds_it_in_my_work_and_notes_it_as_done(self, client, company, channel):
        grant = granted(company, channel, company.stranger)
        sign_in(client, company.it)
        assert "Permissions to configure" in as_text(client.get("/"))
        assert "发布通知" in as_text(client.get(page("configure")))
        client.post(page("configure_done"), {"grant": [str(grant.pk)]})
        grant.refresh_from_db()
        assert grant.configured_by == company.it
        assert "Nothing to configure" in as_text(client.get(page("configure")))

    def test_ones_own_grant_cannot_be_chosen_and_is_refused(self, client, company, channel):
        grant = granted(company, channel, company.it)
        sign_in(client, company.it)
        text = as_text(client.get(page("configure")))
        assert "somebody else sets it up" in text
        assert f'value="{grant.pk}"' not in text
        assert "Only you gain" in as_text(client.post(page("configure_done"), {"grant": [str(grant.pk)]}, follow=True))
        assert Grant.objects.get().configured_at is None

    def test_is_not_for_others(self, client, company):
        sign_in(client, company.owner)
        assert client.get(page("configure")).status_code == 403
        assert client.post(page("configure_done")).status_code == 403
        assert "Permissions to configure" not in as_text(client.get("/"))


class TestRecertifying:
    @pytest.fixture
    def sheet(self, company, channel):
        for target in (company.stranger, company.service, company.owner):
            granted(company, channel, target)
        actions.start_recertification(actor=ACTOR)
        return RecertificationSheet.objects.get()

    def test_administration_begins_it_and_watches(self, client, company, channel):
        granted(company, channel, company.stranger)
        sign_in(client, company.administration_head)
        assert "No recertification yet" in as_text(client.get(page("recertifications")))
        response = client.post(page("recertification_start"), follow=True)
        assert "Waiting for the owner" in as_text(response)
        assert "0 / 1" in as_text(client.get(page("recertifications")))
        assert "under way already" in as_text(client.post(page("recertification_start"), follow=True))

    def test_the_owner_answers_in_one_sitting(self, client, company, sheet):
        sign_in(client, company.owner)
        assert "3 of 3 grants to confirm" in as_text(client.get("/"))
        text = as_text(client.get(sheet.get_absolute_url()))
        assert text.count('data-key="y"') == 2
        assert "others confirm it" in text
        items = {item.grant.grantee_name: item for item in queries.items_of(sheet)}
        client.post(
            sheet.get_absolute_url(),
            {f"item-{items['Lin'].pk}": "revoked", f"own-{items['Zhao'].pk}": "1", "others": "confirmed"},
        )
        assert {
            name: queries.items_of(sheet) and item.__class__.objects.get(pk=item.pk).decision
            for name, item in items.items()
        } == {
            "Lin": "revoked",
            "Customer Service": "confirmed",
            "Zhao": "",
        }
        client.post(sheet.get_absolute_url(), {f"item-{items['Zhao'].pk}": "revoked"})
        assert Recertification.objects.get().closed_at

    def test_saving_without_an_answer_changes_nothing(self, client, company, sheet):
        sign_in(client, company.owner).post(sheet.get_absolute_url(), {"others": ""})
        assert not sheet.items.exclude(decision="").exists()

    def test_a_forged_confirmation_of_ones_own_is_refused(self, client, company, sheet):
        own = sheet.items.get(grant__person=company.owner)
        response = sign_in(client, company.owner).post(
            sheet.get_absolute_url(), {f"item-{own.pk}": "confirmed"}, follow=True
        )
        assert "Nobody confirms a grant that only they gain by" in as_text(response)

    def test_strangers_do_not_see_it_and_overseers_only_look(self, client, company, sheet):
        assert sign_in(client, company.hr).get(sheet.get_absolute_url()).status_code == 404
        sign_in(client, company.auditor)
        assert "Save these answers" not in as_text(client.get(sheet.get_absolute_url()))
        client.post(sheet.get_absolute_url(), {"others": "confirmed"})
        assert not sheet.items.exclude(decision="").exists()
        assert sign_in(client, company.hr).get(page("recertifications")).status_code == 403


class TestFeatureReviews:
    @pytest.fixture
    def review(self, company):
        return actions.open_feature_review()

    def answers(self, state="off", **changes):
        from postroad.access.features import FEATURES

        return {f"m0-{key}-state": state for key in FEATURES} | {f"m0-{key}-note": "" for key in FEATURES} | changes

    def test_it_puts_what_was_found_on_record(self, client, company, review):
        sign_in(client, company.it)
        assert "To do" in as_text(client.get(page("feature_reviews")))
        assert client.get(review.get_absolute_url()).status_code == 200
        client.post(page("feature_review_finish", review.pk), self.answers())
        review.refresh_from_db()
        assert (review.reviewed_by, review.deadline.state) == (company.it, "met")
        assert "Switched off" in as_text(client.get(review.get_absolute_url()))

    def test_an_open_feature_wants_a_note_and_nothing_typed_is_lost(self, client, company, review):
        sign_in(client, company.it)
        response = client.post(
            page("feature_review_finish", review.pk),
            self.answers(**{"m0-moments-state": "open", "m0-forwarding-note": "见工单"}),
        )
        assert response.status_code == 422
        assert "见工单" in as_text(response)
        assert FeatureReview.objects.get().reviewed_at is None

    def test_it_appears_once_a_month(self, company, review):
        assert actions.open_feature_review() is None
        assert FeatureReview.objects.count() == 1

    def test_others_look_or_are_refused(self, client, company, review):
        sign_in(client, company.auditor)
        assert client.get(review.get_absolute_url()).status_code == 200
        assert client.post(page("feature_review_finish", review.pk), self.answers()).status_code == 403
        assert sign_in(client, company.owner).get(page("feature_reviews")).status_code == 403


@pytest.mark.parametrize(
    "name", ["grant", "change", "application", "application_edit", "sheet", "recertification", "feature_review"]
)
def test_what_does_not_exist_is_not_found(client, company, name):
    assert sign_in(client, company.administrator).get(page(name, new_id())).status_code == 404


@pytest.mark.parametrize("chosen", [["nonsense"], [str(new_id())]])
def test_revoking_what_does_not_exist_is_not_found(client, company, chosen):
    assert sign_in(client, company.it).get(page("revoke"), {"grant": chosen}).status_code == 404


def test_revoking_nothing_leads_back_to_the_list(client, company):
    assert sign_in(client, company.it).get(page("revoke")).url == page("grants")


def test_a_second_channels_grants_are_revoked_in_one_application(client, company, channel):
    grants = [granted(company, one, company.stranger) for one in (channel, live_channel(company))]
    sign_in(client, company.owner)
    assert client.get(page("revoke"), {"grant": [str(one.pk) for one in grants]}).status_code == 200
    client.post(page("revoke"), {"grant": [str(one.pk) for one in grants], "reason": "离开项目"})
    assert len(Request.objects.get(kind="access.revoke").payload["lines"]) == 2
