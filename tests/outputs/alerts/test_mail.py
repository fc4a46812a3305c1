"""Mail through a real mail server: what is in it, and what each answer means."""

import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.sink import mail_sink

from imagery_watch.model import Hit
from imagery_watch.outputs.alerts.channel import Answer
from imagery_watch.outputs.alerts.config import MailConfig
from imagery_watch.outputs.alerts.mail import MOST_PICTURES, Mail, write_mail
from imagery_watch.outputs.alerts.message import Composed, HitItem, Message, TroubleItem, Turn
from imagery_watch.outputs.alerts.words import MOST_TOLD, write_message
from outputs.builders import make_hit

NOW = datetime(2024, 6, 3, 6, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))


def config(port: int = 25, **changes: object) -> MailConfig:
    told = {"name": "mail", "kind": "mail", "host": "127.0.0.1", "port": port, "tls": "none",
            "from": "watch@example.org", "to": ["a@example.org", "b@example.org"]}  # fmt: skip
    return MailConfig.model_validate(told | changes)


def mail(port: int, password: str | None = None, **changes: object) -> Mail:
    hidden = None if password is None else SecretStr(password)
    return Mail(config(port, **changes), hidden, ssl.create_default_context(), 2.0, lambda path: PNG)


def message(*hits: Hit, turn: Turn = "new") -> Composed:
    items = tuple(HitItem(turn, 1, hit, "credit <b>") for hit in hits)
    trouble = TroubleItem("catalogue <x>", NOW, "began", "does not answer")
    return write_message(Message("m1", "mail", NOW, items, 2, (trouble,)))


def test_a_mail_says_all_of_it_twice_and_names_itself() -> None:
    hits = [make_hit(1, chip="new-hits/1.png"), make_hit(2, airfield="EDBF", summary="<script>1</script> & co")]
    with mail_sink() as box:
        for _ in range(2):
            assert mail(box.port).send(message(*hits)) == Answer("sent")
    first, second = box.mails
    assert box.raw[0] == box.raw[1], "the same message is the same mail"
    assert first["Subject"] == "imagery_watch: 2 new hits (EDBF, LIPB); trouble: catalogue <x>"
    assert (first["Message-ID"], first["Auto-Submitted"]) == ("<m1@example.org>", "auto-generated")
    assert (first["From"], first["To"]) == ("watch@example.org", "a@example.org, b@example.org")
    assert first["Date"] == "Mon, 03 Jun 2024 06:00:00 +0000"
    text, html = (second.get_body((kind,)).get_content() for kind in ("plain", "html"))
    for words in (
        "LIPB-0001, revision 1",
        "2 late finds",
        "Message m1",
        "consistent with an aircraft",
        "does not answer",
    ):
        assert words in text and words in html
    assert "<script>1</script> & co" in text and "&lt;script&gt;1&lt;/script&gt; &amp; co" in html
    [picture] = [part for part in first.walk() if part.get_content_type() == "image/png"]
    assert picture.get_content() == PNG
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html


def test_pictures_are_few_and_may_be_left_out() -> None:
    many = message(*(make_hit(number, chip="x.png") for number in range(1, 30)))
    shown = [len([part for part in write_mail(many, config(pictures=wanted), lambda path: PNG).walk()
                  if part.get_content_type() == "image/png"]) for wanted in (True, False)]  # fmt: skip
    assert shown == [MOST_PICTURES, 0]
    assert not [
        one for one in write_mail(many, config(), lambda path: None).walk() if "image" in one.get_content_type()
    ]


def test_a_long_list_is_cut_in_words_and_whole_in_the_message() -> None:
    many = message(*(make_hit(number) for number in range(1, MOST_TOLD + 8)))
    assert many.text.count("revision 1") == MOST_TOLD and "and 7 more" in many.text
    assert "and 7 more" in str(write_mail(many, config(), lambda path: None))
    assert len(Composed(many.id, many.body).message.hits) == MOST_TOLD + 7


@pytest.mark.parametrize("evil", ["LIPB\r\nBcc: x@example.org", "LIPB\nX", "L\u2028X", "L\x00X"])
def test_no_name_breaks_out_of_its_header(evil: str) -> None:
    with mail_sink() as box:
        assert mail(box.port).send(message(make_hit(airfield=evil, id=evil))) == Answer("sent")
    [got] = box.mails
    assert "Bcc" not in got and "X" not in got
    assert got["Subject"].strip().startswith("imagery_watch: 1 new hit (L")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_the_user_is_known_by_the_password() -> None:
    with mail_sink(password="CANARY") as box:
        assert mail(box.port, "CANARY", user="me", password_env="P").send(message()) == Answer("sent")
        wrong = mail(box.port, "WRONG-CANARY", user="me", password_env="P").send(message())
        nobody = mail(box.port).send(message())
    assert box.logins[0] == (b"me", b"CANARY") and len(box.mails) == 1
    assert wrong == Answer("refused", "127.0.0.1 refuses user or password (535)")
    assert nobody.taken == "refused" and "530" in nobody.said
    assert "CANARY" not in repr(mail(box.port, "CANARY", user="me", password_env="P"))


@pytest.mark.parametrize(
    ("answer", "taken", "words"),
    [("451 CANARY later", "later", "451"), ("421 busy", "later", "421"), ("550 CANARY no", "refused", "550"),
     ("552 too large", "refused", "552"), ("250 yes", "sent", "")],
)  # fmt: skip
def test_an_answer_of_the_server_means_one_thing(answer: str, taken: str, words: str) -> None:
    with mail_sink(answers=[answer]) as box:
        got = mail(box.port).send(message())
    assert got.taken == taken and words in got.said and "CANARY" not in got.said


def test_no_server_and_no_tls_are_said() -> None:
    with mail_sink() as box:
        plain = mail(box.port, tls="starttls").send(message())
        wrapped = mail(box.port, tls="tls").send(message())
    assert (plain.taken, wrapped.taken) == ("refused", "later")
    assert "offers no STARTTLS" in plain.said and "no TLS" in wrapped.said and not box.mails
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    gone = mail(port).send(message())
    assert gone.taken == "later" and "Connection refused" in gone.said


def make_certificate(folder: Path) -> tuple[Path, ssl.SSLContext, ssl.SSLContext]:
    import subprocess

    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
         key, "-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True, timeout=20)  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    return cert, server, ssl.create_default_context(cafile=str(cert))


def test_starttls_is_spoken_and_the_certificate_checked(tmp_path: Path) -> None:
    _, server, trusting = make_certificate(tmp_path)
    with mail_sink(tls_context=server, require_starttls=True) as box:
        named = config(box.port, tls="starttls", host="localhost")
        sent = Mail(named, None, trusting, 2.0, lambda path: None).send(message())
        strange = Mail(named, None, ssl.create_default_context(), 2.0, lambda path: None).send(message())
    assert sent == Answer("sent") and len(box.mails) == 1
    assert strange.taken == "later" and "no TLS (SSLCertVerificationError)" in strange.said
