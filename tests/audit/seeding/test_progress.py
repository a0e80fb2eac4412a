"""What a person sees while entities come under audit."""

from __future__ import annotations

import io
import re

import pytest

from artwork_indexer.sentences import number_of
from audit.seeding import progress
from audit.seeding.progress import Progress, Tally, duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def text_of(stream: io.StringIO) -> str:
    """What was written, without what only moves and colours it."""
    return re.sub("\x1b\\[[0-9;?]*[A-Za-z]", "", stream.getvalue())


def test_counts_add_up() -> None:
    assert Tally(1, 2, 3, 4) + Tally(10, 20, 30, 40) == Tally(11, 22, 33, 44)
    assert Tally(1, 2, 3, 4).total == 10


def test_without_a_terminal_there_is_one_line_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINE_SECONDS", 3600.0)
    stream = io.StringIO()
    with Progress("releases", "rows", 3000, stream=stream) as shown:
        shown.advance(1000)
        shown.advance(2000)
    (line,) = stream.getvalue().splitlines()
    assert line.startswith("releases: 3,000 of 3,000 rows, ")
    assert "left" not in line


def test_without_a_terminal_long_work_is_told_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    stream = io.StringIO()
    with Progress("releases", "rows", 4000, stream=stream) as shown:
        shown.advance(1000)
        assert stream.getvalue().startswith("releases: 1,000 of 4,000 rows, ")
        assert stream.getvalue().endswith(" left\n")


def test_work_that_fails_does_not_pretend_to_be_done() -> None:
    stream = io.StringIO()

    def fail() -> None:
        with Progress("releases", "rows", stream=stream) as shown:
            shown.advance(1)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert stream.getvalue() == ""


@pytest.mark.parametrize("total", [None, 3000])
def test_a_terminal_gets_a_bar_and_messages_above_it(total: int | None) -> None:
    stream = Terminal()
    with Progress("releases [bold]", "rows", total, stream=stream) as shown:
        shown.advance(3000)
        shown.tell("[red] is no markup")
    assert "releases [bold]" in stream.getvalue()
    assert re.search("3000/[0-9?]+ +rows +[0-9,]+/s", text_of(stream))
    assert "[red] is no markup" in stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "2 days")],
)
def test_lengths_of_time(seconds: float, told: str) -> None:
    assert duration(seconds) == told


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_what_is_counted_may_be_known_only_later(stream: io.StringIO) -> None:
    with Progress("list", "lines", stream=stream) as shown:
        shown.expect(12, "kB")
        shown.advance(12)
    assert "12 kB" in text_of(stream).replace("12/12", "12")
    assert "lines" not in text_of(stream).splitlines()[-1]


def test_on_a_narrow_terminal_numbers_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    label = "musicbrainz: releases without art"
    with Progress(label, "releases looked at", 5_000_000, stream=stream) as shown:
        shown.advance(200_000)
    last = text_of(stream).splitlines()[-1]
    assert last.startswith("…releases without art ")
    assert " 200000/5000000 releases looked at " in last
    assert len(last) <= 80


def test_one_thing_is_not_in_the_plural() -> None:
    told = [number_of(number, "entry", "entries") for number in (0, 1, 2000)]
    assert told == ["0 entries", "1 entry", "2,000 entries"]
    assert number_of(2, "name") == "2 names"
