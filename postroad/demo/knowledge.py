"""What the demo company's desk has written down: articles that its customers' questions are answered from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from postroad.knowledge import actions as knowledge
from postroad.knowledge.models import Article, ArticleState
from postroad.org.models import Person, today


@dataclass(frozen=True, slots=True)
class Page:
    topic: str
    title: str
    text: str
    public: bool = True
    language: str = "zh-hans"
    review_days: int = 180
    draft: bool = False


PAGES = (
    Page(
        "发票与付款",
        "增值税专用发票怎么开、多久寄出",
        "开票需要以下资料，随订单一起提供最快：\n\n- 公司名称与税号\n- 开户行及账号\n- 地址、电话\n\n"
        "1. 发货后三个工作日内开票。\n2. 纸质发票以快递寄出，运单号发到订单联系人手机。\n"
        "3. 急用时可先开**电子发票**，发到您的邮箱。\n\n寄出一周仍未收到，请告诉我们订单号，我们查询或补开。",
    ),
    Page(
        "发票与付款",
        "发票抬头写错了怎么办",
        "当月开具的发票可以作废重开；跨月的需要开红字发票。\n\n1. 请把原发票拍照发来，并写明正确抬头。\n"
        "2. 纸质发票需寄回原件。\n3. 收到原件后两个工作日内重开。",
    ),
    Page(
        "发票与付款",
        "对账单与付款条件",
        "对账单每月 5 日前发出。标准付款条件：预付 30%，发货前 60%，验收后 10%。\n\n"
        "如需调整付款条件，请联系您的专属客户经理。",
    ),
    Page(
        "故障处理",
        "控制柜报警 E-417：安全门回路接触不良",
        "**现象**：控制柜反复报警 E-417，机械臂停止。\n\n1. 断电，打开控制柜。\n2. 检查 X12 端子第 3、4 脚，拧紧。\n"
        "3. 检查安全门开关是否到位。\n4. 上电，按复位键。\n\n复位后仍报警，请拨打服务热线，我们派工程师到场。",
    ),
    Page(
        "故障处理",
        "控制柜报警 E-17：急停回路断开",
        "E-17 表示急停回路断开。\n\n1. 确认所有急停按钮已旋出。\n2. 检查门禁开关。\n3. 按复位键。\n\n"
        "| 位置 | 常见原因 |\n|---|---|\n| 示教器 | 急停按钮被按下 |\n| 围栏门 | 门没关好 |\n| 控制柜 | 端子松动 |",
    ),
    Page(
        "故障处理",
        "机械臂关节有异响要不要停机",
        "轻微异响、负载不大时可以继续运行，但请先把该轴速度降到 40%。\n\n"
        "出现下列情况请**立即停机**：\n\n- 异响伴随抖动或发热\n- 定位精度下降\n- 报警反复出现\n\n"
        "把序列号、异响的轴号和现场照片发给我们，工程师会判断是否需要更换减速器。",
    ),
    Page(
        "备件与物流",
        "怎样查询订单和物流进度",
        "请准备订单号（以 SO- 开头）。\n\n1. 在线客服或邮件告诉我们订单号，当天答复。\n"
        "2. 发货后，运单号会发到订单联系人的手机。\n3. 海外订单五到七天送达。",
    ),
    Page(
        "备件与物流",
        "备件退换货",
        "未拆封的备件在收货后**七天内**可以退换，请保留原包装。\n\n1. 写明订单号、备件型号和原因。\n"
        "2. 我们发给您退货编号。\n3. 收到退货后三个工作日内退款或换货。\n\n定制件不退。",
    ),
    Page(
        "培训",
        "操作员培训报名",
        "操作员培训每月一期，两天，每期 12 人。夜班同事可以参加周六场。\n\n"
        "报名请写明：公司、人数、姓名、希望的日期。我们当天确认名额。",
    ),
    Page(
        "合同与维保",
        "维保合同续签",
        "到期前一个月，我们会把续签合同发给合同联系人。条款不变时，确认邮件即可，两份纸质合同随后寄出。",
    ),
    Page(
        "内部流程",
        "客户投诉的处理口径",
        "1. 先致歉，再了解经过，不争辩。\n2. 十分钟内告诉组长。\n3. 当天给客户一个具体的时间和处理人。\n"
        "4. 结案后由组长回访。\n\n**不要**承诺赔偿金额，由部门负责人决定。",
        public=False,
        review_days=9,
    ),
    Page(
        "内部流程",
        "什么时候转给二线工程师",
        "- 产线停机超过 30 分钟\n- 同一报警一周内第三次\n- 涉及安全回路的改动\n\n"
        "转交时请附上序列号、报警代码和已做过的步骤。",
        public=False,
    ),
    Page(
        "内部流程",
        "展会期间的答复安排",
        "展会期间样机咨询统一回复报价单链接，详细交期由销售确认。",
        public=False,
        draft=True,
    ),
    Page(
        "Faults",
        "Alarm E-417: safety door circuit",
        "**What you see**: the cabinet shows E-417 again and again, and the arm stops.\n\n"
        "1. Switch off and open the cabinet.\n"
        "2. Tighten pins 3 and 4 of terminal X12.\n3. Check that the door switch closes.\n"
        "4. Switch on and press reset.\n\n"
        "If the alarm comes back, call our hotline.",
        language="en",
    ),
    Page(
        "Parts and delivery",
        "Shipping spare parts abroad",
        "We ship spare parts worldwide. Delivery takes five to seven days.\n\nPlease tell us:\n\n- the serial number\n"
        "- the part you need\n- your delivery address and customs number",
        language="en",
    ),
    Page(
        "Invoices",
        "Getting a copy of an invoice",
        "Tell us the order number (it begins with SO-), and we send the invoice as a PDF on the same day.",
        language="en",
    ),
)


def write_articles(people: Mapping[str, Person]) -> None:
    """The desk's articles, written and published by its lead; a second call does nothing."""
    if Article.objects.exists():
        return
    lead, agent = people["QH005"], people["QH006"]
    for number, page in enumerate(PAGES):
        article = knowledge.write(
            person=agent if page.draft else lead,
            title=page.title,
            text=page.text,
            language=page.language,
            topic=page.topic,
            public=page.public,
            owner=agent if number % 3 else lead,
            review_on=today() + timedelta(days=page.review_days + number),
        )
        if not page.draft:
            knowledge.move(article=article, state=ArticleState.PUBLISHED, person=lead)
