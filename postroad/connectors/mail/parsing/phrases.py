"""What mail programs and mail servers write in the languages our users meet, as parts of patterns.

Each entry is a regular expression without groups that capture. Add a language here, never in the code.
"""


def one_of(*phrases: str) -> str:
    """A pattern that matches any of `phrases`."""
    return f"(?:{'|'.join(phrases)})"


# "On <date>, <somebody> wrote:" as (how it opens, the verb); the verb may be followed by a name.
ATTRIBUTIONS = (
    (r"(?:On|At)\s", "(?:wrote|writes|sent)"),
    (r"Op\s", "(?:schreef|geschreven)"),
    (r"(?:Am|Von)\s", "schrieb"),
    (r"Le\s", r"a\s(?:écrit|\?crit)"),
    (r"(?:El|En|O|Em)\s", "(?:escribió|escribio|escreveu)"),
    (r"Il\s", r"ha\sscritto"),
    (r"(?:Den|På|P\?)\s", "skrev"),
    (r"(?:W\sdniu|Dnia)\s", r"(?:napisał(?:\(a\)|/a|a)?|pisze)"),
    (r"Vào\s", r"đã\sviết"),
    (r"(?:在|于|於)\s*", "(?:写道|寫道|写到|來信|来信)"),
)
# The same where the line opens with the date or the name.
ATTRIBUTION_ENDS = (
    "写道", "寫道", "写了", "のメッセージ", "さんは書きました", r"님이\s?(?:작성|쓴\s?글)", r"написал\(?а?\)?", "пишет",
)  # fmt: skip

ORIGINAL_MESSAGE = one_of(
    "original (?:message|appointment|e-?mail)", "original", "(?:reply|replied) message",
    "ursprüngliche (?:nachricht|e-mail)", "antwort nachricht", "message d'origine", "message (?:original|initial)",
    "mensaje original", "mensagem original", "messaggio originale", "oorspronkelijk bericht", "originalmeddelande",
    "original besked", "oprindelig meddelelse", "opprinnelig melding", "alkuperäinen viesti", "wiadomość oryginalna",
    "исходное сообщение", "původní zpráva", "orijinal mesaj",
    "(?:回复的)?(?:原始|原)(?:邮件|郵件|信息|文)", "(?:邮件|郵件)原件", "回复(?:的)?邮件",
    "元のメッセージ", "オリジナルメッセージ", "원본 메시지", "원본 메일",
)  # fmt: skip
FORWARDED_MESSAGE = one_of(
    r"forwarded message", r"forwarded by [^\n]{0,80}", "转发的?邮件(?:信息)?", "轉寄的?郵件",
    "weitergeleitete nachricht",
    "message transféré", "mensaje reenviado", "messaggio inoltrato", "doorgestuurd bericht",
    "転送メッセージ", "пересылаемое сообщение",
)  # fmt: skip
FORWARDED_BY_APPLE = one_of(
    "begin forwarded message:", "anfang der weitergeleiteten", "début du message", "下面是被转发的邮件[:：]",
)  # fmt: skip

FROM_LABEL = one_of(
    "from", "sent by", "von", "de", "da", "van", "från", "fra", "od", "kimden", "от", "отправитель",
    "发件人", "發件人", "寄件者", "寄件人", "发送者", "差出人", "送信元", r"보낸\s?사람", "보낸이", "từ", "lähettäjä",
)  # fmt: skip
DATE_LABEL = one_of(
    "sent", "date", "gesendet", "datum", "envoyé", r"enviado(?: el| em)?", "fecha", "data", "inviato", "verzonden",
    "skickat", "sendt", "wysłano", "gönderildi", "отправлено", "дата",
    "发送时间", "发件时间", "日期", "时间", "发送日期",
    "傳送時間", "寄件日期", "發送時間", "送信日時", "日時", r"보낸\s?날짜", "날짜", "gửi", "ngày", "lähetetty",
)  # fmt: skip
OTHER_LABEL = one_of(
    "to", "cc", "bcc", "subject", "reply-to", "an", "betreff", "kopie", "à", "objet", "para", "asunto", "assunto",
    "a", "oggetto", "aan", "onderwerp", "till", "ämne", "til", "emne", "do", "temat", "kime", "konu", "кому", "тема",
    "копия", "收件人", "抄送人?", "主题", "收件者", "副本", "主旨", "主題",
    "宛先", "件名", r"받는\s?사람", "받는이", "제목",
    "đến", "tới", "chủ đề", "vastaanottaja", "aihe",
)  # fmt: skip

