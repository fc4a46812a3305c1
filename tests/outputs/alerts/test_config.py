"""`alerts.toml`: what it may say, what is said of everything else, and secrets that nobody else can read."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from imagery_watch.errors import ExitCode, UsageError
from imagery_watch.outputs.alerts.config import AlertsConfig, MailConfig, WebhookConfig, parse_config, read_config
from imagery_watch.outputs.alerts.secret import find_secret

PAGE = Path(__file__).parents[3] / "docs" / "alerts.md"
HOOK = '[[channel]]\nname = "desk"\nkind = "webhook"\n'
MAIL = '[[channel]]\nname = "desk"\nkind = "mail"\nhost = "localhost"\nfrom = "a@example.org"\nto = ["b@example.org"]\n'
CANARY = "https://hooks.example.org/CANARY"


def test_the_example_of_the_page_is_a_configuration() -> None:
    [text] = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    config = parse_config(text, Path("alerts.toml"))
    assert {one.kind for one in config.channel} == {"webhook", "mail", "apprise"}
    keys = set(re.findall(r"^(\w+) =", text, flags=re.MULTILINE))
    left_out = {"url_file", "secret_file", "password_file", "ping_url_file"}
    known = {field.alias or name for one in (*config.channel, config.feed, config.heartbeat, config.troubles)
             for name, field in type(one).model_fields.items()}  # fmt: skip
    assert known - left_out <= keys, "the example shows every key"


def test_nobody_is_told_without_a_file(tmp_path: Path) -> None:
    assert read_config(tmp_path) == read_config(tmp_path / "nowhere") == AlertsConfig()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[channel]\n", ("not TOML", "line 1")),
        ("[chanel]\n", ("unknown key 'chanel'", "did you mean 'channel'?")),
        (f'{HOOK}url_env = "U"\ncooldown_hours = 3\n', ("channel 'desk'", "'cooldown_hours'", "'cool_down_hours'")),
        (f'{HOOK}url = "{CANARY}"\n', ("unknown key 'url'", "'url_env'")),
        (f'{MAIL}password = "CANARY"\n', ("unknown key 'password'", "'password_env'")),
        (HOOK, ("expected url_env",)),
        (f'{HOOK}url_env = "U"\nurl_file = "f"\n', ("one of them, not both",)),
        (f'{HOOK}url_env = "U"\ncool_down_hours = -1\n', ("cool_down_hours", "greater than or equal to 0")),
        (f'{HOOK}url_env = "U"\ntell = ["hit"]\n', ("tell", "'hits' or 'troubles'")),
        (f'{HOOK}url_env = "U"\n{HOOK}url_env = "V"\n', ("'desk' is the name of two channels",)),
        (f'{HOOK.replace("desk", "file")}url_env = "U"\n', ("'file' is a name that the record has a use for",)),
        (HOOK.replace("webhook", "pigeon"), ("kind: expected webhook, mail or apprise",)),
        ('[[channel]]\nname = "x"\n', ("kind: expected webhook, mail or apprise",)),
        (HOOK.replace("desk", "a\\nb"), ("expected one line",)),
        (f'{MAIL}user = "me"\n', ("user and password_env",)),
        (MAIL.replace("b@example.org", "b@example.org\\r\\nBcc: c@example.org"), ("expected a bare mail address",)),
        (MAIL.replace("a@example.org", "CANARY"), ("from", "bare mail address")),
        (f'{MAIL}tls = "ssl"\n', ("tls", "starttls")),
        ('[feed]\npaht = "x"\n', ("[feed]", "did you mean 'path'?")),
        ("[troubles]\nrepeat_hours = 0\n", ("[troubles]", "repeat_hours", "greater than 0")),
        ('[heartbeat]\nping_url = "https://CANARY"\n', ("[heartbeat]", "'ping_url_env'")),
    ],
)
def test_what_cannot_be_meant_is_named_with_its_place(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_config(text, Path("/home/x/alerts.toml"))
    told = str(caught.value)
    assert caught.value.exit_code == ExitCode.USAGE and told.startswith("/home/x/alerts.toml: ")
    assert all(word in told for word in words), told
    assert "CANARY" not in told and "\n" not in told


def test_a_group_does_not_care_for_capitals() -> None:
    [one] = parse_config(f'{HOOK}url_env = "U"\nairfields = ["lipb"]\n', Path("x")).channel
    assert one.hears_of("LIPB") and not one.hears_of("EDBF")


def hook(**changes: object) -> WebhookConfig:
    return WebhookConfig.model_validate({"name": "desk", "kind": "webhook", **changes})


def test_secrets_come_from_where_they_are_named(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("CANARY\n")
    file.chmod(0o600)
    assert find_secret(hook(url_env="U"), "url", {"U": " CANARY\n"}, tmp_path) == SecretStr("CANARY")
    assert find_secret(hook(url_file="secret"), "url", {}, tmp_path) == SecretStr("CANARY")
    assert find_secret(hook(url_env="U"), "secret", {}, tmp_path) is None
    assert "CANARY" not in repr(find_secret(hook(url_file="secret"), "url", {}, tmp_path))


@pytest.mark.parametrize(
    ("mode", "content", "words"),
    [
        (0o644, b"CANARY", ("can be read by others", "mode 0644", "chmod 600")),
        (0o660, b"CANARY", ("can be read by others",)),
        (0o600, b"", ("is empty",)),
        (0o600, b"\xff\xfeCANARY", ("not text in UTF-8",)),
        (None, b"", ("No such file",)),
    ],
)
def test_a_secret_that_is_none_or_everybodys_is_refused(
    tmp_path: Path, mode: int | None, content: bytes, words: tuple[str, ...]
) -> None:
    file = tmp_path / "secret"
    if mode is not None:
        file.write_bytes(content)
        file.chmod(mode)
    with pytest.raises(UsageError) as caught:
        find_secret(hook(url_file="secret"), "url", {}, tmp_path)
    assert all(word in str(caught.value) for word in (*words, str(file))) and "CANARY" not in str(caught.value)


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    mail = MailConfig.model_validate(
        {"name": "m", "kind": "mail", "host": "h", "from": "a@b.c", "to": ["a@b.c"], "user": "u", "password_env": "PW"}
    )
    with pytest.raises(UsageError, match="environment variable PW is not set"):
        find_secret(mail, "password", {"PW": " "}, tmp_path)
