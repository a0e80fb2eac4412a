"""Accounts of the stand-in and their key pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from artwork_indexer.projects import PROJECTS


@dataclass(frozen=True, slots=True)
class Account:
    """Who may write. ``privileged`` accounts see noindex items and the change feed."""

    email: str
    access: str
    secret: str = field(repr=False)
    privileged: bool = False


class KeyRefused(Exception):
    """The keys of a request are absent or wrong; ``code`` is that of the S3 error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


DEFAULT_ACCOUNTS = tuple(
    Account(p.uploader, f"{p.abbreviation}-access", f"{p.abbreviation}-secret") for p in PROJECTS
)
"""One account for each project, with keys that are no secret."""


class Accounts:
    """All accounts, found by their access key."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by_access = {account.access: account for account in accounts}

    def authorize(
        self, headers: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> Account:
        """Return the account of ``Authorization: LOW access:secret`` or of form fields.

        Raises :class:`KeyRefused`.
        """
        scheme, _, pair = headers.get("Authorization", "").partition(" ")
        access, _, secret = pair.partition(":")
        if scheme.upper() != "LOW" and form is not None:
            access, secret = form.get("access", ""), form.get("secret", "")
        if not access:
            raise KeyRefused("AccessDenied", "Access Denied")
        account = self._by_access.get(access)
        if account is None:
            raise KeyRefused(
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            )
        if account.secret != secret:
            raise KeyRefused(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            )
        return account
