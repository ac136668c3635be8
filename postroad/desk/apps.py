"""Wiring of the desk."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    name = "postroad.desk"
    label = "desk"
    verbose_name = _("Service desk")

    def ready(self) -> None:
        self._register_rights_and_evidence()
        self._register_handlers()
        self._register_promises_and_measures()
        self._register_pages()

    def _register_rights_and_evidence(self) -> None:
        from postroad.desk.customer_events import CUSTOMER_SENTENCES
        from postroad.desk.events import SENTENCES
        from postroad.desk.models import CaseState, HeldBack, LinkKind, Priority, Rule
        from postroad.desk.permissions import GRANTS, Permission, may_hear_case
        from postroad.ledger.registry import register_events, register_words
        from postroad.org.permissions import register
        from postroad.platform import realtime

        for permission, roles, label in GRANTS:
            register(permission, roles=roles, label=label)
        register_events(SENTENCES)
        register_events(CUSTOMER_SENTENCES)
        register_words(CaseState.choices, scope="desk.state")
        register_words(Priority.choices, scope="desk.priority")
        for field in ("rule", "passed"):
            register_words(Rule.choices, scope=f"desk.{field}")
        register_words(HeldBack.choices, scope="desk.why")
        register_words(LinkKind.choices, scope="desk.kind")
        for topic in ("desk.cases", "desk.agents"):
            realtime.register_topic(
                topic, lambda user, _topic: user.may(Permission.CASE_VIEW) or user.may(Permission.REPORT_VIEW)
            )
        realtime.register_topic("desk.case", may_hear_case)

    def _register_handlers(self) -> None:
        from postroad.conversations.registry import (
            register_delivery_handler,
            register_handler,
            register_reading_right,
        )
        from postroad.desk import actions, queries
        from postroad.desk.permissions import sees_message
        from postroad.hotline.registry import register_case_keeper
        from postroad.livechat.offers import register_offers
        from postroad.livechat.ratings import register_ratings
        from postroad.livechat.registry import register_answering
        from postroad.org.registry import register_agreements

        register_case_keeper(actions.Cases())
        register_agreements(queries.recorded_consents)
        register_agreements(queries.consents_before_chats)
        register_answering(queries.ChatDesk())
        register_ratings(actions.ChatRatings())
        register_offers(actions.ChatOffers())
        register_handler(actions.take_in)
        register_delivery_handler(actions.follow)
        register_reading_right(sees_message)

    def _register_promises_and_measures(self) -> None:
        from postroad.clock.registry import DeadlineKind, register_kind
        from postroad.desk import actions, measures
        from postroad.desk.queries import Promise
        from postroad.platform.measures import register_measure

        for promise, title, control in (
            (Promise.FIRST_REPLY, _("First reply"), "external.sla-mail"),
            (Promise.CALL_BACK, _("Call back"), "external.sla-phone"),
            (Promise.CHAT_REPLY, _("First reply in the chat"), "external.sla-chat"),
            (Promise.DIRECT_REPLY, _("First reply in the messenger"), ""),
            (Promise.ANSWER, _("Answer"), "external.response-24h"),
        ):
            register_kind(
                DeadlineKind(
                    key=promise,
                    title=title,
                    control=control,
                    on_warning=actions.tell_of_promises,
                    on_miss=actions.tell_of_promises,
                    on_rung=actions.escalate,
                )
            )
        register_kind(DeadlineKind(key=actions.FOLLOW_UP, title=_("Follow-up of a low rating")))
        register_measure("external.sla-mail", measures.first_reply_on_time)
        register_measure("external.sla-phone", measures.called_in_time)
        register_measure("external.sla-chat", measures.chat_answered_on_time)
        register_measure("external.response-24h", measures.answered_on_time)

    def _register_pages(self) -> None:
        from postroad.desk import work
        from postroad.desk.permissions import Permission
        from postroad.web.registry import (
            MenuEntry,
            SearchProvider,
            Section,
            WorkCard,
            register_card,
            register_menu,
            register_search,
        )

        for section, label, url_name, permission, icon, order in (
            (Section.DESK, _("Cases"), "desk:cases", Permission.CASE_VIEW, "inbox", 10),
            (Section.DESK, _("My signature"), "desk:signatures", Permission.CASE_WORK, "signature", 36),
            (Section.DESK, _("Absences"), "desk:absences", Permission.CASE_WORK, "beach", 37),
            (Section.DESK_SETTINGS, _("Queues"), "desk:queues", Permission.QUEUE_MANAGE, "adjustments", 10),
            (Section.DESK_SETTINGS, _("Canned answers"), "desk:canned", Permission.QUEUE_MANAGE, "message-2-share", 30),
            (Section.DESK_SETTINGS, _("Tags"), "desk:tags", Permission.TAG_MANAGE, "tags", 40),
            (Section.DESK_SETTINGS, _("Custom fields"), "desk:fields", Permission.FIELD_MANAGE, "forms", 50),
            (Section.DESK_SETTINGS, _("Macros"), "desk:macros", Permission.MACRO_MANAGE, "player-play", 60),
        ):
            register_menu(
                MenuEntry(
                    section=section, label=label, url_name=url_name, permission=permission, icon=icon, order=order
                )
            )
        register_card(
            WorkCard(
                key="desk-escalated",
                title=_("Missed, and escalated to me"),
                template="desk/_card_escalated.html",
                context=work.escalated,
                order=12,
                icon="alarm",
                topics=("desk.cases",),
            )
        )
        for key, title, context, order, icon in (
            ("desk-due", _("Cases about to be missed"), work.due_cases, 15, "alarm"),
            ("desk-mine", _("My cases"), work.my_cases, 40, "inbox"),
            ("desk-unassigned", _("Cases nobody has taken"), work.unassigned_cases, 45, "user-question"),
        ):
            register_card(
                WorkCard(
                    key=key,
                    title=title,
                    template="desk/_card_cases.html",
                    context=context,
                    order=order,
                    icon=icon,
                    url_name="desk:cases",
                    topics=("desk.cases",),
                    wide=True,
                )
            )
        register_card(
            WorkCard(
                key="desk-not-sent",
                title=_("Mail that was not sent"),
                template="desk/_card_not_sent.html",
                context=work.not_sent,
                order=12,
                icon="mail-pause",
                topics=("desk.cases",),
            )
        )
        register_search(
            SearchProvider(key="desk", label=_("Cases"), permission=Permission.CASE_VIEW, search=work.search_cases)
        )
