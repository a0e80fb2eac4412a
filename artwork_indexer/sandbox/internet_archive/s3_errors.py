"""Error bodies of the S3-like API."""

from __future__ import annotations

import uuid
from xml.sax.saxutils import escape

from aiohttp import web

DARK = "This item has been taken offline"
NOT_OWNER = "You lack sufficient privileges to write to this item"
CANNOT_BE_RETRIEVED = (
    "FATAL ERROR: The item you are trying to edit cannot be retrieved. "
    "It may have been deleted or renamed."
)
SLOW_DOWN = "Please reduce your request rate."
SPAM = "Your upload of this item appears to be spam. If you believe this is a mistake, write to us."

STATUS_OF: dict[str, int] = {
    "AccessDenied": 403,
    "BadDigest": 400,
    "BucketAlreadyExists": 409,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "SlowDown": 503,
}


def s3_error(
    code: str,
    message: str,
    resource: str = "",
    *,
    status: int | None = None,
    retry_after: float | str | None = None,
) -> web.Response:
    """Return an error answer; the status follows from the code unless given."""
    body = (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        f"<Resource>{escape(resource)}</Resource><RequestId>{uuid.uuid4()}</RequestId></Error>"
    )
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return web.Response(
        body=body.encode(),
        status=status or STATUS_OF.get(code, 500),
        headers=headers,
        content_type="application/xml",
    )
