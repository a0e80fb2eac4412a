"""The Internet Archive's Changes API: names of items that changed, for accounts that may know.

It covers all of the Internet Archive, without a filter and without saying what changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from yarl import URL

from artwork_indexer.archive.metadata import integer
from artwork_indexer.archive.search import Credentials, name_of, parse_object, reason
from artwork_indexer.errors import EventError, PermanentError, TransientError
from artwork_indexer.http import MEBIBYTE, Service
from artwork_indexer.http_outcomes import Answer, is_html, scrub
from artwork_indexer.sentences import ended

LARGEST_ANSWER: Final = 64 * MEBIBYTE
"""Bytes; how many changes an answer may hold is not documented."""
FORM: Final = "application/x-www-form-urlencoded"
EVERYTHING: Final = "0"
"""Start date from which every item is named."""
NOT_THERE: Final = frozenset({403, 404, 405, 410})
"""Statuses with which a page in HTML may be that of a wrong address."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some changes. ``token`` asks for those after them.

    ``at_head``: there are no more now, and the service wants a pause before it is asked again.
    ``distance`` is how many more it thinks there are, if told.
    """

    names: tuple[str, ...]
    token: str
    at_head: bool
    distance: int | None


class TokenRefused(PermanentError):
    """The service does not take a token that it gave."""


class Changes:
    """Asks for changes. ``url`` is that of the Changes API."""

    def __init__(self, service: Service, url: str, credentials: Credentials) -> None:
        self._service = service
        self._url = URL(url)
        self._credentials = credentials

    async def read(self, *, token: str | None = None, start_date: str | None = None) -> Batch:
        """Changes after a token, from a day on (``YYYYMMDD``, or "0" for all), or from now on.

        Raises:
            TokenRefused: it is not known any more; only a start date can go on.
            CredentialsRefused: the keys are wrong, or their account lacks the privilege.
            EventError: as :meth:`artwork_indexer.http.Service.request`.
        """
        try:
            answer = await self._ask(token, start_date)
            return self._parse(answer, token)
        except EventError as error:
            # Keys are in the body here, where the client does not know them as secrets.
            text = ended(scrub(str(error), self._credentials.pair))
            error.args = (" ".join(filter(None, (text, _remedy(error, start_date)))),)
            raise

    async def _ask(self, token: str | None, start_date: str | None) -> Answer:
        access, secret = self._credentials.pair
        form = {"access": access, "secret": secret}
        if token is not None:
            form["token"] = token
        elif start_date is not None:
            form["start_date"] = start_date
        return await self._service.request(
            "POST",
            self._url,
            headers={"content-type": FORM},
            body=urlencode(form).encode(),
            keys_service=self._credentials.service,
            accept=frozenset({400}),
            limit=LARGEST_ANSWER,
        )

    def _parse(self, answer: Answer, token: str | None) -> Batch:
        if answer.status == 400 and not is_html(answer):
            why = reason(answer, self._credentials.pair)
            if token is not None:
                raise TokenRefused(f"The Changes API does not take its token: {why}", status=400)
            raise PermanentError(f"The Changes API refuses the request: {why}", status=400)
        document = parse_object("The Changes API", answer)
        changes, following = document.get("changes"), document.get("next_token")
        if not isinstance(changes, list):
            raise TransientError("The answer of the Changes API cannot be used: no changes in it.")
        if not isinstance(following, str | int) or following == "":
            raise TransientError("The answer of the Changes API cannot be used: no token in it.")
        distance = integer(document.get("estimated_distance_from_head"))
        is_end = not changes and (not distance or str(following) == token)
        return Batch(
            names=tuple(name_of(change) for change in changes),
            token=str(following),
            at_head=is_end or bool(document.get("do_sleep_before_returning")),
            distance=distance,
        )


def _remedy(error: EventError, start_date: str | None) -> str | None:
    """What a person can do if asking again does not help."""
    correct = "correct changes_url in section [archive]."
    if isinstance(error, TransientError) and error.status in NOT_THERE:
        return f"If it stays so, {correct}"
    if isinstance(error, TokenRefused) or not isinstance(error, PermanentError):
        return None
    if error.status == 400 and start_date is not None:
        return f"Name another day with --since, or {correct}"
    return correct.capitalize()
