"""The live traffic of the demo: real mails over real SMTP, answered by colleagues, who also chat in their messenger."""

import logging
import random
import signal
import smtplib
from email.header import decode_header, make_header
from threading import Event

from django.conf import settings
from django.db import close_old_connections

from postroad.channels.actions import probe_channel
from postroad.channels.models import Channel, State
from postroad.demo.channels import MAILBOXES
from postroad.demo.chat import Chatter
from postroad.demo.colleagues import answer_one
from postroad.demo.customers import Customers, CustomersMailServer
from postroad.demo.direct import MessengerCustomers
from postroad.demo.telephone import Telephone
from postroad.demo.visitors import Visitors
from postroad.demo.workplace import sort_new_cases
from postroad.demo.writing import write_ahead

log = logging.getLogger(__name__)

OPENING_MAILS = 12
SHORTEST_PAUSE, LONGEST_PAUSE = 6.0, 25.0
STEP_SECONDS = 2.0
PROBE_SECONDS = 4.0


def play(*, seed: int) -> None:
    """Plays until SIGTERM or SIGINT."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    dice = random.Random(seed or None)  # noqa: S311 - theatre, not secrets
    customers = Customers(mailboxes=MAILBOXES, seed=dice.randrange(2**32))
    telephone = Telephone(seed=dice.randrange(2**32))
    visitors = Visitors(seed=dice.randrange(2**32))
    in_the_messenger = MessengerCustomers(seed=dice.randrange(2**32))
    server = CustomersMailServer(customers, port=settings.DEMO_SMTP_PORT)
    server.controller.start()
    try:
        _open_mailboxes(stop)
        chatter, chat_pause = Chatter(dice), 0.0
        opening, pause = OPENING_MAILS, 0.0
        while not stop.wait(STEP_SECONDS):
            close_old_connections()
            try:
                pause -= STEP_SECONDS
                if opening or pause <= 0:
                    log.info("a customer writes: %s", make_header(decode_header(customers.write())))
                    opening, pause = max(0, opening - 1), dice.uniform(SHORTEST_PAUSE, LONGEST_PAUSE)
                customers.send_due_replies()
                customers.raters.play()
                telephone.play()
                visitors.step()
                in_the_messenger.step()
                sort_new_cases()
                if begun := write_ahead():
                    log.info("a colleague asks a supplier, and schedules the answer: %s", begun)
                if answered := answer_one():
                    log.info("a colleague answers: %s", answered)
                chat_pause -= STEP_SECONDS
                if chat_pause <= 0:
                    log.info("in the messenger: %s", chatter.step())
                    chat_pause = chatter.pause()
            except (OSError, smtplib.SMTPException) as error:
                # The listener starts beside us, or is being started again: customers' servers try again too.
                log.info("the listener does not take mail right now: %s", error)
    finally:
        server.controller.stop()


def _open_mailboxes(stop: Event) -> None:
    """Approved mailboxes go live when the mail that they send to themselves comes back through the listener."""
    while not stop.wait(PROBE_SECONDS):
        waiting = list(Channel.objects.filter(state=State.APPROVED, address__in=MAILBOXES.values()))
        if not waiting:
            return
        for channel in waiting:
            probe_channel(channel_id=channel.pk)
