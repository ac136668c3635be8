"""The demo company's permission list: applied for, approved twice, set up in part, as any company does it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from postroad.access import actions
from postroad.access.grantees import Grantee
from postroad.access.lines import Line, LineAction
from postroad.access.models import Grant, PermissionType
from postroad.approvals import actions as approvals
from postroad.approvals.models import Request, Step
from postroad.channels.models import Channel
from postroad.org.models import Department, Person, today
from postroad.org.roles import Role

VIEW, POST, MANAGE = PermissionType.VIEW, PermissionType.POST, PermissionType.MANAGE
SET_UP = 4


def grant_permissions(people: Mapping[str, Person]) -> None:
    """Grants of every kind: to people, departments and posts; one temporary, one in an emergency, one still waiting."""
    departments = {one.code: one for one in Department.objects.all()}
    agents = Grantee(role=Role.AGENT, department_id=departments["SVC"].pk)
    service_head = people["QH005"]
    request = _apply(
        service_head,
        _line("customer-service", POST, agents, "答复客户来信"),
        _line("customer-service", VIEW, _everybody_of(departments["SLS"]), "查看与本部门客户有关的来信"),
        _line("customer-service", MANAGE, _by_name(service_head), "分派工单，维护回复模板"),
        _line("hotline", POST, agents, "接听服务热线"),
        _line("notice-board", VIEW, Grantee(role=Role.STAFF), "阅读车间公告"),
        _line("notice-board", POST, _by_name(people["QH010"]), "张贴计划与班次通知"),
        _line("sales", VIEW, _by_name(people["QH006"]), "展会期间协助登记询价", ends_on=today() + timedelta(days=60)),
        reason="按岗位职责整理各渠道权限",
    )
    _approve(request, by=(people["QH002"], people["QH001"]))
    granted = Grant.objects.filter(request=request).order_by("id").values_list("pk", flat=True)
    actions.mark_configured(list(granted[:SET_UP]), people["QH003"])
    urgent = _apply(
        service_head,
        _line("hotline", MANAGE, _by_name(people["QH007"]), "临时调整热线排班"),
        reason="主管出差，热线排班需当日调整",
        urgent=True,
    )
    _approve(urgent, by=(people["QH002"],))
    _apply(
        people["QH008"],
        _line("sales", MANAGE, _by_name(people["QH013"]), "管理询价邮箱的分派"),
        reason="华东组负责人分担分派工作",
    )
    actions.open_feature_review()


def _apply(applicant: Person, *lines: Line, reason: str, urgent: bool = False) -> Request:
    return actions.apply_for(lines=lines, reason=reason, applicant=applicant, actor=applicant.as_actor(), urgent=urgent)


def _line(key: str, permission: PermissionType, grantee: Grantee, content: str, **more: Any) -> Line:
    channel = Channel.objects.get(key=key)
    return Line(
        action=LineAction.ADD,
        channel_id=channel.pk,
        permission=permission.value,
        grantee=grantee,
        content=content,
        **more,
    )


def _by_name(person: Person) -> Grantee:
    return Grantee(person_id=person.pk)


def _everybody_of(department: Department) -> Grantee:
    return Grantee(department_id=department.pk)


def _approve(request: Request, *, by: tuple[Person, ...]) -> None:
    for person in by:
        step = Step.objects.get(request=request, state=Step.State.OPEN)
        approvals.approve(step_id=step.pk, person=person, actor=person.as_actor(), comment="同意")
