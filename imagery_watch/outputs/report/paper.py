"""What a page is made on: templates that escape by construction, and a policy that has nothing loaded."""

import base64
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from imagery_watch.outputs.wording.text import clean

HERE = "imagery_watch.outputs.report"


def open_templates(package: str) -> Environment:
    """The templates of a package. They escape all: `select_autoescape` would miss `*.html.j2`."""
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_cleaned,
    )
    environment.filters["src"] = data_url
    return environment


def content_policy(css: str, script: str) -> str:
    """The Content-Security-Policy: nothing is loaded, and only this style and this script may act."""
    scripts = f"'{_hash(script)}'" if script else "'none'"
    return (
        f"default-src 'none'; img-src data:; style-src '{_hash(css)}'; script-src {scripts}; "
        "base-uri 'none'; form-action 'none'"
    )


def read_part(*path: str, package: str = HERE) -> str:
    """The text of a file that belongs to a page."""
    return files(package).joinpath(*path).read_text(encoding="utf-8")


def _cleaned(value: Any) -> Any:
    """What other people chose never reorders or hides what is read; Markup is ours."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def data_url(data: bytes) -> str:
    """The bytes of a PNG or WebP file as an address that needs no network."""
    kind = "webp" if data[8:12] == b"WEBP" else "png"
    return f"data:image/{kind};base64," + base64.b64encode(data).decode("ascii")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
