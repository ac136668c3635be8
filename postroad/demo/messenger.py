"""The demo company's messenger: simulated, with the staff in it, three registered groups and one nobody registered."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from postroad.channels.models import Audience, Channel, Kind, Observability, Priority
from postroad.connectors.simulated import life
from postroad.connectors.simulated.models import Place
from postroad.demo.cast import COLLEAGUES, DEPARTMENTS, DOMAIN, HEAD, Colleague
from postroad.messengers import actions
from postroad.messengers.models import Messenger
from postroad.messengers.protocol import DirectoryDepartment, DirectoryPerson, RoomSetting, RoomSpec
from postroad.org.models import Department, Person, today
from postroad.platform.actors import Actor

KEY = "qinghe-im"
PLACE = "qinghe"
CONTRACTOR = DirectoryPerson(id="wb-xiaoma", name="小马（外包）", title="外包测试")


@dataclass(frozen=True, slots=True)
class DemoGroup:
    """A group of the demo company: its channel, and who is in it by staff number, the owner first."""

    key: str
    name: str
    name_en: str
    purpose: str
    people: tuple[str, ...]

    @property
    def particulars(self) -> Mapping[str, object]:
        return {
            "key": self.key,
            "name": self.name,
            "name_en": self.name_en,
            "kind": Kind.GROUP,
            "purpose": self.purpose,
            "audience": Audience.INTERNAL,
            "priority": Priority.MUST_USE,
            "observability": Observability.API,
        }


GROUPS = (
    DemoGroup(
        "service-group",
        "客户服务部-日常工作群",
        "Customer service daily group",
        "工单分派、交接班与客户情况通报。",
        ("QH005", "QH006", "QH007", "QH003"),
    ),
    DemoGroup(
        "production-group",
        "生产部-日常工作群",
        "Manufacturing daily group",
        "排产、缺料、设备与安全通报。",
        ("QH011", "QH010", "QH012", "QH008"),
    ),
    DemoGroup(
        "huaxin-project",
        "华信项目-推进群",
        "Huaxin project group",
        "华信汽车零部件产线项目：进度、风险、验收。",
        ("QH008", "QH013", "QH012", "QH011", "QH005"),
    ),
)


def open_messenger(*, actor: Actor) -> bool:
    """Connects the messenger, reads its people and makes the groups; False if all of that is done already.

    Outside any transaction, as everything that talks to a messenger; what a crash leaves undone is done next time.
    """
    place = life.place_called(PLACE)
    if Messenger.objects.filter(key=KEY, rooms_read_at__isnull=False).exists():
        return False
    life.set_departments(place, [_department(*one) for one in DEPARTMENTS])
    life.hire(place, [*map(as_listed, COLLEAGUES), CONTRACTOR])
    messenger = Messenger.objects.filter(key=KEY).first() or actions.connect_messenger(
        key=KEY, name="青禾通（模拟）", connector="simulated", settings={"place": PLACE}, secrets={}, actor=actor
    )
    actions.read_directory_of(messenger=messenger)
    for group in GROUPS:
        actions.make_room(
            messenger=messenger, spec=_spec(group), channel=Channel.objects.get(key=group.key), actor=actor
        )
    make_stray(place, name="周五羽毛球", owner="QH006", people=("QH007", "QH010", "QH013"))
    actions.read_rooms(messenger=messenger)
    return True


def fill_place(name: str) -> int:
    """Puts the company's own staff into a simulated messenger, to try plans on it; returns how many people.

    Mail addresses and telephone numbers stay where they are.
    """
    working = Person.objects.filter(Q(left_on__isnull=True) | Q(left_on__gte=today())).select_related("department")
    people = [
        DirectoryPerson(
            id=user_id_of(one.staff_no),
            name=one.name,
            name_en=one.name_en,
            staff_no=one.staff_no,
            title=one.title,
            department_ids=(one.department.code,) if one.department else (),
        )
        for one in working.order_by("staff_no")
    ]
    place = life.place_called(name)
    life.set_departments(
        place,
        [
            DirectoryDepartment(id=one.code, name=one.name, parent_id=one.parent.code if one.parent else None)
            for one in Department.objects.filter(ended_on__isnull=True).select_related("parent").order_by("code")
        ],
    )
    life.hire(place, people)
    return len(people)


def make_stray(place: Place, *, name: str, owner: str, people: tuple[str, ...]) -> None:
    """Somebody makes a group without asking anybody; one of that name is enough."""
    if not place.groups.filter(name=name, closed_at=None).exists():
        life.make_group(place, name=name, owner_id=user_id_of(owner), member_ids=[user_id_of(one) for one in people])


def user_id_of(staff_no: str) -> str:
    return staff_no.lower()


def as_listed(colleague: Colleague) -> DirectoryPerson:
    """A colleague as the messenger's directory shows them; of the plain staff it knows only the mail address."""
    family, given = colleague.name_en.lower().split()
    return DirectoryPerson(
        id=user_id_of(colleague.staff_no),
        name=colleague.name,
        name_en=colleague.name_en,
        staff_no=colleague.staff_no if colleague.roles else "",
        mail=f"{given}.{family}@{DOMAIN}",
        title=colleague.title,
        department_ids=(colleague.department,),
    )


def _department(code: str, name: str, _name_en: str, parent: str | None) -> DirectoryDepartment:
    heads = tuple(user_id_of(one.staff_no) for one in COLLEAGUES if one.department == code and HEAD in one.roles)
    return DirectoryDepartment(id=code, name=name, parent_id=parent, head_ids=heads)


def _spec(group: DemoGroup) -> RoomSpec:
    people = [user_id_of(one) for one in group.people]
    return RoomSpec(
        key=f"demo-{group.key}",
        name=group.name,
        owner_id=people[0],
        member_ids=frozenset(people),
        settings={RoomSetting.MENTION_ALL_RESTRICTED: True},
    )
