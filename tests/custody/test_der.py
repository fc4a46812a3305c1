"""Replies whose certificates are in no order are read, and what is no reply is left as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.authority import Authority

from custody.conftest import asking
from imagery_watch.custody.authority import ask_stamp, check_stamp
from imagery_watch.custody.der import order_certificates


@pytest.fixture(scope="module")
def reply(authority: Authority) -> bytes:
    """As OpenSSL gives it: two certificates, as its configuration has them."""
    asked = asking(authority, "/stamp")
    return ask_stamp(b"manifest", asked.urls[0], asked.exchange, asked.known)[0]


def test_order_is_found_once_and_changes_nothing_else(reply: bytes) -> None:
    ordered = order_certificates(reply)
    assert sorted(ordered) == sorted(reply) and len(ordered) == len(reply)
    assert order_certificates(ordered) == ordered


def test_what_is_kept_is_what_came_and_holds(authority: Authority) -> None:
    asked = asking(authority, "/stamp")
    reply, chain = ask_stamp(b"manifest", asked.urls[0], asked.exchange, asked.known)
    assert check_stamp(b"manifest", reply, chain).by == "CN=Test authority"
    assert chain.count(b"BEGIN CERTIFICATE") == 3


@given(st.binary(max_size=80))
def test_other_bytes_are_left_as_they_are(data: bytes) -> None:
    assert sorted(order_certificates(data)) == sorted(data)


@given(data=st.data())
def test_cut_replies_are_left_as_they_are(reply: bytes, data: st.DataObject) -> None:
    cut = reply[: data.draw(st.integers(0, len(reply) - 1))]
    assert order_certificates(cut) == cut
