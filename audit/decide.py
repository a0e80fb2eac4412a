"""Findings to verdict: the decision table.

Pure. As soon as one finding needs a person, and as long as there is a reason to wait, nothing
is enqueued. Only images that are proven to be at their owner's are deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from artwork_indexer.archive import names
from audit import catalogue
from audit.catalogue_item import CANNOT_BE_JUDGED, ORIGINAL_REPLACED, REPAIR_DOES_NOT_HOLD
from audit.catalogue_strays import LEFTOVER_INDEX, STRAY_COPIED, STRAY_LISTED, STRAY_NOT_COPIED
from audit.comparison import Comparison, Wait
from audit.findings import Finding, Outcome, Repair, Severity
from audit.plan import make_plan
from audit.rounds import SOONER, has_changed, next_in_round
from audit.states import (
    MD5_PREFIX,
    Actual,
    Dark,
    Evidence,
    Expected,
    Item,
    Life,
    Missing,
    fields_digest,
)
from audit.verdict import DecideContext, Deferral, Status, Verdict

FIRST_WAIT: Final = timedelta(minutes=15)
LONGEST_WAIT: Final = timedelta(hours=24)
HOPELESS_COUNT: Final = 10
HOPELESS_TIME: Final = timedelta(days=14)


def decide(
    expected: Expected, actual: Actual, comparison: Comparison, context: DecideContext
) -> Verdict:
    """The verdict on one entity, with the plan of its repair."""
    evidence = _remember(actual, comparison, context)
    if comparison.waits:
        return _defer(expected, comparison.waits, evidence, context)
    findings = _with_exhausted(comparison.findings, evidence, context)
    reviews = tuple(f for f in findings if _needs_person(f, context))
    if reviews:
        return Verdict(
            Status.MANUAL_REVIEW,
            "review",
            "\n".join(finding.message for finding in reviews),
            evidence,
            findings,
            reviews,
            next_audit_in=_round(expected, context),
        )
    return _repair(expected, actual, comparison, findings, evidence, context)


def _repair(
    expected: Expected,
    actual: Actual,
    comparison: Comparison,
    findings: tuple[Finding, ...],
    evidence: Evidence,
    context: DecideContext,
) -> Verdict:
    """No person is needed: repair what can be, or say that all is well."""
    wanted = [finding for finding in findings if _is_repaired(finding, evidence, context)]
    grave = [finding for finding in wanted if finding.kind.severity is not Severity.FORMAT]
    is_format_only = not grave
    if is_format_only:
        evidence = _clean_evidence(expected, actual, comparison, evidence)
    else:
        # What is written anyway takes its new form. By itself an older form has a budget of its
        # own, and waits until nothing else is wrong.
        wanted = grave
    if not wanted or (is_format_only and not context.format_budget):
        return _clean(expected, actual, findings, evidence, context)
    waiting = [finding for finding in wanted if _waits_for_second_look(finding, context)]
    chosen = _without_waiting(wanted, waiting)
    if context.mode == "report":
        return _held(catalogue.REPORT_MODE, _round(expected, context), findings, evidence)
    if not chosen:
        return _held(catalogue.SECOND_LOOK, _second_look_in(waiting, context), findings, evidence)
    return Verdict(
        Status.REPAIR_QUEUE,
        "repair",
        "\n".join(finding.message for finding in chosen),
        _count_round(chosen, evidence),
        findings,
        plan=make_plan(expected, chosen),
        next_audit_in=_round(expected, context),
        kinds=tuple(sorted({finding.kind.id for finding in chosen})),
        is_format_only=is_format_only,
    )


def _remember(actual: Actual, comparison: Comparison, context: DecideContext) -> Evidence:
    """What this audit adds to the evidence whatever its verdict.

    Confirmations of deletes, and rounds of repair, end with the finding they are about; an
    audit that has to wait saw nothing that could end them.
    """
    evidence, now = context.evidence, context.now.timestamp()
    is_red = isinstance(actual, Item) and actual.record.tasks_red
    red_since = (evidence.red_since or now) if is_red else None
    if comparison.waits:
        return replace(evidence, red_since=red_since)
    present = {finding.key for finding in comparison.findings}
    return replace(
        evidence,
        red_since=red_since,
        rounds={key: count for key, count in evidence.rounds.items() if key in present},
        confirmations={
            finding.digest: evidence.confirmations.get(finding.digest, now)
            for finding in comparison.findings
            if finding.kind.repair is Repair.DELETE
        },
    )


def _defer(
    expected: Expected, waits: Sequence[Wait], evidence: Evidence, context: DecideContext
) -> Verdict:
    """No verdict, and longer waits the more often that happens for the same reason."""
    wait = waits[0]
    before = context.deferral
    count = before.count + 1 if before is not None and before.reason == wait.reason else 1
    if before is not None and _is_hopeless(count, before, context):
        told = f"no verdict {count} times since {before.since:%Y-%m-%d}: {wait.message}"
        finding = Finding(CANNOT_BE_JUDGED, wait.outcome.id, told, {"reason": wait.reason})
        if finding.digest not in context.acknowledged:
            return _ask(expected, finding, evidence, context)
    growing = growing_wait(count, context.settle)
    known = timedelta(seconds=max(wait.seconds for wait in waits))
    return Verdict(
        Status.DEFERRED,
        wait.reason,
        "\n".join(wait.message for wait in waits),
        evidence,
        findings=None,
        next_audit_in=max(growing, known),
    )


def growing_wait(count: int, settle: timedelta) -> timedelta:
    """How long to wait after the ``count``-th audit in a row without a verdict."""
    first = min(FIRST_WAIT, max(timedelta(seconds=1), settle / 24))
    doublings: int = 2 ** min(max(count - 1, 0), 16)
    return min(first * doublings, LONGEST_WAIT)


def _is_hopeless(count: int, before: Deferral, context: DecideContext) -> bool:
    return count >= HOPELESS_COUNT and context.now - before.since >= HOPELESS_TIME


def _ask(
    expected: Expected, finding: Finding, evidence: Evidence, context: DecideContext
) -> Verdict:
    """Ask a person although nothing was judged: what was recorded earlier stays."""
    return Verdict(
        Status.MANUAL_REVIEW,
        "review",
        finding.message,
        evidence,
        None,
        (finding,),
        next_audit_in=_round(expected, context),
    )


def _with_exhausted(
    findings: Iterable[Finding], evidence: Evidence, context: DecideContext
) -> tuple[Finding, ...]:
    """The findings, and one more for each that came back after all rounds of repair."""
    found = tuple(findings)
    return found + tuple(
        Finding(
            REPAIR_DOES_NOT_HOLD,
            f"{finding.subject}: {finding.kind.id}",
            f"after {evidence.rounds[finding.key]} repairs still: {finding.message}",
            {"finding": finding.digest},
            finding.image_id,
        )
        for finding in found
        if finding.kind.repair is not Repair.DERIVE and _is_exhausted(finding, evidence, context)
    )


def _is_exhausted(finding: Finding, evidence: Evidence, context: DecideContext) -> bool:
    return evidence.rounds.get(finding.key, 0) >= context.max_repair_rounds


def _needs_person(finding: Finding, context: DecideContext) -> bool:
    if finding.digest in context.acknowledged:
        return False
    if finding.kind.repair is Repair.DELETE:
        return not context.deletions
    return finding.kind.repair is Repair.REVIEW


def _is_repaired(finding: Finding, evidence: Evidence, context: DecideContext) -> bool:
    """Whether an event of ours is to mend it; not if a person will not have it mended."""
    if finding.digest in context.acknowledged or _is_exhausted(finding, evidence, context):
        return False
    match finding.kind.repair:
        case Repair.INDEX | Repair.COPY | Repair.DEINDEX:
            return True
        case Repair.DELETE:
            return context.deletions
        case Repair.UPDATE_METADATA:
            return context.repair_item_metadata
        case Repair.DERIVE:
            return context.derive
        case Repair.REVIEW | Repair.NONE:
            return False


def _waits_for_second_look(finding: Finding, context: DecideContext) -> bool:
    if finding.kind is not STRAY_COPIED:
        return False
    return _second_look_at(finding, context) > context.now.timestamp()


def _second_look_at(finding: Finding, context: DecideContext) -> float:
    now = context.now.timestamp()
    seen = context.evidence.confirmations.get(finding.digest)
    confirm = context.delete_confirm.total_seconds()
    # The audit that saw it first is never the one that confirms it.
    return now + max(confirm, 1.0) if seen is None else seen + confirm


def _second_look_in(waiting: Iterable[Finding], context: DecideContext) -> timedelta:
    last = max(_second_look_at(finding, context) for finding in waiting)
    return timedelta(seconds=last - context.now.timestamp())


def _without_waiting(wanted: list[Finding], waiting: list[Finding]) -> list[Finding]:
    """What can be repaired before the deletes are confirmed.

    An image is taken out of index.json together with its file, and index.json is removed last.
    """
    subjects = {finding.subject for finding in waiting}
    copies = any(finding.kind is STRAY_NOT_COPIED for finding in wanted)
    return [
        finding
        for finding in wanted
        if finding not in waiting
        and not (finding.kind is STRAY_LISTED and finding.subject in subjects)
        and not (finding.kind is LEFTOVER_INDEX and (subjects or copies))
    ]


def _held(
    outcome: Outcome, seconds: timedelta, findings: tuple[Finding, ...], evidence: Evidence
) -> Verdict:
    return Verdict(
        Status.DEFERRED,
        outcome.id,
        outcome.meaning,
        evidence,
        findings,
        next_audit_in=seconds,
    )


def _count_round(chosen: Iterable[Finding], evidence: Evidence) -> Evidence:
    more = {finding.key: evidence.rounds.get(finding.key, 0) + 1 for finding in chosen}
    return replace(evidence, rounds={**evidence.rounds, **more})


def _clean(
    expected: Expected,
    actual: Actual,
    findings: tuple[Finding, ...],
    evidence: Evidence,
    context: DecideContext,
) -> Verdict:
    """Nothing to repair, whatever is recorded."""
    if expected.life in (Life.MERGED, Life.GONE):
        outcome = catalogue.DARKENED if isinstance(actual, Dark) else catalogue.RESIDUE
        return Verdict(Status.LEGACY, outcome.id, outcome.meaning, evidence, findings)
    message = ""
    reason = "clean"
    if expected.life is Life.DARKENED or isinstance(actual, Dark):
        reason, message = catalogue.DARKENED.id, catalogue.DARKENED.meaning
    elif not expected.has_art:
        reason, message = catalogue.NOTHING_TO_SHOW.id, catalogue.NOTHING_TO_SHOW.meaning
    again = _again(expected, actual, evidence, context)
    return Verdict(Status.CLEAN, reason, message, evidence, findings, next_audit_in=again)


def _round(expected: Expected, context: DecideContext) -> timedelta:
    return next_in_round(expected.gid, context.now, context.reaudit)


def _again(
    expected: Expected, actual: Actual, evidence: Evidence, context: DecideContext
) -> timedelta | None:
    """When a clean entity comes back; where there is nothing at all, not before an event."""
    if expected.life is Life.LIVE and not expected.has_art and isinstance(actual, Missing):
        return None
    if context.was_ill or (context.is_regular and has_changed(context.evidence, evidence)):
        return next_in_round(expected.gid, context.now, context.reaudit / SOONER)
    return _round(expected, context)


def _clean_evidence(
    expected: Expected, actual: Actual, comparison: Comparison, evidence: Evidence
) -> Evidence:
    """What the next audit may rely on, once nothing but older formats is wrong.

    An original whose new bytes a person knows of keeps the old evidence, and so its finding.
    """
    if expected.life is not Life.LIVE or not isinstance(actual, Item):
        return replace(evidence, index_md5=None, xml_md5=None, fields_digest=None, originals={})
    files, fields = actual.record.files, expected.fields
    index = files.get(names.INDEX_JSON)
    xml = files.get(names.metadata_xml(expected.gid)) if comparison.xml_is_right else None
    originals = {}
    for image in expected.images:
        file = files.get(names.image(expected.gid, image.id, image.suffix))
        if file is not None and file.md5 is not None:
            originals[image.id] = file.md5[:MD5_PREFIX]
    for finding in comparison.findings:
        if finding.kind is ORIGINAL_REPLACED and finding.image_id is not None:
            originals[finding.image_id] = evidence.originals[finding.image_id]
    return replace(
        evidence,
        index_md5=None if index is None else index.md5,
        xml_md5=None if xml is None else xml.md5,
        fields_digest=None if xml is None or fields is None else fields_digest(fields),
        originals=originals,
    )
