"""What the hall says, in Chinese and English: turns of the course and lines that were read. Pure.

Everything here is made from what the public's view already shows: a price before its line was read is in no
sentence, because it is in no view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from bidding.speech.numerals import amount_en, amount_zh, count_zh, time_en, time_zh
from bidding.speech.pace import fitting, room, seconds
from ceremony.errors import Refusal
from opening_hall.record import words
from opening_hall.record.words import word
from opening_hall.state import State
from opening_hall.view import ANYONE, announced, view

Language = Literal["zh", "en"]
Told = Mapping[str, Any]
Both = tuple[str, str]
Fields = Sequence[tuple[Told, str]]


def _until(turn: Told) -> Both:
    at = turn.get("until")
    return (time_zh(at), time_en(at)) if at else ("", "")


def _list(turn: Told) -> Both:
    n = turn["count"]
    return (
        f"投标人名单已公布，共{count_zh(n)}家投标人。",
        f"The list of bidders is announced: {n} bidders.",
    )


def _decrypting(turn: Told) -> Both:
    zh, en = _until(turn)
    return (
        f"投标人解密现在开始，请各投标人在{zh}之前完成解密。",
        f"Decryption by the bidders begins now. Please release your keys before {en}.",
    )


def _extended(turn: Told) -> Both:
    zh, en = _until(turn)
    return (
        f"解密时间对全体投标人延长至{zh}。理由：{turn['reason']}。",
        f"The time to decrypt is extended for everybody until {en}. Reason: {turn['reason']}.",
    )


def _ended(turn: Told) -> Both:
    done, missing = turn["released"], turn["missing"]
    return (
        f"投标人解密结束，已解密{count_zh(done)}家，未解密{count_zh(missing)}家。",
        f"Decryption by the bidders has ended: {done} decrypted, {missing} not.",
    )


def _admitted(turn: Told) -> Both:
    n = turn["count"]
    return (
        f"开启名单已确定，共{count_zh(n)}家，请开标人员进行二次解密。",
        f"The admitted set is fixed: {n} bids. The key officers decrypt a second time.",
    )


def _drawn(turn: Told) -> Both:
    return f"抽取结果为{turn['value']}。", f"The result of the draw is {turn['value']}."


def _reading(turn: Told) -> Both:
    zh, en = f"现在开始唱标，共{count_zh(turn['count'])}家。", f"The reading begins: {turn['count']} bids."
    if "ceiling" in turn:
        zh += f"最高投标限价{amount_zh(turn['ceiling'])}。"
        en += f" The ceiling is {amount_en(turn['ceiling'])}."
    if "benchmark" in turn:
        zh += f"标底{amount_zh(turn['benchmark'])}。"
        en += f" The tenderer's estimate is {amount_en(turn['benchmark'])}."
    return zh, en


def _confirming(turn: Told) -> Both:
    zh, en = _until(turn)
    return (
        f"唱标完毕，请各投标人在{zh}之前确认报价。",
        f"All bids were read. Bidders, please confirm your lines before {en}.",
    )


def _objections(turn: Told) -> Both:
    zh, en = _until(turn)
    return (
        f"报价确认结束。投标人对开标有异议的，请在{zh}之前提出。",
        f"Confirmation is closed. Bidders may object to the opening until {en}.",
    )


def _suspended(turn: Told) -> Both:
    zh, en = (word(words.SUSPENDED, turn["code"], n) for n in (0, 1))
    return (
        f"开标暂停，所有计时停止。{zh}：{turn['reason']}。",
        f"The opening is suspended and all clocks stand still. {en}: {turn['reason']}.",
    )


def _resumed(_: Told) -> Both:
    return (
        "开标恢复，各项时限按停止的时间同等顺延。",
        "The opening goes on. Every deadline moves by the lost time.",
    )


def _failed(turn: Told) -> Both:
    zh, en = (word(words.FAILED, turn["code"], n) for n in (0, 1))
    return f"本标段流标：{zh}。", f"This lot has failed: {en}."


def _aborted(turn: Told) -> Both:
    zh, en = (word(words.ABORTED, turn["code"], n) for n in (0, 1))
    return f"开标终止：{zh}。{turn['reason']}。", f"The opening is ended for good: {en}. {turn['reason']}."


def _reconvened(turn: Told) -> Both:
    n = turn["count"]
    return f"现在复会，共{count_zh(n)}家。", f"The opening reconvenes for {n} bids."


def _rendered(turn: Told) -> Both:
    # Nobody is asked to sign the record of an opening that failed or was ended.
    if not turn.get("until"):
        return "开标记录已生成。", "The record is ready."
    return "开标记录已生成，请各投标人签署。", "The record is ready. Bidders, please sign it."


def _fixed(zh: str, en: str) -> Callable[[Told], Both]:
    return lambda _: (zh, en)


TURNS: Mapping[str, Callable[[Told], Both]] = {
    "list": _list,
    "decrypting": _decrypting,
    "extended": _extended,
    "decryption-ended": _ended,
    "admitted": _admitted,
    "drawn": _drawn,
    "reading": _reading,
    "confirming": _confirming,
    "objections": _objections,
    "record": _fixed("异议环节结束，正在制作开标记录。", "Objections are closed. The record is being made."),
    "rendered": _rendered,
    "recorded": _fixed("开标记录签章完成，本次开标结束。", "The record is sealed. The opening is complete."),
    "suspended": _suspended,
    "resumed": _resumed,
    "failed": _failed,
    "aborted": _aborted,
    "reconvened": _reconvened,
}
"""Turns that are spoken; the others stand in the log only."""


def sentence(state: State, what: str, language: Language) -> str:
    """What is said for `turn-<n>` or `line-<part>-<bid>`.

    Raises Refusal("not-announced") for whatever the public's view does not show.
    """
    if not announced(state) and state.ending is None:
        raise Refusal("not-announced")
    seen = view(state, ANYONE)
    kind, _, rest = what.partition("-")
    if kind == "turn":
        told = _turn(seen, rest)
    elif kind == "line":
        part, _, bid = rest.rpartition("-")
        told = _line(seen, part, bid, room(state.rules))
    else:
        told = None
    if told is None:
        raise Refusal("not-announced")
    return told[0] if language == "zh" else told[1]


def _turn(seen: Told, number: str) -> Both | None:
    turn = seen.get("course", {}).get(number)
    speak = TURNS.get(turn["kind"]) if turn else None
    return speak(turn) if speak else None


def _line(seen: Told, part: str, bid: str, within: float | None) -> Both | None:
    """Number, name and price, then as much of the form as can be said before the next line is read."""
    row = seen.get("bids", {}).get(bid)
    line = row["parts"].get(part) if row else None
    if not line or not line.get("readAt") or not line.get("form"):
        return None
    told = [
        (field, line["form"][field["name"]])
        for field in seen["hall"]["form"].values()
        if field["part"] == part and line["form"].get(field["name"])
    ]
    number, name = row["number"], row["name"]
    zh = _said(f"第{count_zh(number)}家，{name}", told, _field_zh, within)
    en = _said(f"Number {number}, {name}", told, _field_en, within)
    return "，".join(zh) + "。", ", ".join(en) + "."


def _said(head: str, told: Fields, say: Callable[[Told, str], str], within: float | None) -> list[str]:
    amounts = [(field, value) for field, value in told if field["kind"] == "money"]
    others = [say(field, value) for field, value in told if field["kind"] != "money"]
    must = [head, *(say(field, value) for field, value in amounts)]
    taken = fitting(must, others, within)
    if within is not None and not taken and len(amounts) == 1 and seconds("，".join(must)) > within:
        # One amount after a bidder's name can only be its price.
        label = amounts[0][0]["zh" if say is _field_zh else "en"]
        must[1] = must[1].removeprefix(label).strip().removesuffix("整")
    return must + others[:taken]


def _field_zh(field: Told, value: str) -> str:
    if field["kind"] == "money":
        return f"{field['zh']}{amount_zh(value)}"
    whole = field["kind"] == "integer" and value.lstrip("-").isdigit() and len(value) < 16
    return f"{field['zh']}{count_zh(int(value)) if whole else value}{field['unit'] or ''}"


def _field_en(field: Told, value: str) -> str:
    if field["kind"] == "money":
        return f"{field['en']} {amount_en(value)}"
    return f"{field['en']} {value}" + (f" {field['unit']}" if field["unit"] else "")
