"""The demo company's group templates and projects, through the same actions and approvals as any company's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from postroad.approvals import actions as approvals
from postroad.approvals.models import Step
from postroad.channels.actions import set_naming_rule
from postroad.channels.models import Confidentiality, Kind
from postroad.demo.messenger import KEY
from postroad.groups import actions
from postroad.groups.actions import TemplateValues
from postroad.groups.models import GroupTemplate, Project
from postroad.messengers.models import Messenger
from postroad.org.models import Department, Person, today
from postroad.platform.actors import Actor

NAMING = "{department}-日常工作群 | {project}-推进群 | 青禾-全员通知群"


@dataclass(frozen=True, slots=True)
class DemoProject:
    """A project: whose it is, who leads it, and who works on it, by staff number."""

    code: str
    name: str
    name_en: str
    department: str
    lead: str
    people: tuple[str, ...]


PROJECTS = (
    DemoProject("QH-STORE", "智慧仓储", "Smart warehouse", "RD", "QH012", ("QH003", "QH005", "QH010", "QH011")),
    DemoProject("QH-SEA", "海外服务网络", "Overseas service", "SLS", "QH014", ("QH007", "QH008", "QH013")),
)


def declare_groups(people: Mapping[str, Person], *, actor: Actor) -> bool:
    """Puts the templates in force and begins the projects; False if they are there already.

    The groups themselves follow in the background, the one for everybody after a click.
    """
    messenger = Messenger.objects.filter(key=KEY).first()
    if messenger is None or GroupTemplate.objects.exists():
        return False
    set_naming_rule(kind=Kind.GROUP, pattern=NAMING, reserved_words=["测试", "临时"], max_length=40, actor=actor)
    for one in PROJECTS:
        _begin(one, people, actor=actor)
    for values in _templates(messenger):
        _put_in_force(values, people)
    return True


def _templates(messenger: Messenger) -> tuple[TemplateValues, ...]:
    internal = Confidentiality.INTERNAL
    return (
        TemplateValues(
            name="部门日常工作群",
            name_en="Daily department groups",
            key="daily",
            kind=GroupTemplate.Kind.DEPARTMENT,
            messenger=messenger,
            pattern="{department}-日常工作群",
            purpose="部门内的日常安排与通报。",
            confidentiality=internal,
            only=tuple(Department.objects.filter(code="ADM")),
            room_settings={"mention-all-restricted": True},
        ),
        TemplateValues(
            name="项目推进群",
            name_en="Project groups",
            key="project",
            kind=GroupTemplate.Kind.PROJECT,
            messenger=messenger,
            pattern="{project}-推进群",
            purpose="跨部门项目的进度、风险与决定。",
            confidentiality=internal,
        ),
        TemplateValues(
            name="全员通知群",
            name_en="All-staff group",
            key="everybody",
            kind=GroupTemplate.Kind.ALL_STAFF,
            messenger=messenger,
            pattern="青禾-全员通知群",
            purpose="公司通知，只有行政部发言。",
            confidentiality=internal,
            policy=GroupTemplate.Policy.CLICK,
            room_settings={"posting-restricted": True},
        ),
    )


def _begin(one: DemoProject, people: Mapping[str, Person], *, actor: Actor) -> Project:
    start = today() - timedelta(days=60)
    project = actions.create_project(
        code=one.code,
        name=one.name,
        name_en=one.name_en,
        department=Department.objects.get(code=one.department),
        lead=people[one.lead],
        starts_on=start,
        actor=actor,
    )
    for staff_no in one.people:
        actions.add_member(project=project, person=people[staff_no], starts_on=start, actor=actor)
    return project


def _put_in_force(values: TemplateValues, people: Mapping[str, Person]) -> None:
    applicant = people["QH003"]
    template = actions.apply_for_template(values=values, applicant=applicant, actor=applicant.as_actor())
    for staff_no in ("QH002", "QH001"):
        step = Step.objects.get(request__subject_id=str(template.pk), state=Step.State.OPEN)
        person = people[staff_no]
        approvals.approve(step_id=step.pk, person=person, actor=person.as_actor(), comment="同意")
