"""The pages about groups, through HTTP."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from postroad.channels.tests.factories import live_channel, sign
from postroad.connectors.simulated import life
from postroad.groups import actions, queries
from postroad.groups.jobs import Job
from postroad.groups.models import ApplyRun, Attestation, Difference, GroupTemplate, HandOver, Project, StrayQuestion
from postroad.groups.tests.factories import ACTOR, applied, group_of, project, request_about, room_of, template_in_force
from postroad.messengers import actions as messengers
from postroad.messengers.tests.factories import place_of, seen_room, user_id_of
from postroad.org.actions import end_person, update_person
from postroad.org.models import today
from postroad.org.tests.cast import sign_in

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc33"
    "0000000049454e44ae426082"
)


@pytest.fixture
def keeper(company, client):
    return sign_in(client, company.it)


def page(client, name, /, *args, status=200, **query):
    response = client.get(reverse(f"groups:{name}", args=args), query)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def post(client, name, /, *args, follow=True, status=200, **data):
    response = client.post(reverse(f"groups:{name}", args=args), data, follow=follow)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


@pytest.mark.django_db(transaction=True)
class TestGroups:
    def test_list_plan_and_group_show_a_renamed_group_and_who_did_it(self, company, keeper, messenger, template):
        applied(messenger)
        group = group_of(company.sales)
        place = place_of(messenger)
        life.rename(place.groups.get(room_id=room_of(group.channel).room_id), "吃瓜群", by=user_id_of(company.stranger))
        messengers.read_rooms(messenger=messenger)

        assert "销售部-日常工作群" in page(keeper, "groups", which="differing")
        assert "客服部-日常工作群" not in page(keeper, "groups_results", which="differing")
        assert "吃瓜群" in page(keeper, "plan")
        told = json.loads(page(keeper, "plan_json"))
        assert [one["differences"][0]["observed"] for one in told["channels"]] == ["吃瓜群"]
        assert "吃瓜群" in page(keeper, "group", group.channel_id)
        assert "吃瓜群" in page(keeper, "differences")
        difference = Difference.objects.get(state="open")
        assert "吃瓜群" in page(keeper, "difference", difference.pk)
        assert "吃瓜群" in page(keeper, "group_state", group.channel_id)

        post(keeper, "repair", group.channel_id)
        actions.apply_by_hand(
            messenger_id=messenger.pk, person_id=company.it.pk, channel_id=group.channel_id, confirmed=True
        )
        assert room_of(group.channel).name == "销售部-日常工作群"
        run = ApplyRun.objects.latest("started_at")
        assert "郑伟" in page(keeper, "runs")
        assert "销售部-日常工作群" in page(keeper, "run", run.pk)
        assert "closed" in page(keeper, "differences", state="closed")

    def test_a_difference_is_accepted_through_approval_and_can_be_taken_back(
        self, company, keeper, messenger, template
    ):
        applied(messenger)
        group = group_of(company.sales)
        room = place_of(messenger).groups.get(room_id=room_of(group.channel).room_id)
        life.join(room, [user_id_of(company.agent)], by=user_id_of(company.owner))
        messengers.read_rooms(messenger=messenger)
        [difference] = Difference.objects.filter(state="open")
        assert difference.person == company.agent

        assert post(keeper, "accept", difference.pk, reason=" ", status=422)
        post(keeper, "accept", difference.pk, reason="常驻销售")
        assert "常驻销售" in keeper.get(request_about(difference).get_absolute_url()).content.decode()
        sign(company, request_about(difference))
        difference.refresh_from_db()
        assert (difference.state, difference.closed_how) == ("closed", "accepted")
        assert actions.apply_messenger(messenger=messenger, actor=ACTOR) is None

        amendment = queries.amendments_of(group.channel).get()
        post(keeper, "end_amendment", group.channel_id, amendment.pk)
        actions.apply_messenger(messenger=messenger, actor=ACTOR)
        assert user_id_of(company.agent) not in room.memberships.values_list("user_id", flat=True)

    def test_an_exception_leaves_a_difference_alone_until_its_day(self, company, keeper, messenger, template):
        applied(messenger)
        group = group_of(company.sales)
        room = place_of(messenger).groups.get(room_id=room_of(group.channel).room_id)
        life.join(room, [user_id_of(company.agent)], by=user_id_of(company.owner))
        messengers.read_rooms(messenger=messenger)
        [difference] = Difference.objects.filter(state="open")
        post(keeper, "except", difference.pk, reason="支援", until=today() - timedelta(days=1), status=422)
        post(keeper, "except", difference.pk, reason="支援", until=today() + timedelta(days=3))
        assert applied(messenger) is None

        Difference.objects.filter(pk=difference.pk).update(excepted_until=today() - timedelta(days=1))
        assert applied(messenger).done == 1

    def test_a_group_closed_in_the_messenger_is_made_anew_by_a_click(self, company, keeper, messenger, template):
        applied(messenger)
        group = group_of(company.sales)
        room = room_of(group.channel)
        life.close(place_of(messenger).groups.get(room_id=room.room_id), by=user_id_of(company.department_head))
        messengers.read_rooms(messenger=messenger)
        assert applied(messenger) is None
        post(keeper, "make_anew", group.channel_id)
        actions.apply_by_hand(
            messenger_id=messenger.pk, person_id=company.it.pk, channel_id=group.channel_id, confirmed=True
        )
        assert room_of(group.channel).room_id != room.room_id

    def test_a_stray_group_is_registered_through_approval(self, company, keeper, messenger):
        room = seen_room(messenger, company.owner, company.stranger, name="临时沟通")
        assert "临时沟通" in page(keeper, "strays")
        assert "赵强" in page(keeper, "stray", room.pk)
        values = {
            "name": "临时沟通",
            "key": "talk",
            "purpose": "沟通",
            "department": company.sales.pk,
            "owner": "A006",
            "confidentiality": "internal",
        }
        assert "赵强" in page(keeper, "stray_register", room.pk)
        post(keeper, "stray_register", room.pk, **values)
        sign(company, request_about(room))
        room.refresh_from_db()
        assert (room.channel.key, room.channel.state, room.channel.address) == ("talk", "live", room.room_id)
        assert not queries.with_makers(list(queries.Room.objects.filter(channel=None)))

    def test_who_made_a_stray_group_is_asked_and_it_is_closed(self, company, client, messenger):
        room = seen_room(messenger, company.owner, company.stranger, name="临时沟通")
        sign_in(client, company.it)
        post(client, "stray_ask", room.pk, person="A006")
        question = StrayQuestion.objects.get()
        sign_in(client, company.owner)
        assert "临时沟通" in client.get(reverse("web:my_work")).content.decode()
        post(client, "stray_may_close", room.pk)
        question.refresh_from_db()
        assert (question.state, question.deadline.state) == ("may-close", "met")
        assert client.get(reverse("groups:stray", args=[room.pk])).status_code == 404
        sign_in(client, company.it)
        post(client, "stray_close", room.pk, reason="没人用")
        assert not place_of(messenger).groups.filter(closed_at=None).exists()


@pytest.mark.django_db
class TestTemplatesAndProjects:
    def values(self, messenger, **changes):
        return {
            "name": "部门群",
            "key": "daily",
            "kind": "department",
            "messenger": messenger.pk,
            "pattern": "{department}-日常工作群",
            "purpose": "沟通",
            "confidentiality": "internal",
            "at_least": "2",
            "policy": "automatic",
            "fix_names": "on",
            **changes,
        }

    @pytest.mark.django_db(transaction=True)
    def test_a_template_is_tried_applied_for_and_approved(self, company, keeper, messenger):
        assert "daily" in page(keeper, "template_new")
        tried = post(keeper, "template_try", **self.values(messenger))
        assert "销售部-日常工作群" in tried
        assert not GroupTemplate.objects.exists()
        post(keeper, "template_new", **self.values(messenger))
        template = GroupTemplate.objects.get()
        assert template.state == "applied"
        assert "销售部-日常工作群" in keeper.get(request_about(template).get_absolute_url()).content.decode()
        sign(company, request_about(template))
        assert "部门群" in page(keeper, "templates")
        assert "销售部-日常工作群" in page(keeper, "template", template.pk)

        applied(messenger)
        changed = self.values(messenger, pattern="{department}-工作群")
        del changed["key"], changed["kind"], changed["messenger"]
        tried = post(keeper, "template_try", template_id=template.pk, **changed)
        assert "销售部-工作群" in tried
        assert "<del>销售部-日常工作群</del>" in tried
        post(keeper, "template_edit", template.pk, **changed)
        sign(company, request_about(template))
        applied(messenger)
        assert room_of(group_of(company.sales).channel).name == "销售部-工作群"
        post(keeper, "template_end", template.pk, reason="不用了")
        template.refresh_from_db()
        assert template.state == "ended"

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize(
        ("kind", "pattern"),
        [("department", "工作群"), ("department", "{project}群"), ("project", "{department}"), ("all-staff", "{year}")],
    )
    def test_a_pattern_that_does_not_fit_the_kind_is_told(self, keeper, messenger, kind, pattern):
        post(keeper, "template_new", **self.values(messenger, kind=kind, pattern=pattern), status=422)
        assert not GroupTemplate.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_a_project_has_its_group_with_its_lead_as_owner(self, company, client, messenger):
        template_in_force(company, messenger, kind="project", pattern="{project}-推进群", key="project")
        sign_in(client, company.department_head)
        start = {"starts_on": today().isoformat()}
        post(client, "project_new", code="TG", name="天工", department=company.sales.pk, lead="A006", **start)
        made = Project.objects.get()
        post(client, "project", made.pk, person="A007", **start)
        post(client, "project", made.pk, person="A007", status=422, **start)
        applied(messenger)
        room = room_of(made.groups.get().channel)
        assert (room.name, room.owner_user_id, room.member_count) == ("天工-推进群", user_id_of(company.owner), 2)
        assert "天工" in page(client, "projects")

        post(client, "project_member_end", made.pk, made.members.get().pk)
        applied(messenger)
        room.refresh_from_db()
        assert room.member_count == 1
        post(client, "project_edit", made.pk, name="天工二期", department=company.sales.pk, lead="A006", **start)
        applied(messenger)
        room.refresh_from_db()
        assert room.name == "天工二期-推进群"

    @pytest.mark.django_db(transaction=True)
    def test_what_a_move_would_mean_is_shown_before_it_is_made(self, company, keeper, messenger, template):
        applied(messenger)
        shown = page(keeper, "move", person="A006", to=company.service.pk)
        assert "客服部-日常工作群" in shown
        assert "销售部-日常工作群" in shown
        company.owner.refresh_from_db()
        assert company.owner.department == company.sales

    @pytest.mark.django_db(transaction=True)
    def test_a_delegate_owns_the_group_in_place_of_the_head(self, company, client, messenger, template):
        applied(messenger)
        group = group_of(company.sales)
        sign_in(client, company.department_head)
        post(client, "delegate", group.channel_id, delegate="A006")
        actions.apply_messenger(messenger=messenger, actor=ACTOR)
        assert room_of(group.channel).owner_user_id == user_id_of(company.owner)
        group.channel.refresh_from_db()
        assert group.channel.owner == company.owner

    def test_strangers_see_no_plan_and_no_group_of_others(self, company, client, db):
        sign_in(client, company.stranger)
        for name in ("plan", "plan_json", "runs", "templates", "strays"):
            assert client.get(reverse(f"groups:{name}")).status_code == 403, name
        assert page(client, "groups")


@pytest.mark.django_db
class TestAnswering:
    def test_the_day_an_owner_leaves_the_deputy_is_asked_and_takes_over(self, company, client):
        channel = live_channel(company)
        actions.look_after_owners()
        end_person(person=company.owner, left_on=today(), actor=ACTOR)
        actions.follow_people(person_ids=[company.owner.pk])
        hand_over = HandOver.objects.get(channel=channel)
        assert (hand_over.cause, hand_over.proposed, hand_over.state) == ("left", company.desk_lead, "open")

        sign_in(client, company.desk_lead)
        assert channel.name in client.get(reverse("web:my_work")).content.decode()
        assert channel.name in page(client, "hand_overs")
        assert page(client, "hand_over", hand_over.pk)
        post(client, "hand_over", hand_over.pk, successor="A016", status=422)
        post(client, "hand_over", hand_over.pk, successor="A009")
        channel.refresh_from_db()
        hand_over.refresh_from_db()
        assert (channel.owner, hand_over.state, hand_over.deadline.state) == (company.desk_lead, "handed-over", "met")

    def test_an_owner_who_moves_raises_a_case_and_may_keep_the_channel(self, company, client):
        channel = live_channel(company, department=company.sales)
        actions.look_after_owners()
        update_person(person=company.owner, department=company.it_department, actor=ACTOR)
        actions.follow_people(person_ids=[company.owner.pk])
        hand_over = HandOver.objects.get(channel=channel)
        assert (hand_over.cause, hand_over.proposed) == ("moved", company.desk_lead)
        sign_in(client, company.owner)
        post(client, "hand_over", hand_over.pk, successor="A006")
        hand_over.refresh_from_db()
        assert hand_over.state == "kept"
        actions.look_after_owners()
        assert HandOver.objects.count() == 1

    def test_past_the_due_date_the_channel_passes_to_the_proposal_by_itself(self, company):
        from postroad.clock.actions import fire_due

        channel = live_channel(company, deputy_owner=None)
        actions.look_after_owners()
        end_person(person=company.owner, left_on=today(), actor=ACTOR)
        [hand_over] = actions.look_after_owners()
        assert hand_over.proposed == company.supervising_leader, "the department has no head"
        fire_due(now=hand_over.deadline.due_at + timedelta(minutes=1))
        assert ProcrastinateJob.objects.filter(task_name=Job.END_HAND_OVERS, status="todo").count() == 1
        assert (actions.pass_on_overdue(), actions.pass_on_overdue()) == (1, 0)
        hand_over.refresh_from_db()
        channel.refresh_from_db()
        assert (hand_over.state, channel.owner) == ("passed", company.supervising_leader)

    def test_an_attested_channel_is_confirmed_with_a_picture_once_a_month(self, company, client):
        channel = live_channel(company, observability="attested")
        actions.keep_confirmation_duties()
        assert actions.keep_confirmation_duties() == 0, "once is enough"
        assert channel.attested.duty.responsible == company.owner
        sign_in(client, company.owner)
        assert channel.name in client.get(reverse("web:my_work")).content.decode()
        assert page(client, "confirmations")

        said = {"members": "12", "name_holds": "on", "owner_holds": "on", "only_entitled": "on"}
        no_picture = SimpleUploadedFile("x.png", b"<script>alert(1)</script>", content_type="image/png")
        post(client, "confirm", channel.pk, **said, screenshot=no_picture, status=422)
        post(client, "confirm", channel.pk, members="12", screenshot=SimpleUploadedFile("x.png", PNG), status=422)
        post(client, "confirm", channel.pk, **said, screenshot=SimpleUploadedFile("x.png", PNG))
        kept = Attestation.objects.get()
        assert (kept.members, kept.all_holds) == (12, True)
        picture = client.get(reverse("groups:screenshot", args=[channel.pk, f"{kept.month:%Y-%m}"]))
        assert (picture.content, picture["Content-Type"]) == (PNG, "image/png")
        post(client, "confirm", channel.pk, **said, screenshot=SimpleUploadedFile("x.png", PNG), status=422)

        sign_in(client, company.stranger)
        assert client.get(reverse("groups:screenshot", args=[channel.pk, f"{kept.month:%Y-%m}"])).status_code == 404
        assert client.get(reverse("groups:confirm", args=[channel.pk])).status_code == 404


def test_projects_of_tests_are_made_by_actions(company, db):
    made = project(company, company.agent)
    assert list(made.members.values_list("person", flat=True)) == [company.agent.pk]
