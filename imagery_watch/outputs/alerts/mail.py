"""Mail: the message as plain text and simple HTML, with small pictures of its hits."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from itertools import islice

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import SecretStr

from imagery_watch.outputs.alerts import words
from imagery_watch.outputs.alerts.channel import Answer, PictureOf
from imagery_watch.outputs.alerts.config import MailConfig
from imagery_watch.outputs.alerts.message import Composed, list_credits
from imagery_watch.outputs.wording.text import clean, minutes

MOST_PICTURES = 10


@dataclass(frozen=True)
class Mail:
    """A mail server, and who writes to whom."""

    config: MailConfig
    password: SecretStr | None
    trust: ssl.SSLContext
    timeout_s: float
    picture_of: PictureOf

    @property
    def name(self) -> str:
        """As the configuration has it."""
        return self.config.name

    def send(self, composed: Composed) -> Answer:
        """Hands the mail to the server; see `Channel`."""
        mail = write_mail(composed, self.config, self.picture_of)
        try:
            with self._connection() as server:
                refused = server.send_message(mail)
        except smtplib.SMTPException as error:
            return judge_error(error, self.config.host)
        except ssl.SSLError as error:
            return Answer("later", f"{self.config.host}: no TLS ({type(error).__name__}); check port and tls")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            return Answer("later", f"{self.config.host} cannot be reached: {reason}; check host and port")
        some = f"{len(refused)} of {len(self.config.to)} recipients were refused: check `to`" if refused else ""
        return Answer("sent", some)

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        host, port, timeout = self.config.host, self.config.port, self.timeout_s
        if self.config.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout, context=self.trust)
        else:
            server = smtplib.SMTP(host, port, timeout=timeout)
        with server:
            if self.config.tls == "starttls":
                server.starttls(context=self.trust)
            if self.config.user is not None and self.password is not None:
                server.login(self.config.user, self.password.get_secret_value())
            yield server


def judge_error(error: smtplib.SMTPException, host: str) -> Answer:
    """Whether a failure may pass (4yz), or somebody has to mend it (5yz); a server's own words are not repeated."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Answer("refused", f"{host} offers no STARTTLS, or no login; check tls, port and user")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return Answer("refused" if min(codes) >= 500 else "later", f"{host} refuses every recipient ({min(codes)})")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        passing = error.smtp_code < 500
        return Answer("later" if passing else "refused", f"{host} refuses user or password ({error.smtp_code})")
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500:
        return Answer("refused", f"{host} answered {error.smtp_code}: it does not want this; check from, to and user")
    code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None
    return Answer("later", f"{host} broke off" if code is None or code < 0 else f"{host} answered {code}")


def write_mail(composed: Composed, config: MailConfig, picture_of: PictureOf) -> EmailMessage:
    """The whole mail; the same message gives the same Message-ID."""
    message, mail = composed.message, EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["From"] = config.sender
    mail["To"] = ", ".join(config.to)
    mail["Subject"] = clean(composed.title)
    mail["Date"] = format_datetime(message.composed_at, usegmt=True)
    mail["Message-ID"] = f"<{message.id}@{config.sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Imagery-Watch-Message"] = message.id
    mail.set_content(composed.text)
    pictures = _find_pictures(composed, picture_of) if config.pictures else {}
    mail.add_alternative(_html(composed, pictures), subtype="html")
    for part in list(mail.iter_parts())[1:]:
        for number, png in enumerate(pictures.values(), 1):
            part.add_related(png, "image", "png", cid=f"<{_cid(message.id, number)}>", filename=f"hit-{number}.png")
    _fix_boundaries(mail, message.id)
    return mail


def _fix_boundaries(mail: EmailMessage, message_id: str) -> None:
    """Boundaries that follow from the message's id, so that the same message is the same mail."""
    for number, part in enumerate(one for one in mail.walk() if one.is_multipart()):
        part.set_boundary(f"=={message_id}-{number}==")


def _find_pictures(composed: Composed, picture_of: PictureOf) -> dict[str, bytes]:
    """By hit id, the PNG of each hit that has one, at most so many."""
    read = ((one.hit.id, picture_of(one.hit.chip)) for one in composed.message.hits if one.hit.chip)
    return dict(islice(((name, png) for name, png in read if png is not None), MOST_PICTURES))


def _cid(message_id: str, number: int) -> str:
    return f"hit-{number}.{message_id}@imagery-watch"


def _html(composed: Composed, pictures: dict[str, bytes]) -> str:
    message = composed.message
    cids = {name: f"cid:{_cid(message.id, number)}" for number, name in enumerate(pictures, 1)}
    groups = [(head, message.told_as(turn)) for turn, head in words.HEADS.items() if message.told_as(turn)]
    template = _environment().get_template("mail.html.j2")
    return template.render(
        title=composed.title,
        trial=words.TRIAL if message.is_trial else "",
        groups=[(head, items[: words.MOST_TOLD], max(0, len(items) - words.MOST_TOLD)) for head, items in groups],
        tell=words.tell_hit,
        cids=cids,
        troubles=[words.tell_trouble(one) for one in message.troubles],
        late=words.tell_late(message.late) if message.late else "",
        caveat=words.CAVEAT if message.hits else "",
        credits=list_credits(message.hits),
        foot=f"Message {message.id}, composed {minutes(message.composed_at)} UTC",
    )


@cache
def _environment() -> Environment:
    loader = PackageLoader("imagery_watch.outputs.alerts")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