REPLY_ABOVE = one_of(
    "reply above this line", "type your reply above", "respond above this line",
    "请在此(?:行|线)(?:以上|上方)回复", "请在这一行之上回复",
)  # fmt: skip

_DEVICE = one_of(
    "iphone", "ipad", "android", "outlook", "mail", "windows", "邮箱", "郵箱", "信箱", "手机", "手機", "客户端", "邮件",
    "华为", "小米", "大师", "foxmail",
)  # fmt: skip
MOBILE_SIGNATURE = one_of(
    "sent (?:from|via|with|using) (?:my|mail for|the new|yahoo|outlook|samsung|proton ?mail|android|blackberry|gmail|"
    r"a phone|mobile|windows mail|airmail|spark|bluemail|ipad|iphone)(?: [\w.+&'®™-]+){0,7}",
    r"sent from mail for windows(?: \d+)?",
    r"get outlook for \w+(?: <[^>]*>)?",
    r"von meinem [\w ]{2,40} gesendet",
    r"gesendet (?:von|mit) (?:meinem |der )?[\w -]{2,60}",
    r"envoyé (?:de|depuis) (?:mon|ma) [\w -]{2,40}",
    r"enviado (?:desde mi|do meu) [\w -]{2,40}",
    r"inviato da(?:l mio)? [\w -]{2,40}",
    r"verzonden vanaf mijn [\w -]{2,40}",
    r"skickat från min [\w -]{2,40}",
    r"отправлено (?:с|из) [\w ]{2,40}",
    r"wysłane z [\w -]{2,40}",
    r"(?:发自|發自|寄自|发送自|傳送自|来自|來自)[ \t]*(?:我的[ \t]*[^\n。，,]{1,30}|[^\n。，,]{0,20}"
    + _DEVICE
    + r"[^\n。，,]{0,12})",
    r"[从從]我的[^\n。，,]{1,30}(?:发送|發送|傳送|寄出)",
    r"从[^\n。，,]{1,30}(?:邮件|手机|客户端)(?:应用)?发送",
    r"获取 ?outlook for \w+",
    r"[^\n]{2,20}から送信",
    r"나의 [^\n]{2,20}에서 보냄",
)

BOUNCE_SUBJECT = one_of(
    "undeliver(?:able|ed)", r"return(?:ed)? (?:mail|to sender)", "mail (?:delivery|system) (?:failed|failure|error)",
    "failure notice", "delivery (?:status notification|failure|has failed|notification|problem)", "non[- ]?delivery",
    "message (?:undeliverable|delivery failure)", "mail could not be delivered", "unzustellbar", "nicht zustellbar",
    "échec de la remise", "non remis", "no se puede entregar", "não foi possível entregar", "mancato recapito",
    "недоставленное", r"[\[【]?(?:系统退信|系統退信|退信|邮件退回|邮件被退回|郵件退回)",
    "(?:邮件)?(?:未送达|无法送达|投递失败|发送失败|传递失败)", "無法傳遞", "配信不能", "配信エラー", "반송",
)  # fmt: skip
AUTO_REPLY_SUBJECT = one_of(
    "自动回复", "自動回覆", "自動回復", "自动回覆", "自动答复", "自动应答", "系统自动回复",
    "自動返信", "자동 ?응답", "자동회신", "부재중",
    "automatic (?:reply|response)", "auto(?:mated|matic)?[- ]?(?:reply|response|responder)", "auto:", "autosvar",
    r"out of (?:the )?office(?:\s*(?:auto|reply|message|notification|response|[:：\-–(]|$))", r"ooo\s*[:：]",
    "vacation (?:reply|response|message|notice)", "away from (?:my|the) (?:mail|office|desk)",
    "abwesenheits(?:notiz|meldung|nachricht|benachrichtigung)", "automatische (?:antwort|e-mail-antwort)",
    "réponse automatique", "absence du bureau", "message d'absence", "respuesta automática", "fuera de (?:la )?oficina",
    "resposta automática", "ausência temporária", "risposta automatica", "fuori (?:sede|ufficio)",
    "automatische? antwoord", "afwezig", "автоответ", "автоматический ответ", "odpowiedź automatyczna",
    "automaattinen vastaus", "otomatik yanıt",
)  # fmt: skip
BOUNCING_ADDRESS = one_of(
    "recipients?", "delivered to", "deliver to", "delivery to", "attempts:", "to <", "address",
    "收件人", "收件地址", "邮件地址", "发送到", "投递到", "发往",
)  # fmt: skip
ORIGINAL_FOLLOWS = one_of(
    "original message follows", "below this line is a copy", "included is a copy", "-+ ?original message",
    "[-\\s]*message header", "原始邮件", "邮件原文", "以下是",
)  # fmt: skip
