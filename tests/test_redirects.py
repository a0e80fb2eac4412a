"""Where a redirect may lead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from yarl import URL

from artwork_indexer.errors import PermanentError
from artwork_indexer.http_outcomes import Answer
from artwork_indexer.redirects import Redirects

CONFIGURED = (
    "https://{bucket}.s3.us.archive.org/{file}",
    "http://standin.test:8080/metadata/{item}",
    "https://partly-{bucket}.example.org/{file}",
)
FROM = URL("https://mbid-x.s3.us.archive.org/index.json")


def target(location: str, start: URL = FROM) -> URL:
    return Redirects(CONFIGURED).target(start, Answer(307, CIMultiDict(Location=location), b""))


@pytest.mark.parametrize(
    "location",
    [
        "https://archive.org/x",
        "https://ia800.us.archive.org/mbid-x/index.json?a=%2Fb",
        "https://archive.org:8443/x",
        "http://standin.test:8080/anything",
    ],
)
def test_allowed(location: str) -> None:
    assert str(target(location)) == location


def test_relative_target_stays_at_its_origin() -> None:
    assert str(target("/other+file")) == "https://mbid-x.s3.us.archive.org/other+file"
    local = URL("http://127.0.0.1:1234/a")
    assert str(target("b", local)) == "http://127.0.0.1:1234/b"


@pytest.mark.parametrize(
    "location",
    [
        "",
        "http://archive.org/x",
        "http://mbid-x.s3.us.archive.org/index.json",
        "https://evilarchive.org/x",
        "https://archive.org.evil.test/x",
        "https://archive.org./x",
        "https://archive.org@evil.test/x",
        "https://user:pass@archive.org/x",
        "//evil.test/x",
        "https://standin.test:8080/x",
        "http://standin.test:8081/x",
        "http://standin.test/x",
        "https://partly-a.example.org/x",
        "ftp://archive.org/x",
        "file:///etc/passwd",
        "https://[::1/x",
        "https://archive.org:99999/x",
        "0://0@\x80",
        "https://\x80/x",
    ],
)
def test_refused(location: str) -> None:
    with pytest.raises(PermanentError, match="HTTP 307: redirected"):
        target(location)


@given(st.text(max_size=60) | st.builds("https://{}archive.org{}".format, st.text(), st.text()))
def test_whatever_is_followed_is_ours(location: str) -> None:
    try:
        found = target(location)
    except PermanentError:
        return
    assert found.user is None
    assert found.host is not None
    ours = found.origin() == FROM.origin() or str(found.origin()) == "http://standin.test:8080"
    below = found.host == "archive.org" or found.host.endswith(".archive.org")
    assert ours or (found.scheme == "https" and below)
