from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _


class OrgConfig(AppConfig):
    name = "postroad.org"
    label = "org"
    verbose_name = _("Organisation")

    def ready(self) -> None:
        from postroad.ledger.registry import register_events, register_words
        from postroad.org import permissions
        from postroad.org.actions import record_sign_in
        from postroad.org.actions.imports import TOPIC
        from postroad.org.events import SENTENCES, WORDS
        from postroad.platform.realtime import register_topic

        permissions.register_own()
        register_events(SENTENCES)
        for scope, words in WORDS.items():
            register_words(words, scope=scope)
        register_topic(TOPIC, lambda user, _topic: user.may(permissions.Permission.PERSON_IMPORT))
        user_logged_in.connect(
            lambda user, **_signal: record_sign_in(account=user), weak=False, dispatch_uid="org.record-sign-in"
        )
        _register_pages()


def _register_pages() -> None:
    from postroad.org import search
    from postroad.org.permissions import Permission
    from postroad.web.registry import MenuEntry, SearchProvider, Section, register_menu, register_search

    menu = [
        (_("People"), "org:people", Permission.PERSON_VIEW, "users"),
        (_("Departments"), "org:departments", Permission.DEPARTMENT_VIEW, "sitemap"),
        (_("Outside contacts"), "org:contacts", Permission.CONTACT_VIEW, "address-book"),
        (_("Organisations"), "org:organisations", Permission.CONTACT_VIEW, "building-community"),
        (_("Roles"), "org:posts", Permission.POST_VIEW, "user-shield"),
        (_("Import people"), "org:imports", Permission.PERSON_IMPORT, "file-import"),
    ]
    for order, (label, url_name, permission, icon) in enumerate(menu, start=10):
        register_menu(
            MenuEntry(
                section=Section.SETTINGS, label=label, url_name=url_name, permission=permission, icon=icon, order=order
            )
        )
    register_search(
        SearchProvider(key="people", label=_("People"), permission=Permission.PERSON_VIEW, search=search.people)
    )
    register_search(
        SearchProvider(
            key="contacts", label=_("Outside contacts"), permission=Permission.CONTACT_VIEW, search=search.contacts
        )
    )
