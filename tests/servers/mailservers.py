"""A real Dovecot, and before it a real Postfix, in a folder of their own, on free ports.

Every name at the company's domain and at the outside domain is a mailbox in Dovecot. What Postfix takes for
`listen.test` goes by LMTP to whatever listens on `listener_port`, what it takes for the rest of the world by SMTP to
`world_port`. Dovecot runs as anybody; Postfix only as root,
since it changes to users of its own.
"""

import grp
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from imapclient import IMAPClient

from tests.servers.certificates import write_certificates
from tests.servers.ports import free_port

PASSWORD = "mailbox-password"
DOMAIN = "company.test"
OUTSIDE_DOMAIN = "outside.test"
LISTEN_DOMAIN = "listen.test"
START_SECONDS = 30
QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace")

DOVECOT = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{home}/server.pem
ssl_key = <{home}/server.key
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no
auth_failure_delay = 0
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{home}/mail/%Ln
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 0
first_valid_gid = 0
namespace inbox {{
  inbox = yes
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%Ln allow_all_users=yes
}}
lmtp_save_to_detail_mailbox = no
recipient_delimiter = +
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
protocol lmtp {{
  auth_username_format = %Ln
}}
protocol imap {{
  mail_max_userip_connections = 50
}}
"""

POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.{domain}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = {domain}, {outside_domain}, {listen_domain}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp_port}
transport_maps = inline:{{ {{{listen_domain} = lmtp:inet:127.0.0.1:{listener_port}}} }}
default_transport = smtp:[127.0.0.1]:{world_port}
recipient_delimiter = +
alias_maps =
smtpd_tls_security_level = may
smtpd_tls_cert_file = {home}/server.pem
smtpd_tls_key_file = {home}/server.key
lmtp_tls_security_level = may
lmtp_tls_loglevel = 1
smtpd_recipient_restrictions = permit_mynetworks, reject
smtputf8_enable = no
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
message_size_limit = 104857600
mailbox_size_limit = 0
"""

POSTFIX_MASTER = """
{smtp_port} inet n - n - - smtpd
{smtps_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def missing(*, postfix: bool) -> str:
    """Why these servers cannot run here; "" when they can."""
    wanted = ["dovecot", *(["postfix"] if postfix else [])]
    if absent := [name for name in wanted if shutil.which(name, path=_path()) is None]:
        return f"not installed: {', '.join(absent)}"
    if postfix and os.geteuid() != 0:
        return "Postfix runs only as root"
    return ""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """Mailboxes at 127.0.0.1; all have one password."""

    home: Path
    imap_port: int
    imaps_port: int
    lmtp_port: int

    @property
    def authority(self) -> Path:
        """Who vouches for the server; nobody trusts it who was not told to."""
        return self.home / "authority.pem"

    def deliver(self, recipient: str, content: bytes, sender: str = "zhang@outside.test") -> None:
        """Puts a mail into a mailbox, as the mail server before it would."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port, local_hostname="mx.company.test") as client:
            client.sendmail(sender, [recipient], content)

    @contextmanager
    def mailbox(self, name: str, folder: str = "INBOX") -> Iterator[IMAPClient]:
        client = IMAPClient("127.0.0.1", self.imap_port, ssl=False, timeout=30)
        try:
            client.login(name, PASSWORD)
            client.select_folder(folder)
            yield client
        finally:
            with suppress(OSError):
                client.logout()

    def mails_in(self, name: str, folder: str = "INBOX") -> list[bytes]:
        """The raw mails in a folder, oldest first; none in a folder that does not exist."""
        with self.mailbox(name) as client:
            if not client.folder_exists(folder):
                return []
            client.select_folder(folder)
            found = client.fetch(client.search("ALL"), ["BODY.PEEK[]"])
            return [found[uid][b"BODY[]"] for uid in sorted(found)]


@dataclass(frozen=True, slots=True)
class Postfix:
    """An SMTP server at 127.0.0.1 that takes and passes on what comes from this machine."""

    home: Path
    smtp_port: int
    smtps_port: int
    listener_port: int
    world_port: int

    @property
    def authority(self) -> Path:
        return self.home / "authority.pem"

    def submit(self, sender: str, recipients: list[str], content: bytes) -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp_port, local_hostname="outside.test", timeout=30) as client:
            client.sendmail(sender, recipients, content)


