"""What an HTTP answer means: every status, body and failure leads to one class of error."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from artwork_indexer.errors import (
    CredentialsRefused,
    EventError,
    Outage,
    Overloaded,
    PermanentError,
    TransientError,
)
from artwork_indexer.http_outcomes import (
    LONGEST_RETRY_AFTER,
    Answer,
    Request,
    classify,
    classify_failure,
    retry_after,
    scrub,
)
from tests.recorded import recorded

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
URL_TEXT = "https://mbid-x.s3.us.archive.org/index.json"

HTML = b"<!DOCTYPE html>\n<html><head><title>Sorry</title></head></html>"
SPAM = b"<Error><Code>SlowDown</Code><Message>Your upload appears to be spam.</Message></Error>"
CANNOT_RETRIEVE = (
    b"<Error><Code>InternalError</Code><Resource>FATAL ERROR: The item you are trying to edit "
    b"cannot be retrieved.</Resource></Error>"
)


def error_xml(code: str, resource: str = "") -> bytes:
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        f"<Error><Code>{code}</Code><Message>m</Message><Resource>{resource}</Resource></Error>"
    ).encode()


def request(method: str = "PUT", keys: str | None = "caa-keys") -> Request:
    return Request("archive", method, URL_TEXT, 60.0, keys, ("caa_user:caa_pass", "caa_pass"))


def outcome(
    status: int,
    body: bytes = b"",
    method: str = "PUT",
    headers: dict[str, str] | None = None,
    keys: str | None = "caa-keys",
) -> EventError | None:
    answer = Answer(status, CIMultiDict(headers or {}), body)
    return classify(request(method, keys), answer, NOW)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_success(status: int) -> None:
    assert outcome(status, HTML) is None


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (503, b"<Error><Code>SlowDown</Code></Error>", Overloaded),
        (503, HTML, Overloaded),
        (429, HTML, Overloaded),
        (429, b"", Overloaded),
        (503, SPAM, PermanentError),
        (403, HTML, TransientError),
        (500, HTML, TransientError),
        (404, HTML, TransientError),
        (400, HTML, TransientError),
        (500, error_xml("InternalError"), TransientError),
        (502, b"", TransientError),
        (408, b"", TransientError),
        (425, b"", TransientError),
        (400, b"bad request", PermanentError),
        (404, error_xml("NoSuchKey"), PermanentError),
        (409, error_xml("BucketAlreadyExists"), PermanentError),
        (304, b"", PermanentError),
        (303, b"", PermanentError),
        (403, error_xml("AccessDenied", "This item has been taken offline"), PermanentError),
        (
            403,
            error_xml("AccessDenied", "You lack sufficient privileges to write to this item"),
            PermanentError,
        ),
        (403, error_xml("AccessDenied", "/mbid-16ebbc86/index.json"), PermanentError),
        (403, error_xml("InvalidAccessKeyId"), CredentialsRefused),
        (403, error_xml("SignatureDoesNotMatch", "item"), CredentialsRefused),
        (403, error_xml("AccessDenied", "no such access key"), CredentialsRefused),
        (401, error_xml("AccessDenied"), CredentialsRefused),
        (403, b"", CredentialsRefused),
    ],
)
def test_classification(status: int, body: bytes, expected: type[EventError]) -> None:
    error = outcome(status, body)
    assert type(error) is expected
    assert error.status == status
    assert f"HTTP {status}" in str(error)


def test_recorded_slow_down() -> None:
    error = outcome(503, recorded("s3/error_slowdown_simulated.xml"))
    assert type(error) is Overloaded
    assert "Please reduce your request rate." in str(error)


def test_refused_keys_name_their_archive() -> None:
    error = outcome(403, error_xml("InvalidAccessKeyId"), keys="eaa-keys")
    assert isinstance(error, CredentialsRefused)
    assert error.service == "eaa-keys"


def test_without_keys_a_403_is_not_about_keys() -> None:
    assert type(outcome(403, error_xml("AccessDenied"), keys=None)) is PermanentError


def test_html_is_known_by_its_body_and_not_by_its_type() -> None:
    jpeg = {"content-type": "image/jpeg"}
    assert type(outcome(404, b"<html>nope</html>", headers=jpeg)) is TransientError
    xml = {"content-type": "text/html"}
    assert type(outcome(404, error_xml("NoSuchKey"), headers=xml)) is PermanentError
    assert type(outcome(404, b"nope", headers=xml)) is TransientError


@pytest.mark.parametrize(
    ("status", "body", "done"),
    [
        (404, error_xml("NoSuchKey"), True),
        (404, b"", True),
        (500, CANNOT_RETRIEVE, True),
        (400, CANNOT_RETRIEVE, True),
        (404, HTML, False),
        (403, error_xml("AccessDenied", "This item has been taken offline"), False),
    ],
)
def test_deleting_what_is_not_there_is_done(status: int, body: bytes, *, done: bool) -> None:
    assert (outcome(status, body, method="DELETE") is None) is done
    assert outcome(status, body, method="PUT") is not None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 1.0),
        ("99999999999999999999999", LONGEST_RETRY_AFTER),
        (format_datetime(NOW + timedelta(seconds=90)), 90.0),
        (format_datetime(NOW - timedelta(days=1)), 1.0),
        (format_datetime(NOW + timedelta(days=400)), LONGEST_RETRY_AFTER),
        ("", 60.0),
        ("soon", 60.0),
        ("-5", 60.0),
        ("1.5", 60.0),
        ("٣", 60.0),
    ],
)
def test_retry_after(value: str, seconds: float) -> None:
    assert retry_after(CIMultiDict({"retry-after": value}), NOW, 60.0) == seconds
    error = outcome(503, b"", headers={"Retry-After": value})
    assert isinstance(error, Overloaded)
    assert error.seconds == seconds


CONNECTION = ConnectionKey("archive.org", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (aiohttp.ClientConnectorError(CONNECTION, OSError(111, "refused")), Outage),
        (aiohttp.ClientConnectorDNSError(CONNECTION, OSError(-2, "unknown")), Outage),
        (aiohttp.ConnectionTimeoutError(), Outage),
        (aiohttp.SocketTimeoutError(), TransientError),
        (TimeoutError(), TransientError),
        (aiohttp.ServerDisconnectedError(), TransientError),
        (aiohttp.ClientOSError(104, "reset"), TransientError),
        (aiohttp.ClientPayloadError("cut"), TransientError),
        (ConnectionResetError(104, "reset"), TransientError),
        (aiohttp.InvalidURL("http://caa_pass@/"), PermanentError),
    ],
)
def test_failures(failure: Exception, expected: type[EventError]) -> None:
    error = classify_failure(request(), failure)
    assert type(error) is expected
    assert URL_TEXT in str(error)
    assert "caa_pass" not in str(error)


def test_outage_names_the_service_and_its_pause() -> None:
    error = classify_failure(request(), aiohttp.ConnectionTimeoutError())
    assert isinstance(error, Outage)
    assert (error.service, error.seconds) == ("archive", 60.0)
    assert issubclass(asyncio.TimeoutError, OSError)


@given(
    st.integers(100, 999),
    st.binary(max_size=2000) | st.text(max_size=2000).map(str.encode),
    st.sampled_from(["GET", "PUT", "DELETE", "POST"]),
    st.dictionaries(st.sampled_from(["Retry-After", "Content-Type"]), st.text(max_size=40)),
    st.sampled_from(["caa-keys", None]),
)
def test_any_answer_has_exactly_one_meaning(
    status: int, body: bytes, method: str, headers: dict[str, str], keys: str | None
) -> None:
    error = outcome(status, body, method, headers, keys)
    if 200 <= status < 300:
        assert error is None
    elif error is None:
        assert method == "DELETE"
    else:
        text = str(error)
        assert f"HTTP {status}" in text
        assert len(text) < 700
        assert text.isprintable()
        assert type(error) in {
            Overloaded,
            PermanentError,
            TransientError,
            CredentialsRefused,
        }
        assert not isinstance(error, Overloaded) or 1 <= error.seconds <= LONGEST_RETRY_AFTER


@given(st.text(max_size=300), st.text(max_size=300))
def test_keys_never_get_into_a_message(before: str, after: str) -> None:
    body = f"{before}caa_user:caa_pass{after}caa_pass".encode(errors="replace")
    assert "caa_pass" not in str(outcome(400, body))


@pytest.mark.parametrize(
    "text",
    [
        "authorization: LOW abc:hunter22",
        "?check_limit=1&accesskey=hunter22&bucket=x",
        '{"secret": "hunter22"}',
        "<AWSAccessKeyId>hunter22</AWSAccessKeyId>",
    ],
)
def test_anything_like_a_key_is_hidden(text: str) -> None:
    assert "hunter22" not in scrub(text)
