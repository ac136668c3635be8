"""Who gets new cases in the demo company: skills, and the rules of the sales mailbox."""

from collections.abc import Mapping

from postroad.channels.models import Channel
from postroad.desk import actions
from postroad.desk.models import Language, Rule, Skill
from postroad.org.models import Person


def set_up_handing_out(people: Mapping[str, Person]) -> None:
    """English mail goes to who speaks English, everything else turn by turn; the lead sees both on the queue's page."""
    lead, han, li = people["QH005"], people["QH013"], people["QH014"]
    actions.save_skill(
        skill=Skill(), name="英语", name_en="English", words="", language=Language.ENGLISH, channels=(), people=(li,),
        person=lead,
    )  # fmt: skip
    actions.save_skill(
        skill=Skill(), name="发票与账款", name_en="Invoices and payments", words="发票\n账单\ninvoice", language="",
        channels=(), people=(han,), person=lead,
    )  # fmt: skip
    mailbox = Channel.objects.get(key="sales")
    rules = [Rule.ACCOUNT_MANAGER, Rule.SKILL, Rule.ROUND_ROBIN]
    actions.set_routing(channel=mailbox, rules=rules, person=lead)