@contextmanager
def running_dovecot(home: Path) -> Iterator[Dovecot]:
    """Starts a Dovecot, waits until it answers, and stops it again."""
    dovecot = Dovecot(home, free_port(), free_port(), free_port())
    _write_dovecot(dovecot)
    process = _start(["dovecot", "-F", "-c", str(home / "dovecot.conf")])
    try:
        for port in (dovecot.imap_port, dovecot.imaps_port, dovecot.lmtp_port):
            _wait_for(port, home / "dovecot.log")
        yield dovecot
    finally:
        _stop(process)


@contextmanager
def running_postfix(home: Path, *, lmtp_port: int) -> Iterator[Postfix]:
    """Starts a Postfix that delivers to the LMTP server at `lmtp_port`, and stops it again."""
    postfix = Postfix(home, free_port(), free_port(), free_port(), free_port())
    _write_postfix(postfix, lmtp_port=lmtp_port)
    process = _start(["/usr/lib/postfix/sbin/master", "-c", str(home / "etc"), "-d"])
    try:
        _wait_for(postfix.smtp_port, home / "mail.log")
        yield postfix
    finally:
        _stop(process)


def _write_dovecot(dovecot: Dovecot) -> None:
    home = dovecot.home
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    for folder in ("run", "state", "mail"):
        (home / folder).mkdir()
    os.chown(home / "mail", user.pw_uid, user.pw_gid)
    _let_through(home)
    write_certificates(home)
    text = DOVECOT.format(
        home=home,
        user=user.pw_name,
        group=grp.getgrgid(user.pw_gid).gr_name,
        uid=user.pw_uid,
        gid=user.pw_gid,
        password=PASSWORD,
        imap_port=dovecot.imap_port,
        imaps_port=dovecot.imaps_port,
        lmtp_port=dovecot.lmtp_port,
    )
    (home / "dovecot.conf").write_text(text)


def _write_postfix(postfix: Postfix, *, lmtp_port: int) -> None:
    home, owner, drop = postfix.home, pwd.getpwnam("postfix"), grp.getgrnam("postdrop")
    for folder in ("etc", "queue", "data"):
        (home / folder).mkdir()
    os.chown(home / "data", owner.pw_uid, owner.pw_gid)
    for folder in QUEUES:
        (home / "queue" / folder).mkdir(mode=0o700)
        os.chown(home / "queue" / folder, owner.pw_uid, -1)
    for folder, mode in (("maildrop", 0o730), ("public", 0o710)):
        (home / "queue" / folder).mkdir()
        os.chown(home / "queue" / folder, owner.pw_uid, drop.gr_gid)
        (home / "queue" / folder).chmod(mode)
    (home / "queue" / "pid").mkdir(mode=0o755)
    _let_through(home)
    write_certificates(home)
    values = {
        "home": home,
        "domain": DOMAIN,
        "outside_domain": OUTSIDE_DOMAIN,
        "listen_domain": LISTEN_DOMAIN,
        "lmtp_port": lmtp_port,
        "listener_port": postfix.listener_port,
        "world_port": postfix.world_port,
        "smtp_port": f"127.0.0.1:{postfix.smtp_port}",
        "smtps_port": f"127.0.0.1:{postfix.smtps_port}",
    }
    (home / "etc" / "main.cf").write_text(POSTFIX_MAIN.format(**values))
    (home / "etc" / "master.cf").write_text(POSTFIX_MASTER.format(**values))


def _let_through(folder: Path) -> None:
    """The servers' own users must reach the folder; pytest makes its temporary folders private."""
    for one in (folder, *folder.parents):
        if one == Path(one.anchor) or one == Path("/tmp"):
            return
        one.chmod(one.stat().st_mode | 0o011)


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env={**os.environ, "PATH": _path()}, start_new_session=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, f"nothing answers on {port}\n{log.read_text() if log.exists() else ''}"
            time.sleep(0.1)
        else:
            return


def _path() -> str:
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
