"""Whatever the package apprise reaches: chats and push services, by the URLs that it knows."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from imagery_watch.errors import UsageError
from imagery_watch.outputs.alerts.channel import Answer
from imagery_watch.outputs.alerts.message import Composed

INSTALL = "the package apprise is not installed: pip install apprise (with pipx: pipx inject imagery-watch apprise)"


@dataclass(frozen=True)
class Notify:
    """A service that apprise knows."""

    name: str
    url: SecretStr
    unlogged: Callable[[], AbstractContextManager[None]]
    """Within what it gives apprise, which logs addresses, logs nothing."""

    def send(self, composed: Composed) -> Answer:
        """Hands title and text to apprise; see `Channel`."""
        with self.unlogged(), _unwarned():
            try:
                taken = load_service(self.url).notify(title=composed.title, body=composed.text)
            except UsageError as error:
                return Answer("refused", str(error))
            except Exception as error:  # of any of a hundred plugins; its words may hold the address
                return Answer("later", f"apprise failed ({type(error).__name__})")
        return Answer("sent") if taken else Answer("later", "apprise could not hand it on; it does not say why")


def load_service(url: SecretStr) -> Any:
    """Apprise, with the one service. Raises UsageError where apprise is missing, or does not know the address."""
    try:
        import apprise
    except ImportError:
        raise UsageError(INSTALL) from None
    try:
        with _unwarned():
            service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="imagery-watch", app_desc="imagery-watch"))
            is_known = service.add(url.get_secret_value())
    except Exception as error:  # of any of a hundred plugins; its words may hold the address
        raise UsageError(f"apprise fails over this address ({type(error).__name__})") from None
    if not is_known:
        raise UsageError("apprise does not know an address of this form; its documentation lists what it reaches")
    return service


@contextmanager
def _unwarned() -> Iterator[None]:
    """Within it nobody hears of what the plugins of apprise, which are loaded on first use, do in an old way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
