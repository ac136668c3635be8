"""The desk's own words, as those who run it make them, and what the ledger tells of a thing."""

from postroad.desk import actions
from postroad.ledger.models import Entry


def make_tag(company, name, colour="red"):
    return actions.save_tag(tag=None, name=name, colour=colour, person=company.desk_lead)


def make_field(company, name="合同号", kind="text", **given):
    known = {"choices": [], "help_text": "", "channel": None, "required_to_solve": False}
    return actions.save_field(field=None, name=name, kind=kind, person=company.desk_lead, **(known | given))


def make_macro(company, *steps, name="宏"):
    return actions.save_macro(macro=None, name=name, channel=None, steps=steps, person=company.desk_lead)


def events(subject):
    return list(Entry.objects.filter(subject_id=str(subject.pk)).order_by("at").values_list("event", flat=True))


def steps_of_every_kind(company):
    answer = actions.save_canned(
        answer=None, title="已收到", text="{name}，您好，{number}", channel=None, person=company.desk_lead
    )
    return [
        {"do": "text", "value": str(answer.pk)},
        {"do": "note", "value": "@孙晓 看一下"},
        {"do": "priority", "value": "high"},
        {"do": "assign", "value": "me"},
        {"do": "tag", "value": str(make_tag(company, "退款").pk)},
        {"do": "field", "field": str(make_field(company, required_to_solve=True).pk), "value": "HT-9"},
        {"do": "state", "value": "solved", "reason": "电话已答复"},
    ]
