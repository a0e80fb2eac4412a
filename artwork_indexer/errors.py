"""The error tree. The class of an error decides what happens next.

::

    ArtworkIndexerError
    ├── UserError                 one sentence for a person, exit code 2
    │   ├── ConfigurationError    bad or missing configuration
    │   ├── InputError            bad argument or input file
    │   └── Refused               unsafe or impossible here, exit code 4
    ├── Unreachable               a database or service cannot be used, exit code 3
    ├── AuditBraked               the audit stopped itself; a person has to look
    ├── LeaseLost                 the claim belongs to somebody else now: drop the result
    └── EventError                what becomes of an event
        ├── PermanentError        fail at once
        ├── TransientError        retry later, one attempt used
        └── Snooze                wait, no attempt used
            ├── NotYet            something this event needs has not happened yet
            └── ServicePaused     the whole service has to be left alone for a while
                ├── Overloaded            it asked for fewer requests
                ├── Outage                it cannot be reached, or keeps failing
                └── CredentialsRefused    it does not accept our keys
"""

from __future__ import annotations


class ArtworkIndexerError(Exception):
    """Base of every error this program raises on purpose."""

    exit_code = 1


class UserError(ArtworkIndexerError):
    """Something a person has to mend; the message says what and how."""

    exit_code = 2


class ConfigurationError(UserError):
    """The configuration is missing, malformed or contradictory."""


class InputError(UserError):
    """An argument or an input file is not what it should be."""


class Refused(UserError):
    """The request would be unsafe here, so nothing was done."""

    exit_code = 4


class Unreachable(ArtworkIndexerError):
    """A database or service that the command needs cannot be used."""

    exit_code = 3


class LeaseLost(ArtworkIndexerError):
    """Another worker owns the event now; the result must be thrown away."""


class AuditBraked(ArtworkIndexerError):
    """The brake holds all audits until a person releases it."""


class EventError(ArtworkIndexerError):
    """Base of the errors that decide what becomes of an event.

    ``status`` is the HTTP status that caused it, if there was one.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class PermanentError(EventError):
    """Trying again cannot help: the event fails at once."""


class TransientError(EventError):
    """Trying again may help: the event is retried and one attempt is used."""


class Snooze(EventError):
    """The event has to wait ``seconds``; no attempt is used."""

    def __init__(self, message: str, *, seconds: float, status: int | None = None) -> None:
        super().__init__(message, status=status)
        self.seconds = seconds


class NotYet(Snooze):
    """Something this event needs has not happened yet."""


class ServicePaused(Snooze):
    """A whole service has to be left alone for ``seconds``.

    ``service`` is one of the names in :mod:`artwork_indexer.services`. ``was_asked`` is False
    when nothing was sent, because the service was being left alone already.
    """

    def __init__(
        self,
        message: str,
        *,
        service: str,
        seconds: float,
        status: int | None = None,
        was_asked: bool = True,
    ) -> None:
        super().__init__(message, seconds=seconds, status=status)
        self.service = service
        self.was_asked = was_asked


class Overloaded(ServicePaused):
    """The service asked for fewer requests (429, 503 SlowDown, Retry-After)."""


class Outage(ServicePaused):
    """The service cannot be reached, or keeps failing."""


class CredentialsRefused(ServicePaused):
    """The service does not accept our keys; a person has to look."""
