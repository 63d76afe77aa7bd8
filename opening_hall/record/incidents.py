"""What the record says beside the table (异常与处置): a line per event off the plain course."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opening_hall import events as e
from opening_hall.record import words
from opening_hall.record.people import actors
from opening_hall.record.words import Text, word
from opening_hall.seats import BidId
from opening_hall.state import State


@dataclass(frozen=True, slots=True)
class Incident:
    """One line of 异常与处置."""

    at: datetime
    kind: str
    zh: str
    en: str


def _who(state: State, bid: BidId) -> str:
    found = state.bids.get(bid)
    if found is not None and found.identity is not None and found.identity.name:
        return found.identity.name
    return bid


def _false(state: State, event: e.IdentitySharesReleased | e.HallSharesReleased) -> list[Text]:
    by = actors(state, event.by)
    return [
        (
            f"{by[0]} 提供的密钥份额与承诺不一致：{_who(state, bid)}（{word(words.REASONS, why, 0)}）",
            f"a share given by {by[1]} is false for {_who(state, bid)} ({word(words.REASONS, why, 1)})",
        )
        for bid, why in event.false.items()
    ]


def _dealing(state: State, event: e.DealingReported) -> list[Text]:
    by = actors(state, event.by)
    why = tuple(word(words.REASONS, event.reason, n) for n in (0, 1))
    part = event.purpose.partition(":")[2] or event.purpose
    key = tuple(word({"identity": words.STAGES["identity"], **words.PARTS}, part, n) for n in (0, 1))
    return [
        (
            f"{by[0]} 报告密钥信封有误：{_who(state, event.bid)}，{key[0]}，{why[0]}",
            f"{by[1]} reports an envelope of {_who(state, event.bid)}: {key[1]}, {why[1]}",
        )
    ]


def _invalid(state: State, results: Mapping[Any, Any], stage: str) -> list[Text]:
    return [
        (
            f"{_who(state, bid)}：{words.STAGES[stage][0]}未通过，{word(words.REASONS, result.reason, 0)}",
            f"{_who(state, bid)}: {words.STAGES[stage][1]} failed, {word(words.REASONS, result.reason, 1)}",
        )
        for bid, result in results.items()
        if not result.ok
    ]


def _identities(state: State, event: e.IdentitiesVerified) -> list[Text]:
    return _invalid(state, event.results, "identity")


def _opened(state: State, event: e.BidsOpened) -> list[Text]:
    return _invalid(state, event.results, "opening")


def _rejudged(state: State, event: e.CertificatesRejudged) -> list[Text]:
    return _invalid(state, event.results, "certificate")


def _duplicates(state: State, event: e.DuplicatesResolved) -> list[Text]:
    return [
        (
            f"{_who(state, bid)}：{words.SUPERSEDED[told.rule][0]}（{bid}）",
            f"{_who(state, bid)}: {words.SUPERSEDED[told.rule][1]} ({bid})",
        )
        for bid, told in event.superseded.items()
    ]


def _extended(_: State, event: e.DecryptionExtended) -> list[Text]:
    return [
        (f"解密时间对全体投标人延长：{event.reason}", f"more time to release for everybody: {event.reason}")
    ]


def _mismatch(state: State, event: e.ReleaseFailed) -> list[Text]:
    return [
        (
            f"{_who(state, event.bid)}：{word(words.REASONS, event.reason, 0)}",
            f"{_who(state, event.bid)}: {word(words.REASONS, event.reason, 1)}",
        )
    ]


def _missing(state: State, event: e.DecryptionEnded) -> list[Text]:
    return [(f"{_who(state, bid)}：未完成解密", f"{_who(state, bid)}: not released") for bid in event.missing]


def _adjudicated(state: State, event: e.Adjudicated) -> list[Text]:
    zh, en = (word(words.CAUSES, event.cause, n) for n in (0, 1))
    effect_zh, effect_en = (word(words.EFFECTS, event.effect, n) for n in (0, 1))
    who, by = _who(state, event.bid), actors(state, event.by)
    return [
        (
            f"{who}：{by[0]} 认定为{zh}，{effect_zh}。理由：{event.reason}",
            f"{who}: {by[1]} finds {en}; {effect_en}. Reason: {event.reason}",
        )
    ]


def _suspended(_: State, event: e.Suspended) -> list[Text]:
    zh, en = (word(words.SUSPENDED, event.code, n) for n in (0, 1))
    return [(f"暂停（{zh}）：{event.reason}", f"suspended ({en}): {event.reason}")]


def _resumed(_: State, event: e.Resumed) -> list[Text]:
    seconds = f"{event.lost / 1000:.3f}"
    return [
        (
            f"恢复，各时限顺延 {seconds} 秒。{event.reason}".strip(),
            f"resumed; every deadline moves by {seconds} s. {event.reason}".strip(),
        )
    ]


def _aborted(_: State, event: e.Aborted) -> list[Text]:
    zh, en = (word(words.ABORTED, event.code, n) for n in (0, 1))
    return [(f"终止（{zh}）：{event.reason}", f"aborted ({en}): {event.reason}")]


def _failed(_: State, event: e.Failed) -> list[Text]:
    zh, en = (word(words.FAILED, event.code, n) for n in (0, 1))
    return [
        (
            f"流标：{zh}（{event.counted} 家，至少 {event.minimum} 家）",
            f"failed: {en} ({event.counted} of at least {event.minimum})",
        )
    ]


def _handed_over(state: State, event: e.HostHandedOver) -> list[Text]:
    before, after = actors(state, event.previous), actors(state, event.to)
    return [
        (
            f"主持职责由 {before[0]} 移交 {after[0]}：{event.reason}",
            f"the host's duty passed from {before[1]} to {after[1]}: {event.reason}",
        )
    ]


def _drawn(state: State, event: e.CoefficientDrawn) -> list[Text]:
    if not event.missing:
        return []
    missing = [actors(state, seat) for seat in event.missing]
    zh, en = "、".join(one[0] for one in missing), ", ".join(one[1] for one in missing)
    return [(f"未公布随机数的席位：{zh}", f"seats that did not reveal: {en}")]


def _reconvened(_: State, event: e.Reconvened) -> list[Text]:
    zh, en = (word(words.PARTS, event.part, n) for n in (0, 1))
    return [(f"复会（{zh}）：{event.reason}", f"reconvened ({en}): {event.reason}")]


def _unreadable(state: State, event: e.DiagnosticReported) -> list[Text]:
    if event.kind != "payload-unreadable" or event.bid is None:
        return []
    why = event.facts.get("reason", "")
    part = tuple(word(words.PARTS, event.facts.get("part", ""), n) for n in (0, 1))
    who = _who(state, event.bid)
    return [
        (
            f"{who}：投标文件（{part[0]}）除唱标内容外无法解密，{word(words.REASONS, why, 0)}",
            f"{who}: the files behind the form ({part[1]}) cannot be decrypted,"
            f" {word(words.REASONS, why, 1)}",
        )
    ]


def _signing(_: State, event: e.SigningClosed) -> list[Text]:
    if not event.missing:
        return []
    return [
        (
            f"{len(event.missing)} 家投标人未在规定时间内签署开标记录",
            f"{len(event.missing)} bidders did not sign the record in time",
        )
    ]


LINES: Mapping[type[e.Event], Callable[[State, Any], list[Text]]] = {
    e.IdentitySharesReleased: _false,
    e.HallSharesReleased: _false,
    e.DealingReported: _dealing,
    e.IdentitiesVerified: _identities,
    e.BidsOpened: _opened,
    e.CertificatesRejudged: _rejudged,
    e.DuplicatesResolved: _duplicates,
    e.DecryptionExtended: _extended,
    e.ReleaseFailed: _mismatch,
    e.DecryptionEnded: _missing,
    e.Adjudicated: _adjudicated,
    e.Suspended: _suspended,
    e.Resumed: _resumed,
    e.Aborted: _aborted,
    e.Failed: _failed,
    e.HostHandedOver: _handed_over,
    e.CoefficientDrawn: _drawn,
    e.Reconvened: _reconvened,
    e.SigningClosed: _signing,
    e.DiagnosticReported: _unreadable,
}


def incidents_of(state: State, event: e.Event) -> list[Incident]:
    """Lines an event adds, in the state after it."""
    lines = LINES.get(type(event))
    if lines is None:
        return []
    return [Incident(event.at, type(event).__name__, zh, en) for zh, en in lines(state, event)]
