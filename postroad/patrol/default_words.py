"""What the patrol looks for until Administration says otherwise: common turns, few enough to be read through."""

from postroad.patrol.models import Kind

DEFAULT_WORDS: dict[Kind, list[str]] = {
    Kind.ADVERTISING: [
        "加微信",
        "加我微信",
        "扫码领取",
        "限时优惠",
        "低价出售",
        "兼职赚钱",
        "日赚",
        "代购",
        "拼团",
        "砍一刀",
        "帮忙投票",
        "刷单",
        "办理贷款",
        "信用卡套现",
        "limited offer",
        "click here to win",
    ],
    Kind.IDLE: ["八卦", "吃瓜", "王者荣耀", "开黑", "追剧", "斗图", "抢红包"],
    Kind.IMPROPER: ["傻逼", "他妈的", "操你", "滚蛋", "白痴", "去死", "废物", "fuck", "shit", "idiot"],
    Kind.SENSITIVE: ["未公开财报", "并购方案", "薪资表", "工资条", "银行密码", "身份证复印件"],
}
