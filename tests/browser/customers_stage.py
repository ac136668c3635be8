"""Run inside an installation (`python -m tests.browser.customers_stage write | ask PATH`): what the journeys need made.

`write` publishes an article that answers the desk stage's question; `ask PATH` asks the customer of that case how
satisfied they were, as if it had been solved long enough ago, and prints the link that their mail holds.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from postroad.platform.bootstrap import use_django

TITLE = "When an order comes"


def write() -> str:
    use_django()
    from postroad.knowledge.models import Article
    from postroad.knowledge.tests.factories import make_article
    from postroad.org.models import Account

    lead = Account.objects.select_related("person").get(username="desk_lead").person
    article = Article.objects.filter(title=TITLE).first() or make_article(
        lead,
        TITLE,
        text="Your **order** leaves us on the next working day.\n\n1. Look at the confirmation.\n2. Ask us.",
        language="en",
        topic="Orders",
        public=True,
    )
    return article.help_path


def ask(path: str) -> str:
    use_django()
    from django.utils import timezone

    from postroad.desk import actions
    from postroad.desk.models import Case, Rating
    from postroad.org.models import Account

    lead = Account.objects.select_related("person").get(username="desk_lead").person
    case = Case.objects.select_related("channel").get(number=int(path.strip("/").rpartition("/")[2]))
    actions.change_rating_rules(channel=case.channel, person=lead, enabled=True, delay_minutes=0)
    Rating.objects.filter(contact=case.contact).exclude(case=case).update(asked_at=timezone.now() - timedelta(days=99))
    actions.solve(cases=[case], reason="answered by telephone", person=lead)
    actions.ask_for_ratings(now=timezone.now() + timedelta(minutes=1))
    return actions.link_to(Rating.objects.get(case=case))


if __name__ == "__main__":
    print(write() if sys.argv[1] == "write" else ask(sys.argv[2]))  # noqa: T201 - the caller reads it
