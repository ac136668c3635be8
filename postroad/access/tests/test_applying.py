"""From a written application to grants in force, and what stands in the way."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from postroad.access import actions, queries, registry
from postroad.access.actions.effects import REVIEW_DEADLINE
from postroad.access.models import Grant
from postroad.access.tests.factories import (
    apply_for,
    approve,
    change,
    emergency,
    end,
    granted,
    hold,
    leave,
    line,
    sign,
    step_of,
    to,
)
from postroad.approvals import actions as approvals
from postroad.approvals.models import Request
from postroad.clock import actions as clock
from postroad.clock.models import Deadline
from postroad.ledger.models import Entry
from postroad.ledger.queries import history_of
from postroad.org.models import Person, today
from postroad.org.roles import Role
from postroad.platform.errors import Conflict, Invalid, Refused

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def people_who_post(channel):
    return queries.people_granted([channel.pk], on=today()).get((channel.pk, "post"), frozenset())


class TestAnApplication:
    def test_takes_effect_with_the_second_signature(self, company, channel):
        request = apply_for(company.owner, line(channel, company.stranger))
        approve(request, company.administration_head)
        assert not people_who_post(channel)
        approve(request, company.supervising_leader)
        assert people_who_post(channel) == {company.stranger.pk}
        grant = Grant.objects.get(request=request)
        assert queries.approvers_of([request.pk])[request.pk] == [
            company.administration_head,
            company.supervising_leader,
        ]
        assert (grant.state, grant.starts_on, grant.ends_on) == ("in-force", today(), None)
        assert [entry.event for entry in history_of(grant)] == ["access.grant.granted"]

    def test_holds_several_lines_that_take_effect_together(self, company, channel):
        request = apply_for(
            company.owner,
            line(channel, company.stranger),
            line(channel, company.service, permission="view"),
            line(channel, Role.IT, permission="manage"),
        )
        sign(company, request)
        found = queries.people_granted([channel.pk], on=today())
        assert {kind: len(people) for (_channel, kind), people in found.items()} == {"post": 1, "view": 4, "manage": 1}

    def test_that_is_rejected_grants_nothing(self, company, channel):
        request = apply_for(company.owner, line(channel, company.stranger))
        approvals.reject(
            step_id=step_of(request).pk,
            person=company.administration_head,
            actor=company.administration_head.as_actor(),
            comment="不",
        )
        assert not Grant.objects.exists()

    def test_names_a_first_day_and_begins_on_it(self, company, channel):
        grant = granted(company, channel, company.stranger, starts_on=today() + DAY)
        assert grant.state == "upcoming"
        assert not people_who_post(channel)

    def test_refuses_what_cannot_be_granted_line_by_line(self, company, channel):
        granted(company, channel, company.stranger)
        lines = [
            line(channel, company.stranger),
            line(channel, company.leaver),
            line(channel, company.agent, content=""),
            line(channel, company.hr, ends_on=today() - DAY),
            line(channel, company.it, content="发布（至 2030-01-01）"),
            line(channel, company.it),
        ]
        with pytest.raises(Invalid) as refusal:
            apply_for(company.owner, *lines)
        assert set(refusal.value.fields) == {
            "0.grantee",
            "1.grantee",
            "2.content",
            "3.ends_on",
            "4.content",
            "5.grantee",
        }

    def test_wants_a_reason_and_a_line(self, company, channel):
        for lines, reason, field in (([line(channel, company.it)], " ", "reason"), ([], "要", "")):
            with pytest.raises(Invalid) as refusal:
                actions.draft_application(
                    lines=lines, reason=reason, applicant=company.owner, actor=company.owner.as_actor()
                )
            assert field in refusal.value.fields

    def test_cannot_take_effect_twice_for_the_same(self, company, channel):
        first, second = (apply_for(company.owner, line(channel, company.stranger)) for _ in range(2))
        sign(company, first)
        approve(second, company.administration_head)
        with pytest.raises(Conflict, match="granted already"):
            approve(second, company.supervising_leader)
        assert Grant.objects.count() == 1

    def test_of_which_the_last_day_has_passed_cannot_be_approved(self, company, channel):
        request = apply_for(company.owner, line(channel, company.stranger, ends_on=today()))
        lines = [{**one, "ends_on": (today() - DAY).isoformat()} for one in request.payload["lines"]]
        Request.objects.filter(pk=request.pk).update(payload={**request.payload, "lines": lines})
        approve(request, company.administration_head)
        with pytest.raises(Conflict, match="last day"):
            approve(request, company.supervising_leader)

    def test_tells_the_listeners_which_channels_changed(self, company, channel, monkeypatch):
        heard = []
        monkeypatch.setattr(registry, "_listeners", [heard.append])
        grant = granted(company, channel, company.stranger)
        sign(company, apply_for(company.owner, end(grant)))
        assert heard == [{channel.pk}, {channel.pk}]


class TestAChange:
    def test_ends_the_old_grant_and_begins_a_new_one_that_points_back(self, company, channel):
        old = granted(company, channel, company.stranger)
        sign(company, apply_for(company.owner, change(old, content="只发布周报", ends_on=today() + 9 * DAY)))
        old.refresh_from_db()
        new = old.replaced_by
        assert (old.ended_because, new.content, new.is_temporary) == ("changed", "只发布周报", True)
        assert people_who_post(channel) == {company.stranger.pk}

    def test_that_changes_nothing_is_refused(self, company, channel):
        grant = granted(company, channel, company.stranger)
        with pytest.raises(Invalid, match="granted already"):
            apply_for(company.owner, change(grant))

    def test_and_revoking_the_same_grant_do_not_both_happen(self, company, channel):
        grant = granted(company, channel, company.stranger)
        other = apply_for(company.owner, change(grant, content="别的"))
        sign(company, apply_for(company.owner, end(grant)))
        approve(other, company.administration_head)
        with pytest.raises(Conflict, match="not there any more"):
            approve(other, company.supervising_leader)

    def test_revoking_takes_it_away_the_same_minute(self, company, channel):
        grant = granted(company, channel, company.stranger)
        sign(company, apply_for(company.owner, end(grant)))
        grant.refresh_from_db()
        assert (grant.state, grant.ended_because, people_who_post(channel)) == ("ended", "revoked", frozenset())


class TestAnEmergency:
    def test_is_in_force_on_one_word_and_asks_for_both_signatures(self, company, channel):
        grant, review = emergency(company, channel, company.stranger)
        assert grant.state == "under-review"
        assert people_who_post(channel) == {company.stranger.pk}
        assert review.state == "pending"
        deadline = Deadline.objects.get(kind=REVIEW_DEADLINE)
        assert deadline.amount == timedelta(minutes=2 * 8 * 60)
        assert grant.review_due_at == deadline.due_at

    def test_takes_the_word_of_the_supervising_leader_too(self, company, channel):
        request = apply_for(company.owner, line(channel, company.stranger), urgent=True)
        assert approve(request, company.supervising_leader).state == "approved"
        assert people_who_post(channel)

    def test_that_is_confirmed_stays(self, company, channel):
        grant, review = emergency(company, channel, company.stranger)
        sign(company, review)
        grant.refresh_from_db()
        assert grant.state == "in-force"
        assert Deadline.objects.get(kind=REVIEW_DEADLINE).state == "met"

    def test_that_is_rejected_ends_at_once(self, company, channel):
        grant, review = emergency(company, channel, company.stranger)
        head = company.administration_head
        approvals.reject(step_id=step_of(review).pk, person=head, actor=head.as_actor(), comment="不必要")
        grant.refresh_from_db()
        assert (grant.ended_because, people_who_post(channel)) == ("not-reviewed", frozenset())

    def test_that_nobody_reviews_ends_by_itself(self, company, channel):
        grant, review = emergency(company, channel, company.stranger)
        assert actions.end_unreviewed() == 0
        clock.fire_due(now=grant.review_due_at + timedelta(seconds=1))
        assert actions.end_unreviewed() == 1
        assert actions.end_unreviewed() == 0
        grant.refresh_from_db()
        review.refresh_from_db()
        assert (grant.ended_because, review.state) == ("not-reviewed", "withdrawn")

    def test_does_not_change_grants(self, company, channel):
        grant = granted(company, channel, company.stranger)
        with pytest.raises(Invalid, match="not changed"):
            apply_for(company.owner, change(grant, content="别的"), urgent=True)


class TestSeparationOfDuties:
    """Own is a grant that reaches one person only, by name or since nobody else is in that department or post."""

    def test_nobody_approves_a_grant_to_themselves(self, company, channel):
        head = company.administration_head
        request = apply_for(company.owner, line(channel, head))
        with pytest.raises(Refused):
            approve(request, head)
        approve(request, company.executive)
        approve(request, company.supervising_leader)
        assert set(queries.approvers_of([request.pk])[request.pk]) == {company.executive, company.supervising_leader}

    def test_nobody_approves_a_post_that_only_they_hold(self, company, channel):
        request = apply_for(company.owner, line(channel, Role.ADMINISTRATION_HEAD))
        with pytest.raises(Refused):
            approve(request, company.administration_head)

    def test_a_department_of_several_may_be_approved_by_one_of_them(self, company, channel):
        request = apply_for(company.owner, line(channel, company.administration))
        assert approve(request, company.administration_head).steps.count() == 2

    def test_what_came_to_reach_only_an_approver_meanwhile_does_not_take_effect(self, company, channel):
        hold(company.administration_clerk, Role.EXECUTIVE)
        request = apply_for(company.owner, line(channel, Role.EXECUTIVE))
        hold(company.administration_head, Role.EXECUTIVE)
        approve(request, company.administration_head)
        for person in (company.administration_clerk, company.executive):
            leave(person, last_day=today() - DAY)
        with pytest.raises(Conflict, match="only one to gain"):
            approve(request, company.supervising_leader)
        assert not Grant.objects.exists()

    def test_nobody_of_it_sets_up_their_own_grant(self, company, channel):
        own = granted(company, channel, company.it)
        through_a_post = granted(company, channel, Role.IT, permission="view")
        for grant in (own, through_a_post):
            with pytest.raises(Refused):
                actions.mark_configured([grant.pk], company.it)
        assert actions.mark_configured([own.pk, through_a_post.pk], company.administrator) == [own, through_a_post]

    def test_the_database_refuses_it_too(self, company, channel):
        own = granted(company, channel, company.it)
        with pytest.raises(IntegrityError, match="access_grant_configured_by_another"), transaction.atomic():
            Grant.objects.filter(pk=own.pk).update(configured_by=company.it, configured_at=own.begun_at)

    def test_an_application_that_nobody_could_approve_says_how_to_go_on(self, company, channel):
        everybody = [line(channel, one) for one in company.everybody().values() if one != company.leaver]
        with pytest.raises(Invalid, match="application of its own"):
            apply_for(company.owner, *everybody)


class TestConfiguring:
    def test_a_grant_waits_until_it_is_set_up_and_after_its_end_until_it_is_taken_away(self, company, channel):
        grant = granted(company, channel, company.stranger)
        assert list(queries.to_configure()) == [grant]
        actions.mark_configured([grant.pk], company.it)
        assert not queries.to_configure().exists()
        sign(company, apply_for(company.owner, end(grant)))
        assert list(queries.to_configure()) == [grant]
        actions.mark_configured([grant.pk], company.it)
        grant.refresh_from_db()
        assert (grant.configured_by, grant.removed_by) == (company.it, company.it)
        assert not queries.to_configure().exists()

    def test_one_that_ended_before_it_was_set_up_waits_for_nothing(self, company, channel):
        grant = granted(company, channel, company.stranger)
        sign(company, apply_for(company.owner, end(grant)))
        assert not queries.to_configure().exists()

    def test_doing_it_twice_changes_nothing(self, company, channel):
        grant = granted(company, channel, company.stranger)
        assert actions.mark_configured([grant.pk], company.it) == [grant]
        assert actions.mark_configured([grant.pk], company.administrator) == []
        assert Entry.objects.filter(event="access.grant.configured").count() == 1

    def test_by_postroad_itself_names_no_person(self, company, channel):
        from postroad.platform.actors import Actor

        grant = granted(company, channel, company.stranger)
        [done] = actions.mark_configured([grant.pk], Actor.system("groups"))
        assert done.configured_by is None
        assert queries.configurer_of(done) == "Postroad"


class TestTheDatabase:
    def test_takes_no_grant_without_an_approved_application(self, company, channel):
        request = apply_for(company.owner, line(channel, company.stranger))
        with pytest.raises(IntegrityError, match="approved application"), transaction.atomic():
            Grant.objects.create(
                channel=channel,
                permission="view",
                person=company.stranger,
                content="看",
                starts_on=today(),
                request=request,
            )

    @pytest.mark.parametrize("column", ["content", "permission", "starts_on", "ends_on", "person_id", "request_id"])
    def test_keeps_what_was_approved(self, company, channel, column):
        grant = granted(company, channel, company.stranger)
        with pytest.raises(Exception, match="Cannot update"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE access_grant SET {column} = {column} WHERE id = %s", [grant.pk])

    def test_does_not_forget_a_grant(self, company, channel):
        grant = granted(company, channel, company.stranger)
        with pytest.raises(Exception, match="delete rows"), transaction.atomic():
            grant.delete()


class TestDaysPass:
    """The job that begins and ends what is due; the days are moved instead of the clock."""

    def test_a_first_day_that_has_come_begins_a_grant_once(self, company, channel, monkeypatch):
        grant = granted(company, channel, company.stranger, starts_on=today() + DAY)
        at(monkeypatch, today() + DAY)
        assert actions.turn_grants() == 1
        assert actions.turn_grants() == 0
        grant.refresh_from_db()
        assert grant.state == "in-force"

    def test_a_last_day_that_has_passed_ends_it(self, company, channel, monkeypatch):
        grant = granted(company, channel, company.stranger, ends_on=today())
        assert actions.turn_grants() == 0
        at(monkeypatch, today() + DAY)
        assert actions.turn_grants() == 1
        grant.refresh_from_db()
        assert grant.ended_because == "lapsed"

    def test_a_leavers_own_grants_end_after_the_last_day_and_a_departments_grant_does_not_reach_them(
        self, company, channel, monkeypatch
    ):
        own = granted(company, channel, company.agent)
        granted(company, channel, company.service, permission="view")
        leave(company.agent, last_day=today())
        assert actions.turn_grants() == 0
        assert company.agent.pk in people_who_post(channel)
        leave(company.agent, last_day=today() - DAY)
        assert actions.turn_grants() == 1
        assert actions.turn_grants() == 0
        own.refresh_from_db()
        assert own.ended_because == "left"
        assert company.agent.pk not in frozenset().union(*queries.people_granted([channel.pk], on=today()).values())

    def test_a_mover_has_what_the_new_department_has(self, company, channel):
        granted(company, channel, company.service)
        assert company.stranger.pk not in people_who_post(channel)
        Person.objects.filter(pk=company.stranger.pk).update(department=company.service)
        assert company.stranger.pk in people_who_post(channel)

    def test_a_channel_that_ended_takes_its_grants_along(self, company, channel):
        from postroad.channels.actions import retire_channel

        grant = granted(company, channel, company.stranger)
        retire_channel(channel=channel, reason="停用", actor=company.owner.as_actor())
        assert actions.turn_grants() == 1
        grant.refresh_from_db()
        assert grant.ended_because == "channel-ended"


def at(monkeypatch, day):
    monkeypatch.setattr("postroad.access.actions.turning.today", lambda: day)


class TestATraining:
    def test_that_lapsed_takes_the_permission_away_until_it_is_renewed(self, company, channel, monkeypatch):
        monkeypatch.setattr(registry, "_trainings", {})
        trained = {company.agent.pk}
        registry.register_training(
            registry.Training(key="handbook", title="手册", holders=lambda people, on: frozenset(people & trained))
        )
        granted(company, channel, company.service, training_key="handbook")
        assert people_who_post(channel) == {company.agent.pk}
        trained.clear()
        assert people_who_post(channel) == frozenset()

    def test_that_nobody_knows_cannot_be_asked_for(self, company, channel):
        with pytest.raises(Invalid, match="no such course"):
            apply_for(company.owner, line(channel, company.it, training_key="handbook"))


class TestSimulating:
    def test_tells_who_gains_and_loses_what(self, company, channel):
        grant = granted(company, channel, company.stranger)
        granted(company, channel, company.sales, permission="view")
        lines = [end(grant), line(channel, company.agent), line(channel, company.owner, permission="view")]
        impacts = queries.simulate(lines, on=today())
        assert [(one.permission, one.gains, one.loses) for one in impacts] == [
            ("post", [company.agent], [company.stranger])
        ]

    def test_and_then_happens(self, company, channel):
        request = apply_for(
            company.owner, line(channel, company.service), line(channel, company.agent, permission="manage")
        )
        from postroad.access.lines import lines_of

        told = {
            (one.channel.pk, str(one.permission)): {p.pk for p in one.gains}
            for one in queries.simulate(lines_of(request.payload), on=today())
        }
        sign(company, request)
        assert told == queries.people_granted([channel.pk], on=today())


def test_reading_who_may_what_takes_the_same_queries_for_many_grants(company, channel, django_assert_num_queries):
    named = {one.pk for one in (company.agent, company.agent2, company.hr, company.stranger, company.desk_lead)}
    everything = [
        line(channel, one, permission=kind)
        for one in company.everybody().values()
        if one.pk in named
        for kind in ("view", "post")
    ]
    places = [line(channel, one) for one in (company.sales, company.service)]
    sign(company, apply_for(company.owner, *everything, *places, line(channel, to(Role.IT))))
    with django_assert_num_queries(5):
        found = queries.people_granted([channel.pk], on=today())
    assert len(found[channel.pk, "post"]) == 9
