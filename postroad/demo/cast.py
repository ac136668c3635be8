"""Who works at the demo company, 青禾智能装备 (Qinghe Robotics), and who writes to it. Invented throughout."""

from dataclasses import dataclass

from postroad.org.roles import Role

DOMAIN = "qinghe.example"
HEAD = Role.DEPARTMENT_HEAD


@dataclass(frozen=True, slots=True)
class Colleague:
    """One of the staff; `roles` are posts, held in the person's own department unless it is None there."""

    staff_no: str
    name: str
    name_en: str
    department: str
    title: str
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody outside who writes mails. `charset` is what their mail program sends."""

    name: str
    address: str
    organisation: str
    charset: str = "utf-8"
    language: str = "zh"


DEPARTMENTS = (
    ("QH", "青禾智能装备", "Qinghe Robotics", None),
    ("ADM", "行政部", "Administration", "QH"),
    ("HR", "人力资源部", "Human Resources", "QH"),
    ("IT", "信息部", "Information Technology", "QH"),
    ("SVC", "客户服务部", "Customer Service", "QH"),
    ("SLS", "销售部", "Sales", "QH"),
    ("SLS-E", "华东销售组", "East China Sales", "SLS"),
    ("SLS-O", "海外销售组", "Overseas Sales", "SLS"),
    ("MFG", "生产部", "Manufacturing", "QH"),
    ("RD", "研发中心", "Research", "QH"),
)

# Those whom the demo's sign-ins are for come first; everybody else is plain staff.
COLLEAGUES = (
    Colleague("QH001", "陈立群", "Chen Liqun", "QH", "副总经理", (Role.SUPERVISING_LEADER, Role.EXECUTIVE)),
    Colleague("QH002", "王雅琴", "Wang Yaqin", "ADM", "行政部经理", (Role.ADMINISTRATION_HEAD, HEAD)),
    Colleague("QH003", "郑浩然", "Zheng Haoran", "IT", "信息部经理", (Role.IT, Role.ADMINISTRATOR, HEAD)),
    Colleague("QH004", "钱慧", "Qian Hui", "HR", "人力资源经理", (Role.HR, HEAD)),
    Colleague("QH005", "吴敏", "Wu Min", "SVC", "客服主管", (Role.DESK_LEAD, HEAD)),
    Colleague("QH006", "孙小雨", "Sun Xiaoyu", "SVC", "客服专员", (Role.AGENT,)),
    Colleague("QH007", "周晓东", "Zhou Xiaodong", "SVC", "客服专员", (Role.AGENT,)),
    Colleague("QH008", "赵永强", "Zhao Yongqiang", "SLS", "销售部经理", (HEAD, Role.AGENT)),
    Colleague("QH009", "何静", "He Jing", "ADM", "内审专员", (Role.AUDITOR,)),
    Colleague("QH010", "林晓月", "Lin Xiaoyue", "MFG", "计划员"),
    Colleague("QH011", "冯国栋", "Feng Guodong", "MFG", "生产部经理", (HEAD,)),
    Colleague("QH012", "蒋文博", "Jiang Wenbo", "RD", "研发总监", (HEAD,)),
    Colleague("QH013", "韩雪", "Han Xue", "SLS-E", "客户经理", (HEAD, Role.AGENT)),
    Colleague("QH014", "李思远", "Li Siyuan", "SLS-O", "海外客户经理", (HEAD, Role.AGENT)),
    Colleague("QH015", "杨帆", "Yang Fan", "ADM", "行政专员", (Role.ADMINISTRATION,)),
    Colleague("QH016", "许佳", "Xu Jia", "ADM", "行政专员", (Role.ADMINISTRATION, Role.SUPPORT_SPECIALIST)),
)  # fmt: skip

SIGN_INS = ("QH002", "QH001", "QH005", "QH006", "QH003", "QH009", "QH010")

CUSTOMERS = (
    Customer("刘建国", "liu.jianguo@huaxin-auto.example", "华信汽车零部件"),
    Customer("黄婷", "huangting@huaxin-auto.example", "华信汽车零部件", "gb2312"),
    Customer("马骏", "majun@lanhai-food.example", "蓝海食品", "gb18030"),
    Customer("徐丽华", "xulihua@donghe-pack.example", "东和包装"),
    Customer("朱志明", "zhuzm@yongtai-metal.example", "永泰五金", "gbk"),
    Customer("郭晓峰", "guoxf@mingde-hospital.example", "明德医院"),
    Customer("林佩珊", "peishan@taida-elec.example", "泰達電子", "big5"),
    Customer("高桥健一", "takahashi@sakura-seiki.example", "桜精機", "iso-2022-jp", "en"),
    Customer("Emma Fischer", "e.fischer@rheintal-motion.example", "Rheintal Motion GmbH", "iso-8859-1", "en"),
    Customer("Tom Baker", "tom.baker@northfield.example", "Northfield Packaging", "us-ascii", "en"),
    Customer("邓丽萍", "dengliping@hengyuan-textile.example", "恒源纺织"),
    Customer("谢伟", "xiewei@guangming-dairy.example", "光明牧场"),
)
