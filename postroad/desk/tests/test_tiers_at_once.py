"""Two workers at the same moment: each offer once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from postroad.conversations.models import Message
from postroad.desk import actions
from postroad.desk.models import Offer
from postroad.desk.tests.tiers import make_known_caller, make_tiers
from postroad.hotline.tests.factories import missed
from postroad.ledger.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_make_each_offer_once_and_write_once(company):
    tiers = make_tiers(company)
    tiers.attend()
    make_known_caller()
    tiers.lead(tiers.hotline, tiers.mailbox)
    missed(tiers.hotline, timezone.now())
    together = Barrier(4)

    def work(_number):
        try:
            together.wait()
            return actions.offer_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(work, range(4)))
    assert sorted(made) == [0, 0, 0, 1]
    assert Offer.objects.count() == 1
    assert Message.objects.filter(channel=tiers.mailbox, direction="out").count() == 1
    assert Entry.objects.filter(event="desk.offer.made").count() == 1
