"""Which requests are answered in another way than they should be."""

from __future__ import annotations

from dataclasses import dataclass

from artwork_indexer.sandbox.internet_archive.calls import Call
from artwork_indexer.sandbox.internet_archive.fault_kinds import Fault, Hang


@dataclass(slots=True, eq=False)
class Rule:
    """A fault and the requests it hits; ``hits`` counts them."""

    fault: Fault
    method: str
    fragment: str
    times: int | None
    skip: int
    every: int
    hits: int = 0
    seen: int = 0

    def takes(self, call: Call) -> bool:
        """Whether this request is to be hit; counts it."""
        if self.method not in {"", call.method} or self.fragment not in call.target:
            return False
        self.seen += 1
        turn = self.seen - self.skip - 1
        spent = self.times is not None and self.hits >= self.times
        if spent or turn < 0 or turn % self.every:
            return False
        self.hits += 1
        return True


class Faults:
    """The faults in force; of several that fit a request the first one wins."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(
        self,
        method: str,
        fragment: str,
        fault: Fault,
        *,
        times: int | None = 1,
        skip: int = 0,
        every: int = 1,
    ) -> Rule:
        """Hit requests of ``method`` ("" is any) whose decoded path holds ``fragment``.

        The first ``skip`` of them pass, then each ``every``-th is hit, ``times`` in all
        (None is for ever).
        """
        rule = Rule(fault, method, fragment, times, skip, every)
        self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Take all faults back and release the requests that hang."""
        for rule in self._rules:
            if isinstance(rule.fault, Hang):
                rule.fault.release()
        self._rules.clear()

    def take(self, call: Call) -> Fault | None:
        """Return the fault for this request, if there is one."""
        if not self._rules:
            return None
        return next((rule.fault for rule in self._rules if rule.takes(call)), None)
