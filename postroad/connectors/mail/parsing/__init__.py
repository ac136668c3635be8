"""The mail parser: any bytes in, plain facts out. Used by the listener and by `postroad mail parse` alike.

`source` knows where the bytes lie, `structure` finds the parts, `fields` and `addresses` read headers,
`transfer` and `charsets` decode, `bodies` chooses what is shown (`html_text`, `flowed`, `embedded`, `tnef`),
`replies` cuts history and signature, `automatic` tells machines from people, `parse` puts it together.
"""

from postroad.connectors.mail.parsing.model import Address, Auto, ParsedAttachment, ParsedMail
from postroad.connectors.mail.parsing.parse import parse_mail, parse_mail_file, parse_open_mail

__all__ = ["Address", "Auto", "ParsedAttachment", "ParsedMail", "parse_mail", "parse_mail_file", "parse_open_mail"]
