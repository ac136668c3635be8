"""Run inside an installation (`python -m tests.browser.workplace_stage SMTP_PORT`): a desk with words of its own.

A customer asks two things in one conversation; there are tags, fields and a macro. Prints the address of the case.
"""

from __future__ import annotations

import sys

from tests.browser.desk_stage import ask


def furnish(smtp_port: int) -> str:
    path = ask(smtp_port)
    from postroad.conversations.actions import intake
    from postroad.conversations.tests.factories import incoming
    from postroad.desk import actions, queries
    from postroad.desk.models import Case, CustomField, Tag
    from postroad.org.models import Account

    lead = Account.objects.get(username="desk_lead").person
    if not Tag.objects.exists():
        urgent = actions.save_tag(tag=None, name="Line down", colour="red", person=lead)
        actions.save_tag(tag=None, name="Invoice", colour="yellow", person=lead)
        field = actions.save_field(
            field=None,
            name="Matter",
            kind=CustomField.Kind.CHOICE,
            choices=["Repair", "Question"],
            help_text="",
            channel=None,
            required_to_solve=False,
            person=lead,
        )
        answer = actions.save_canned(
            answer=None, title="We call you", text="Dear {name}, we call you about {number}.", channel=None, person=lead
        )
        steps = [
            {"do": "priority", "value": "urgent"},
            {"do": "tag", "value": str(urgent.pk)},
            {"do": "field", "field": str(field.pk), "value": "Repair"},
            {"do": "text", "value": str(answer.pk)},
            {"do": "assign", "value": "me"},
        ]
        actions.save_macro(macro=None, name="Line down: raise", channel=None, steps=steps, person=lead)
    case = Case.objects.get(number=int(path.strip("/").rpartition("/")[2]))
    first = queries.messages_of(case).get()
    more = incoming(
        first.channel,
        external_id=f"more-{case.number}@customer.example",
        thread_ids=(first.external_id,),
        sender_name="Frau Maier",
        sender_address="frau.maier@customer.example",
        subject="When does my order come?",
        text="And another thing: the invoice is wrong.",
        received_at=first.received_at,
        sent_at=first.received_at,
    )
    intake([more])
    return path


if __name__ == "__main__":
    print(furnish(int(sys.argv[1])))  # noqa: T201 - the caller reads it
