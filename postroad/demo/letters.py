"""What customers and colleagues of the demo company write. Every figure in the demo comes from these mails being really
sent, received and answered.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """A question, the answer that a colleague gives, and what the customer then says (empty: nothing)."""

    subject: str
    text: str
    answer: str
    thanks: str = ""
    attachment: str = ""
    html: bool = False
    language: str = "zh"


LETTERS = (
    Letter(
        "QH-600 机械臂第三轴异响",
        "您好，\n\n我们车间的 QH-600（序列号 Q6-2291）从昨天起第三轴有异响，负载 4 公斤时更明显。\n请问需要停机吗？是否可以派人来看看？\n\n随信附上现场照片。",
        "您好，收到您的来信。\n\n请先把第三轴速度降到 40% 运行，不必停机。维修工程师明天上午 10 点到贵司，届时会带备用减速器。\n有任何变化请直接回复本邮件。",
        "好的，收到，我们安排人员配合。谢谢！",
        attachment="现场照片.png",
    ),
    Letter(
        "关于 9 月订单的发票",
        "您好：\n\n订单 SO-20931 的增值税专用发票一直没有收到，财务月底要抵扣，麻烦查一下寄出没有。",
        "您好，发票已于本周二寄出，运单号已短信发到您的手机。如明天仍未收到，我们补开电子发票给您。",
        "电子发票也可以，请发到这个邮箱。",
    ),
    Letter(
        "询价：QH-300 两台带视觉套件",
        "贵司销售：\n\n想了解 QH-300 两台，含视觉定位套件、安装与两天培训的价格和交期。最晚 12 月要投产。",
        "您好，报价单随后奉上：两台含视觉套件与培训，交期 6 周。若本月签约，可以保证 12 月第一周装机。",
        "价格能否再谈？我们后面还有一条线。",
        attachment="需求清单.txt",
    ),
    Letter(
        "培训名额",
        "请问下个月的操作员培训还有名额吗？我们想报 3 个人，其中一位是夜班。",
        "您好，还有 5 个名额，已为您预留 3 位。夜班同事可以参加周六场。",
    ),
    Letter(
        "合同到期续签",
        "维保合同 11 月底到期，希望续签一年，条款不变。请把合同寄来。",
        "您好，续签合同已起草，法务审核后今天下午发给您电子版，价格与去年相同。",
        "收到，谢谢。",
    ),
    Letter(
        "控制柜报警 E-417",
        "控制柜反复报警 E-417，手册里查不到这个代码，产线已经停了 20 分钟，非常急！",
        "您好，E-417 是安全门回路接触不良。请检查 X12 端子第 3、4 脚，拧紧后复位。我们的工程师正在给您打电话。",
        "拧紧后好了，谢谢你们回得这么快！",
    ),
    Letter(
        "投诉：上次维修态度",
        "上周来维修的师傅迟到两个小时，也没有提前通知。我们对贵司一直很信任，希望不要再发生。",
        "您好，非常抱歉。我们已与该工程师核实情况，并改为到达前一小时短信通知。主管会在今天下班前致电向您说明。",
    ),
    Letter(
        "网站下载不了说明书",
        "官网资料下载页面打不开，QH-600 中文说明书能否直接发我一份？",
        "您好，说明书请见附件，网站问题已转信息部处理。",
        "收到了。",
    ),
    Letter(
        "Spare gripper fingers",
        "Hello,\n\nwe need four sets of gripper fingers (part 88-2041) for our QH-300.\nCan you ship them to Düsseldorf before Friday?\n\nBest regards",
        "Hello,\n\nwe have them in stock. They leave our warehouse today by express and should reach you on Thursday.\nThe tracking number follows.",
        "Perfect, thank you very much.",
        html=True,
        language="en",
    ),
    Letter(
        "Firmware 4.2 and our PLC",
        "Since we updated to firmware 4.2 the Profinet connection drops about once an hour. Log attached. Is there a known issue?",
        "Thank you for the log. It is a known issue of 4.2.0 and solved in 4.2.3; please find the download link in your portal. Until then set the watchdog to 200 ms.",
        "4.2.3 runs stable since this morning. Case can be closed.",
        attachment="profinet.log",
        language="en",
    ),
)

COURTESY = "\n\n顺祝商祺\n{name}\n{organisation}"
COURTESY_EN = "\n\nKind regards\n{name}\n{organisation}"

OUT_OF_OFFICE = (
    "自动回复：{subject}",
    "您好，我正在出差，{day}返回。紧急事宜请联系我的同事。\n\n（本邮件由系统自动发出）",
)

NEWSLETTER = (
    "【行业周报】工业机器人本周要闻",
    "本周要闻：出货量同比上升，国产减速器份额继续扩大……\n\n如不想再收到，请点击退订。",
)
