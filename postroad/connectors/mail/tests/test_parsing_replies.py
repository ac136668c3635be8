"""The visible reply: history and signatures of the mail programs our users meet, and what must stay."""

import pytest

from postroad.connectors.mail.parsing import parse_mail
from postroad.connectors.mail.parsing.replies import visible_reply

HISTORIES = {
    "Gmail": "On Mon, May 1, 2023 at 12:00 PM Li Si <li@x.cn> wrote:\n\n> hello\n> there",
    "Gmail over three lines": "On Nov 30, 2011, at 12:47 PM, Somebody <\n416ffd32@somebody.example.com>\nwrote:\n\n> hello",
    "Gmail without marks": "On Mon, May 1, 2023 at 12:00 PM Li Si <li@x.cn> wrote:\n\nhello\nthere",
    "Gmail of old": "2011/4/7 Li Si <li@x.cn>\n\n>  hello",
    "Gmail in Chinese": "Li Si <li@x.cn> 于2023年5月1日周一 12:00写道：\n\n> 你好",
    "Gmail in Japanese": "2023年5月1日(月) 12:00 山田 <y@x.jp>:\n\n> こんにちは",
    "Gmail in German": "Li Si <li@x.cn> schrieb am Mo., 1. Mai 2023, 12:00:\n\n> Hallo",
    "Gmail in French": "Le lun. 1 mai 2023 à 12:00, Li Si <li@x.cn> a\nécrit :\n\n> Bonjour",
    "Gmail in Spanish": "El lun, 1 may 2023 a las 12:00, Li Si (<li@x.cn>) escribió:\n\n> Hola",
    "Thunderbird": "On 5/1/23 12:00, Li Si wrote:\n> hello\n>> before",
    "Thunderbird in Chinese": "在 2023/5/1 12:00, Li Si 写道:\n> 你好",
    "Thunderbird in German": "Am 01.05.23 um 12:00 schrieb Li Si:\n> Hallo",
    "Thunderbird in Dutch": "Op 1-5-2023 om 12:00 schreef Li Si:\n> Hallo",
    "Thunderbird in Polish": "W dniu 1.05.2023 o 12:00 Li Si pisze:\n> Witam",
    "Thunderbird in Russian": "01.05.2023 12:00, Li Si пишет:\n> Привет",
    "Apple Mail": "On 1 May 2023, at 12:00, Li Si <li@x.cn> wrote:\n> hello",
    "Apple Mail in Chinese": "在 2023年5月1日，下午3:45，李四 <li@x.cn> 写道：\n\n> 你好",
    "Outlook": "From: Li Si <li@x.cn>\nSent: Monday, May 1, 2023 12:00 PM\nTo: Zhang\nSubject: order\n\nhello",
    "Outlook with a rule": "________________________________\nFrom: Li Si\nSent: Monday, May 1, 2023\nTo: Z\nSubject: s\n\nhello",
    "Outlook with bold labels": "*From:* Li Si [mailto:li@x.cn]\n*Sent:* Monday\n*To:* Z\n*Subject:* s\n\nhello",
    "Outlook in Chinese": "发件人: Li Si <li@x.cn>\n发送时间: 2023年5月1日 12:00\n收件人: Z\n主题: 订单\n\n你好",
    "Outlook in traditional Chinese": "寄件者: Li Si <li@x.cn>\n寄件日期: 2023年5月1日\n收件者: Z\n主旨: 訂單\n\n你好",
    "Outlook in German": "Von: li@x.cn\nGesendet: Montag, 1. Mai 2023\nAn: Z\nBetreff: s\n\nHallo",
    "Outlook in French": "De : Li Si [mailto:li@x.cn]\nEnvoyé : lundi 1 mai 2023\nÀ : Z\nObjet : s\n\nBonjour",
    "Outlook Express": "-----Original Message-----\nhello",
    "Outlook Express in Chinese": "-----邮件原件-----\n发件人: Li\n\n你好",
    "QQ Mail": '------------------ 原始邮件 ------------------\n发件人: "李四" <li@qq.com>;\n发送时间: 2023年5月1日\n\n你好',
    "QQ Mail in English": "------------------\xa0Original\xa0------------------\nFrom: Li\n\nhello",
    "NetEase": 'At 2023-05-01 12:00:00, "李四" <li@163.com> wrote:\n>你好',
    "NetEase without marks": '在 2012-05-01 12:00:00，"李四" <li@163.com> 写道：\n\n你好\n再见',
    "NetEase Master": "---- 回复的原邮件 ----\n| 发件人 | 李四 |\n你好",
    "NetEase Master in English": "---- Replied Message ----\n| From | Li |\nhello",
    "Alibaba": "------------------------------------------------------------------\n发件人：李四 <li@x.cn>\n日　期：2023年05月01日\n收件人：Z\n主　题：订单\n\n你好",
    "Lotus Notes": "Li Si/Org wrote on 05/01/2023 12:00:00 PM:\n\n> hello",
    "Android": "---- Li Si wrote ----\nhello",
    "Samsung": "-------- Original message --------\nFrom: Li\n\nhello",
    "help desk": "##- Please type your reply above this line -##\nhello",
}
SIGNATURES = {
    "the delimiter": "-- \nLi Si\nExample Ltd",
    "the delimiter without its space": "--\nLi Si",
    "an iPhone": "Sent from my iPhone",
    "an iPhone in Chinese": "发自我的 iPhone",
    "another telephone": "来自我的华为手机",
    "QQ Mail": "来自QQ邮箱",
    "NetEase": "发自网易邮箱大师",
    "Outlook": "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Windows": "Sent from Mail for Windows 10",
    "a name after a hyphen": "-Li Si",
    "a mailing list": "_______________________________________________\nusers mailing list\nusers@lists.example.com",
}
WHOLE = [
    "On Monday I went there.\nIt was closed: sorry",
    "On your remote host you can run:\n\n    telnet 127.0.0.1\n\nThat is all.",
    "来自北京的客户，请处理",
    "请见下：\n时间：5月1日\n地点：北京\n主题：会议",
    "The route is\nFrom: Beijing\nTo: Shanghai\nby train",
    "one -- two\n--three\n- four",
    "Sent from my desk, is much easier than from my telephone.",
    "Look here\n>>> >>> http://x.cn <<<\nplease",
    "FYI\n\n---------- Forwarded message ----------\nFrom: b@x.cn\nDate: x\nSubject: y\nTo: z\n\nText",
    "---------- Forwarded message ---------\nFrom: b@x.cn\nDate: x\nSubject: y\nTo: z\n\nText",
]


