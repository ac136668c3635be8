"""From tier to tier: nobody answers, another way is offered, and it stays one case with one history and one clock."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from postroad.clock.actions import fire_due
from postroad.clock.models import Deadline
from postroad.conversations.models import Message
from postroad.desk import actions, queries
from postroad.desk.actions.offering import OPEN_FOR
from postroad.desk.models import AgentPresence, Case, Offer, TierRule
from postroad.desk.permissions import Sight
from postroad.desk.queries import Came, Promise
from postroad.desk.tests.factories import MONDAY_TEN, accept, mail, promise_of, promises_of
from postroad.desk.tests.tiers import ADDRESS, code_in, make_known_caller, make_tiers, only_case
from postroad.hotline import actions as hotline
from postroad.hotline.tests.factories import MINUTE, SECOND, TEST, called, missed, post, told
from postroad.ledger.models import Entry
from postroad.livechat.actions import forget_erased
from postroad.livechat.tests.factories import Browser, chatting
from postroad.org.tests.cast import sign_in
from postroad.platform.errors import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

SEES_ALL = Sight(channels=None)


@pytest.fixture
def tiers(company, clock):
    found = make_tiers(company)
    found.attend()
    return found


def journey_of(case):
    thread = queries.thread(case)
    return queries.journey(case, thread=thread, merged=list(case.merged_cases.all()))


def letter():
    """The mail in which something was offered."""
    return Message.objects.filter(direction="out", channel__key="service").latest("id")


def take_link(tiers, text, **given):
    browser = Browser(tiers.chat)
    started = browser.start(offer=code_in(text), **({"name": ""} | given))
    assert started.status_code == 201, started.content
    return browser


class TestFromTheHotline:
    def test_a_known_caller_whom_nobody_answers_gets_a_mail_with_a_link_to_the_chat(self, tiers):
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        assert actions.offer_due() == 1
        offer = Offer.objects.get()
        assert (offer.channel, offer.ways, offer.case) == (tiers.chat, ["mail"], only_case())
        assert [one["address"] for one in letter().recipients] == [ADDRESS]
        assert f"/chat/{tiers.chat.key}/#postroad-offer=" in letter().text
        assert letter().auto == "auto-reply", "robots must not answer it"
        assert Entry.objects.filter(event="desk.offer.made").count() == 1

    def test_the_link_opens_the_chat_of_the_same_case_without_asking_who_they_are(self, tiers, clock):
        contact = make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        actions.offer_due()
        clock.shift(3 * MINUTE)
        code = code_in(letter().text)
        asked = Browser(tiers.chat).post("offer/", offer=code).json()
        assert (asked["token"], asked["known"]) == ("", {"name": True, "mail": True})
        browser = take_link(tiers, letter().text)
        browser.say("It is about order 4711")
        case = only_case()
        assert browser.visit.contact == contact
        assert queries.chat_of(case).visit == browser.visit
        assert promises_of(case) == {"call_back": "running", "chat_reply": "running", "answer": "running"}
        assert promise_of(case, Promise.CHAT_REPLY).started_at == MONDAY_TEN + 3 * MINUTE
        assert promise_of(case, Promise.ANSWER).started_at == MONDAY_TEN
        assert Offer.objects.get().taken_at == MONDAY_TEN + 3 * MINUTE

    def test_the_link_works_on_another_device_and_opens_the_same_chat(self, tiers):
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        actions.offer_due()
        first = take_link(tiers, letter().text)
        first.say("Hello")
        again = Browser(tiers.chat).post("offer/", offer=code_in(letter().text)).json()
        other = Browser(tiers.chat, token=again["token"])
        assert other.visit == first.visit
        assert "Hello" in other.texts()
        assert Case.objects.count() == 1

    def test_a_link_that_is_too_old_or_altered_or_of_another_chat_opens_nothing(self, tiers, clock):
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        actions.offer_due()
        code = code_in(letter().text)
        assert (
            Browser(tiers.chat).post("offer/", offer=code[:-1] + ("A" if code[-1] != "A" else "B")).status_code == 404
        )
        clock.shift(OPEN_FOR)
        assert Browser(tiers.chat).post("offer/", offer=code).status_code == 404
        assert Browser(tiers.chat).start(offer=code).status_code == 404

    def test_consent_is_asked_before_anything_is_kept(self, tiers):
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        actions.offer_due()
        refused = Browser(tiers.chat).start(offer=code_in(letter().text), name="", agreed=False)
        assert (refused.status_code, list(refused.json()["fields"])) == (422, ["agreed"])
        assert Offer.objects.get().visit is None

    def test_answering_the_mail_instead_takes_the_offer_too(self, tiers, clock):
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        actions.offer_due()
        offered = letter()
        clock.shift(20 * MINUTE)
        case = mail(
            tiers.mailbox,
            sender_address=ADDRESS,
            received_at=timezone.now(),
            subject_token=offered.conversation.subject_token,
        )
        assert case == only_case()
        assert promise_of(case, Promise.FIRST_REPLY).started_at == timezone.now()
        assert [hop.came for hop in journey_of(case).hops] == [Came.FIRST, Came.OFFER]

    def test_while_nobody_is_there_in_the_chat_its_mailbox_is_named_instead(self, tiers):
        AgentPresence.objects.all().delete()
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        assert actions.offer_due() == 1
        assert Offer.objects.get().channel == tiers.mailbox
        assert "#postroad-offer" not in letter().text
        assert tiers.mailbox.address in letter().text

    def test_the_chat_is_not_offered_outside_its_opening_hours_though_somebody_is_there(self, tiers, clock):
        tiers.chat.calendar_key = "company"
        tiers.chat.save()
        clock.move_to(MONDAY_TEN + timedelta(hours=12))
        tiers.attend()
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, timezone.now())
        actions.offer_due()
        assert Offer.objects.get().channel == tiers.mailbox

    def test_a_caller_without_an_address_is_offered_nothing_by_mail(self, tiers):
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        assert actions.offer_due() == 0
        assert not Offer.objects.exists()

    def test_who_was_called_back_in_time_is_offered_nothing(self, tiers, clock):
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat, minutes=5)
        missed(tiers.hotline, MONDAY_TEN)
        clock.shift(4 * MINUTE)
        assert actions.offer_due() == 0
        called(tiers.hotline, timezone.now())
        clock.shift(4 * MINUTE)
        assert actions.offer_due() == 0

    def test_who_was_waiting_before_the_rule_was_switched_on_is_offered_nothing(self, tiers, clock):
        make_known_caller()
        missed(tiers.hotline, MONDAY_TEN - MINUTE)
        tiers.lead(tiers.hotline, tiers.chat)
        clock.shift(MINUTE)
        assert actions.offer_due() == 0

    def test_a_rule_speaks_in_its_own_words_in_the_customers_language(self, tiers):
        contact = make_known_caller()
        mail(tiers.mailbox, sender_address=ADDRESS, subject="Where is my order?")
        tiers.lead(tiers.hotline, tiers.chat, text="刚才没接到您的电话", text_en="Sorry we missed you")
        missed(tiers.hotline, MONDAY_TEN)
        assert contact.cases.count() == 2
        actions.offer_due()
        assert letter().text.startswith("Sorry we missed you")


class TestThroughTheTelephoneSystem:
    @pytest.fixture
    def secret(self, tiers):
        return hotline.change_secret(channel=tiers.hotline, at_once=False, actor=TEST)

    def ring_in_vain(self, client, tiers, secret):
        events = [told("ringing", MONDAY_TEN - 30 * SECOND, id="e1"), told("hungup", MONDAY_TEN, id="e2")]
        return post(client, tiers.hotline, secret, {"events": events}).json()

    def test_the_answer_to_the_call_event_carries_the_offer_also_for_who_has_no_address(self, client, tiers, secret):
        tiers.lead(tiers.hotline, tiers.chat)
        [offer] = self.ring_in_vain(client, tiers, secret)["offers"]
        assert offer["call"] == "call-1"
        assert offer["url"] in offer["text"]
        browser = take_link(tiers, offer["url"], name="刘先生")
        browser.say("您好")
        assert browser.visit.conversation in [link.conversation for link in only_case().links.all()]
        assert Offer.objects.get().ways == ["telephone"]

    def test_telling_the_event_again_says_the_same_and_offers_nothing_anew(self, client, tiers, secret):
        tiers.lead(tiers.hotline, tiers.chat)
        first = self.ring_in_vain(client, tiers, secret)
        again = self.ring_in_vain(client, tiers, secret)
        assert (first["offers"], again["new"]) == (again["offers"], 0)
        assert Offer.objects.count() == 1

    def test_a_known_caller_gets_it_both_ways_and_it_is_one_offer(self, client, tiers, secret):
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        [offer] = self.ring_in_vain(client, tiers, secret)["offers"]
        assert sorted(Offer.objects.get().ways) == ["mail", "telephone"]
        assert offer["url"] in letter().text

    def test_without_a_rule_the_answer_is_as_it_was(self, client, tiers, secret):
        assert self.ring_in_vain(client, tiers, secret) == {"new": 2, "known": 0}


class TestFromTheChat:
    def test_a_visitor_whom_nobody_answers_is_asked_in_the_chat_and_leaves_an_address(self, tiers, clock):
        tiers.lead(tiers.chat, tiers.mailbox, minutes=10)
        browser = chatting(tiers.chat, "Hello?")
        assert actions.offer_due() == 0
        clock.shift(10 * MINUTE)
        browser.get("messages/")
        assert actions.offer_due() == 1
        assert browser.get("messages/").json()["state"]["offersMail"] is True
        clock.shift(MINUTE)
        assert browser.post("leave/", mail="maier@customer.test").status_code == 204
        case = only_case()
        assert promise_of(case, Promise.FIRST_REPLY).started_at == timezone.now()
        sent = actions.chat(case=case, text="Your order comes on Monday.", person=tiers.company.agent)
        accept(sent, timezone.now() + MINUTE)
        chat_hop, mail_hop = journey_of(case).hops
        assert (chat_hop.answered_at, chat_hop.waited) == (None, 11 * MINUTE)
        assert (mail_hop.came, mail_hop.waited) == (Came.OFFER, MINUTE)

    def test_who_has_gone_and_left_an_address_needs_no_offer(self, tiers, clock):
        tiers.lead(tiers.chat, tiers.mailbox, minutes=10)
        chatting(tiers.chat, "Hello?", mail="maier@customer.test")
        clock.shift(15 * MINUTE)
        assert actions.offer_due() == 0


class TestOneJourney:
    def arrive(self, tiers, clock):
        """A call is missed at ten, the chat taken three minutes later and answered after two more."""
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        actions.offer_due()
        clock.shift(3 * MINUTE)
        browser = take_link(tiers, letter().text)
        browser.say("It is about order 4711")
        clock.shift(2 * MINUTE)
        browser.get("messages/")
        case = only_case()
        accept(actions.chat(case=case, text="One moment", person=tiers.company.agent), timezone.now())
        return case, browser

    def test_every_hop_is_timed_with_its_own_promise_and_the_overall_one_beside(self, tiers, clock):
        case, _browser = self.arrive(tiers, clock)
        journey = journey_of(case)
        assert [(hop.channel, hop.came, hop.waited) for hop in journey.hops] == [
            (tiers.hotline, Came.FIRST, 3 * MINUTE),
            (tiers.chat, Came.OFFER, 2 * MINUTE),
        ]
        assert [hop.promise.kind for hop in journey.hops] == [Promise.CALL_BACK, Promise.CHAT_REPLY]
        assert [hop.promise.state for hop in journey.hops] == ["met", "met"]
        assert journey.hops[0].answered_at is None, "nobody answered on the telephone"
        assert (journey.overall.started_at, journey.overall.state) == (MONDAY_TEN, "paused")

    def test_who_goes_on_in_the_chat_has_a_place_in_its_queue(self, tiers):
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        actions.offer_due()
        browser = take_link(tiers, letter().text)
        browser.say("Hello")
        assert queries.ChatDesk().places() == {browser.visit.conversation_id: 1}

    def test_the_promise_of_the_chat_is_not_measured_by_the_terms_of_the_hotline(self, tiers):
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        actions.offer_due()
        take_link(tiers, letter().text).say("Hello")
        assert "chat_reply" in promises_of(only_case())
        assert queries.on_other_terms(tiers.hotline) == []

    def test_who_was_erased_is_forgotten_in_the_chat_they_took_also_without_an_address(self, tiers):
        contact = make_known_caller(mail="")
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        [way] = actions.Cases().offer_other_way([only_case().links.get().conversation_id]).values()
        browser = take_link(tiers, way.url)
        assert (browser.visit.name, browser.visit.has_mail) == (contact.name, False)
        type(contact).objects.update(erased_at=timezone.now())
        assert forget_erased() == 1
        assert browser.visit.name != contact.name
        assert forget_erased() == 0

    def test_a_tier_missed_stays_missed_though_the_next_was_quick(self, tiers, clock):
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        actions.offer_due()
        clock.shift(15 * MINUTE)
        fire_due()
        take_link(tiers, letter().text).say("Still there?")
        case = only_case()
        accept(actions.chat(case=case, text="Yes", person=tiers.company.agent), timezone.now())
        assert [hop.promise.state for hop in journey_of(case).hops] == ["missed", "met"]

    def test_telling_the_journey_costs_the_same_however_long_it_is(self, tiers, clock, django_assert_num_queries):
        case, browser = self.arrive(tiers, clock)
        for _ in range(2):
            thread = queries.thread(case)
            with django_assert_num_queries(3):
                journey = queries.journey(case, thread=thread, merged=[])
            assert len(journey.hops) == 2
            for number in range(5):
                browser.say(f"and {number}")

    def test_the_case_page_tells_it_in_words(self, client, tiers, clock):
        case, _browser = self.arrive(tiers, clock)
        page = sign_in(client, tiers.company.agent).get(case.get_absolute_url()).content.decode()
        assert page.count("data-hop=") == 2
        assert 'data-came="offer"' in page

    def test_a_case_on_one_medium_without_an_offer_tells_no_journey(self, client, tiers):
        case = mail(tiers.mailbox)
        assert not journey_of(case).is_worth_telling
        page = sign_in(client, tiers.company.agent).get(case.get_absolute_url()).content.decode()
        assert "data-hop=" not in page

    def test_what_was_promised_and_offered_stays_when_the_rules_change(self, tiers, clock):
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        actions.offer_due()
        before = list(Deadline.objects.order_by("id").values("kind", "amount", "due_at"))
        expires_at = Offer.objects.get().expires_at
        tiers.lead(tiers.hotline, tiers.mailbox, minutes=60, enabled=False)
        type(tiers.hotline).objects.update(first_reply_minutes=1, answer_hours=1)
        assert list(Deadline.objects.order_by("id").values("kind", "amount", "due_at")) == before
        take_link(tiers, letter().text).say("I take what you offered")
        offer = Offer.objects.get()
        assert (offer.channel, offer.expires_at, offer.taken_at is not None) == (tiers.chat, expires_at, True)


class TestJoining:
    def test_the_same_customer_on_another_medium_is_pointed_out_and_never_joined_by_itself(self, client, tiers):
        make_known_caller()
        missed(tiers.hotline, MONDAY_TEN)
        called_first = only_case()
        written = mail(tiers.mailbox, sender_address=ADDRESS)
        assert Case.objects.filter(merged_into__isnull=True).count() == 2
        assert queries.same_customer(written, sight=SEES_ALL) == [called_first]
        page = sign_in(client, tiers.company.agent).get(written.get_absolute_url()).content.decode()
        assert f'action="{reverse("desk:merge", args=[written.number])}"' in page
        assert page.count("data-same-customer") == 1

    def test_another_customer_or_a_finished_matter_is_not_pointed_out(self, tiers):
        make_known_caller()
        missed(tiers.hotline, MONDAY_TEN)
        stranger = mail(tiers.mailbox, sender_address="someone@else.test")
        assert queries.same_customer(stranger, sight=SEES_ALL) == []
        actions.close(cases=[only_case_of(tiers.hotline)], reason="spam", person=tiers.company.agent)
        assert queries.same_customer(mail(tiers.mailbox, sender_address=ADDRESS), sight=SEES_ALL) == []

    def test_joined_cases_keep_each_tiers_clock_and_the_earliest_overall_one(self, tiers, clock):
        make_known_caller()
        written = mail(tiers.mailbox, sender_address=ADDRESS)
        overall = promise_of(written, Promise.ANSWER)
        clock.shift(30 * MINUTE)
        missed(tiers.hotline, timezone.now())
        call = only_case_of(tiers.hotline)
        own = promise_of(call, Promise.CALL_BACK)
        joined = actions.merge(case=call, into=written, person=tiers.company.agent)
        carried = promise_of(joined, Promise.CALL_BACK)
        assert (carried.pk, carried.started_at, carried.due_at, carried.ladder) == (
            own.pk, own.started_at, own.due_at, own.ladder,
        )  # fmt: skip
        overall.refresh_from_db()
        assert (overall.state, overall.started_at, overall.due_at) == ("running", MONDAY_TEN, overall.due_at)
        assert promises_of(joined) == {"first_reply": "running", "call_back": "running", "answer": "running"}
        assert [hop.channel for hop in journey_of(joined).hops] == [tiers.mailbox, tiers.hotline]
        assert joined.next_due_at == own.due_at

    def test_what_was_offered_before_joining_is_not_offered_again_after(self, tiers):
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        written = mail(tiers.mailbox, sender_address=ADDRESS)
        missed(tiers.hotline, timezone.now())
        assert actions.offer_due() == 1
        joined = actions.merge(case=only_case_of(tiers.hotline), into=written, person=tiers.company.agent)
        assert promises_of(joined)["call_back"] == "running"
        assert actions.offer_due() == 0
        browser = take_link(tiers, letter().text)
        browser.say("Hello")
        assert joined.links.filter(conversation=browser.visit.conversation_id).exists(), "the case that stayed"

    def test_a_call_back_kept_after_joining_keeps_the_promise_it_carried(self, tiers, clock):
        make_known_caller()
        written = mail(tiers.mailbox, sender_address=ADDRESS)
        missed(tiers.hotline, timezone.now())
        joined = actions.merge(case=only_case_of(tiers.hotline), into=written, person=tiers.company.agent)
        clock.shift(2 * MINUTE)
        called(tiers.hotline, timezone.now())
        assert promises_of(joined)["call_back"] == "met"
        assert journey_of(joined).hops[-1].waited == 2 * MINUTE + 5 * SECOND

    def test_a_miss_on_record_before_joining_stays_in_the_journey(self, tiers, clock):
        make_known_caller()
        missed(tiers.hotline, MONDAY_TEN)
        clock.shift(15 * MINUTE)
        fire_due()
        written = mail(tiers.mailbox, sender_address=ADDRESS, received_at=timezone.now())
        call = only_case_of(tiers.hotline)
        joined = actions.merge(case=call, into=written, person=tiers.company.agent)
        assert [hop.promise.state for hop in journey_of(joined).hops] == ["missed", "running"]

    def test_a_caller_who_was_joined_with_a_mail_can_be_answered_by_mail(self, client, tiers):
        make_known_caller()
        missed(tiers.hotline, MONDAY_TEN - MINUTE)
        call = only_case()
        written = mail(tiers.mailbox, sender_address=ADDRESS)
        joined = actions.merge(case=written, into=call, person=tiers.company.agent)
        page = sign_in(client, tiers.company.agent).get(joined.get_absolute_url()).content.decode()
        assert 'id="reply"' in page


class TestTheRulesThemselves:
    def test_a_lead_sets_one_on_its_page_and_a_wrong_one_is_refused_at_the_field(self, client, tiers):
        page = reverse("desk:tier_rule", args=[tiers.hotline.key])
        browser = sign_in(client, tiers.company.desk_lead)
        refused = browser.post(page, {"enabled": "on", "minutes": "5"})
        assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["offers"])
        assert browser.post(page, {"enabled": "on", "minutes": "5", "offers": tiers.chat.pk}).status_code == 302
        rule = TierRule.objects.get()
        assert (rule.channel, rule.offers, rule.minutes, rule.since) == (tiers.hotline, tiers.chat, 5, MONDAY_TEN)
        assert browser.get(page).status_code == 200

    def test_from_a_chat_only_its_own_mailbox_can_be_offered_and_from_mail_nothing(self, tiers):
        assert queries.next_tiers(tiers.chat) == [tiers.mailbox]
        assert queries.next_tiers(tiers.mailbox) == []
        with pytest.raises(Invalid):
            tiers.lead(tiers.chat, tiers.hotline)

    def test_one_offer_a_case_and_rule_is_a_rule_of_the_database(self, tiers):
        make_known_caller()
        tiers.lead(tiers.hotline, tiers.chat)
        missed(tiers.hotline, MONDAY_TEN)
        actions.offer_due()
        offer = Offer.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            Offer.objects.create(
                case=offer.case, rule=offer.rule, channel=offer.channel, ways=["mail"], since=offer.since,
                made_at=offer.made_at, expires_at=offer.expires_at,
            )  # fmt: skip


def only_case_of(channel):
    return Case.objects.get(channel=channel)
