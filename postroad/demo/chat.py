"""What the demo company's people do in their messenger: they talk, come and go, rename a group, make one on their own.

All of it happens in the messenger, as if by hand; Postroad hears of it like of anything else there.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from postroad.connectors.simulated import life
from postroad.connectors.simulated.models import Group, Occurrence, Place
from postroad.demo.messenger import CONTRACTOR, GROUPS, PLACE, make_stray, user_id_of

SHORTEST_PAUSE, LONGEST_PAUSE = 4.0, 14.0
# One step in so many is something other than talk.
SELDOM = 18

TALKS: dict[str, tuple[tuple[str, ...], ...]] = {
    "service-group": (
        ("早上好，昨天还剩三张工单，我先接华信那张。", "好，永泰五金的我来跟。", "辛苦，十点前给客户一个回话。"),
        ("华信的控制柜又报 E-17，客户催得急。", "我远程看过了，是编码器接头松。", "让他们先停机，备件我这边有一套。"),
        ("东和包装问保修到什么时候？", "合同写到明年三月，我把那一页发给他们。"),
        ("今晚谁值班？", "我值到八点，之后转晓东。", "收到。"),
        ("客户满意度回访今天要交，还差五家。", "我打两家。", "剩下的我来。"),
        ("明德医院的投诉已经回访，客户接受换新方案。", "很好，记得在系统里结单。"),
    ),
    "production-group": (
        ("二号线早班缺伺服电机两台，影响下午装配。", "采购说十一点到货。", "好，先做三号线的预装。"),
        ("今天计划 42 台，已完成 17 台。", "质检返工 1 台，是外观划伤。", "返工单我已开。"),
        ("安全提醒：叉车通道不要放料架。", "已清走，照片在工单里。"),
        ("明天客户来厂参观，上午十点走一号车间。", "收到，八点前把地面标线补好。"),
        ("研发改的夹具图纸到了吗？", "B 版已发，注意孔位变了 2 毫米。", "收到，旧图作废。"),
    ),
    "huaxin-project": (
        ("华信产线本周里程碑：机械安装完成 80%。", "电气柜周三到现场。", "那周五可以通电，风险不大。"),
        ("客户想把验收提前到下周一。", "调试至少要三天，最早下周三。", "我去跟客户谈，下午给结论。"),
        ("合同变更单谁在走？", "我在走，今天送陈总签。"),
        ("现场需要一份最新的 I/O 表。", "十分钟后发到项目目录。", "收到，谢谢。"),
        ("提醒一下，报价底价不要在群里发。", "明白。"),
    ),
}
# What a patrol should find.
OUT_OF_PLACE = (
    "转发：双十一内部券，满 300 减 80，扫码领取，手慢无！",
    "亲戚家的苹果熟了，五斤装包邮，要的私聊下单。",
    "有人拼单奶茶吗？",
    "昨晚那场球太臭了，裁判瞎了吧。",
    "帮忙给孩子投个票，谢谢大家，链接在下面。",
)
OTHER_NAMES = {
    "service-group": "客服小分队",
    "production-group": "生产一家亲",
    "huaxin-project": "华信冲冲冲",
}
STRAYS = (
    ("下班一起拼车", "QH010", ("QH011", "QH006")),
    ("华信报价讨论（临时）", "QH013", ("QH014", "QH012")),
    ("新人吐槽群", "QH007", ("QH006", "QH010", "QH016")),
)


@dataclass(slots=True)
class Chatter:
    """The people of the messenger; `step` lets one thing happen and says what."""

    dice: random.Random
    _open_talks: dict[str, Iterator[str]] = field(default_factory=dict)
    _last: dict[str, Occurrence] = field(default_factory=dict)

    def step(self) -> str:
        place = life.place_called(PLACE)
        if self.dice.randrange(SELDOM):
            return self._talk(place)
        happen = self.dice.choice((self._say_out_of_place, self._come_or_go, self._rename, self._make_stray))
        return happen(place)

    def pause(self) -> float:
        """Seconds until the next thing happens."""
        return self.dice.uniform(SHORTEST_PAUSE, LONGEST_PAUSE)

    def _talk(self, place: Place) -> str:
        key, group = self._some_group(place)
        if group is None:
            return ""
        talk = self._open_talks.setdefault(key, iter(self.dice.choice(TALKS[key])))
        line = next(talk, None)
        if line is None:
            del self._open_talks[key]
            self._last.pop(key, None)
            return ""
        before = self._last.get(key)
        speakers = [one for one in _members(group) if before is None or one != before.user_id]
        if not speakers:
            return ""
        answered = before.external_id if before is not None and self.dice.random() < 1 / 3 else ""
        self._last[key] = life.say(group, user_id=self.dice.choice(speakers), text=line, reply_to=answered)
        return f"{group}: {line}"

    def _say_out_of_place(self, place: Place) -> str:
        _key, group = self._some_group(place)
        if group is None or not (members := _members(group)):
            return ""
        line = self.dice.choice(OUT_OF_PLACE)
        life.say(group, user_id=self.dice.choice(members), text=line)
        return f"{group}: {line}"

    def _come_or_go(self, place: Place) -> str:
        """Who is missing comes back; else somebody leaves, or an outsider is let in."""
        key, group = self._some_group(place)
        if group is None:
            return ""
        usual = [user_id_of(one) for one in next(one.people for one in GROUPS if one.key == key)]
        members = _members(group)
        if missing := [one for one in usual if one not in members]:
            life.join(group, missing[:1], by=usual[0])
            return f"{missing[0]} joins {group}"
        if CONTRACTOR.id not in members and self.dice.randrange(2):
            life.join(group, [CONTRACTOR.id], by=usual[1])
            return f"{CONTRACTOR.name} joins {group}"
        promoted = self.dice.choice(usual[1:])
        if promoted not in group.admin_ids and not self.dice.randrange(4):
            life.set_administrators(group, promote=[promoted], by=usual[0])
            return f"{promoted} becomes an administrator of {group}"
        leaving = self.dice.choice(usual[1:])
        life.leave(group, [leaving], by=leaving)
        return f"{leaving} leaves {group}"

    def _rename(self, place: Place) -> str:
        """A group that still has its proper name gets a funny one; the others wait until somebody mends it."""
        key, group = self._some_group(place)
        proper = next(one.name for one in GROUPS if one.key == key)
        if group is None or group.name != proper:
            return ""
        life.rename(group, OTHER_NAMES[key], by=self.dice.choice(_members(group)))
        return f"{proper} is called {OTHER_NAMES[key]}"

    def _make_stray(self, place: Place) -> str:
        name, owner, people = self.dice.choice(STRAYS)
        make_stray(place, name=name, owner=owner, people=people)
        return f"a group of their own: {name}"

    def _some_group(self, place: Place) -> tuple[str, Group | None]:
        key = self.dice.choice([one.key for one in GROUPS])
        return key, place.groups.filter(key=f"demo-{key}", closed_at=None).select_related("place").first()


def _members(group: Group) -> list[str]:
    return sorted(group.memberships.values_list("user_id", flat=True))