def reply(text: str) -> str:
    return visible_reply(text.split("\n"))


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_the_history_below_a_reply_is_left_out(history: str) -> None:
    assert reply(f"收到，谢谢。\nThanks!\n\n{history}\n") == "收到，谢谢。\nThanks!"


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
def test_a_signature_is_left_out(signature: str) -> None:
    assert reply(f"Thanks!\n\n{signature}\n") == "Thanks!"


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
def test_a_signature_above_the_history_is_left_out(signature: str) -> None:
    assert reply(f"Thanks!\n\n{signature}\n\n{HISTORIES['Gmail']}\n") == "Thanks!"


@pytest.mark.parametrize("text", WHOLE)
def test_what_only_looks_like_history_stays(text: str) -> None:
    assert reply(text) == text


def test_answers_between_and_below_the_quotation_stay() -> None:
    text = "On 5/1/23 12:00, Li wrote:\n> one?\n\nYes.\n\n> two?\n>\n\nNo.\n\n> -- \n> Li\n"
    assert reply(text) == "Yes.\n\nNo."


def test_an_attribution_on_the_line_of_the_reply_is_left_out() -> None:
    assert reply("Fine. On Wed, Apr 4, 2012 at 3:59 PM, b@x.cn wrote:\n> Hi") == "Fine."


HTML_REPLIES = {
    "Gmail": '<div>OK</div><div class="gmail_quote"><div class="gmail_attr">Somebody, sometime:<br></div><blockquote class="gmail_quote">old</blockquote></div>',
    "Gmail of old": '<div>OK</div><div class="gmail_quote">Somebody, sometime:<br><blockquote class="gmail_quote">old</blockquote></div>',
    "Outlook on the web": '<div>OK</div><hr><div id="divRplyFwdMsg"><b>Whoever:</b> Li</div><div>old</div>',
    "Outlook": '<p>OK</p><div style="border-top:solid"><p><b>发件人:</b> Li<br><b>发送时间:</b> x<br><b>收件人:</b> Z<br><b>主题:</b> s</p></div><p>old</p>',
    "Thunderbird": '<p>OK</p><div class="moz-cite-prefix">Irgendwer:</div><blockquote type="cite">old</blockquote>',
    "Apple Mail": "<div>OK</div><div><br><blockquote type='cite'><div>On 1 May 2023, Li wrote:</div></blockquote></div><blockquote type='cite'>old</blockquote>",
    "QQ Mail": "<div>OK</div><includetail><div>---原始邮件---</div><div>old</div></includetail>",
    "NetEase": '<div>OK</div><p>At 2023-05-01 12:00:00, "Li" &lt;l@163.com&gt; wrote:</p><blockquote id="isReplyContent">old</blockquote>',
    "Yahoo": '<div>OK</div><div class="yahoo_quoted">Whoever<div>old</div></div>',
}


@pytest.mark.parametrize("html", HTML_REPLIES.values(), ids=HTML_REPLIES)
def test_the_history_of_an_html_mail_is_left_out_of_the_reply_but_not_of_the_text(html: str) -> None:
    mail = parse_mail(b"From: a@x.cn\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html.encode())
    assert mail.reply_text.strip("- \n") == "OK"
    assert "old" in mail.text


def test_a_mail_wholly_inside_a_quotation_container_still_says_something() -> None:
    html = '<div class="gmail_quote"><div class="gmail_quote">hello<div>there</div></div></div>'
    assert parse_mail(b"Content-Type: text/html\r\n\r\n" + html.encode()).reply_text == "hello\nthere"


def test_a_million_quotation_marks_take_no_time_worth_mentioning() -> None:
    assert reply(">" * 1_000_000) == ""
    assert reply("> x\n" * 100_000 + "answer") == "answer"
