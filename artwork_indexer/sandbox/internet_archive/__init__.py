"""A stand-in of the Internet Archive, for tests, benchmarks and trying things out.

It keeps items in memory and behaves as the real service was seen or documented to
behave: asynchronous writes, derivatives, dark items, redirects, and all its errors.
"""

from artwork_indexer.sandbox.internet_archive import fault_kinds
from artwork_indexer.sandbox.internet_archive.accounts import DEFAULT_ACCOUNTS, Account
from artwork_indexer.sandbox.internet_archive.app import create_app
from artwork_indexer.sandbox.internet_archive.archive import Archive, Settings
from artwork_indexer.sandbox.internet_archive.clock import Clock
from artwork_indexer.sandbox.internet_archive.item import Item
from artwork_indexer.sandbox.internet_archive.journal import Entry, Journal
from artwork_indexer.sandbox.internet_archive.stored_file import Content, StoredFile
from artwork_indexer.sandbox.internet_archive.tasks import Task, WaitAdmin

__all__ = [
    "DEFAULT_ACCOUNTS",
    "Account",
    "Archive",
    "Clock",
    "Content",
    "Entry",
    "Item",
    "Journal",
    "Settings",
    "StoredFile",
    "Task",
    "WaitAdmin",
    "create_app",
    "fault_kinds",
]
