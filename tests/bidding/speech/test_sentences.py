"""What is said was announced before; a price is in no sentence before its line was read."""

import pytest
from hall_given import HOST, PLATFORM, SIGNATURE, SUPERVISOR, Hall, bid, closed, opening

from bidding.speech.engine import open_engine
from bidding.speech.sentences import TURNS, Language, sentence
from bidding.speech.wav import read_pcm
from ceremony.errors import Refusal
from opening_hall import domain as d

PRICES = ("46000000", "46 million", "46.1 million", "46.2 million", "四千六百")


def refused(hall: Hall, what: str) -> None:
    with pytest.raises(Refusal) as refusal:
        sentence(hall.state, what, "zh")
    assert refusal.value.code == "not-announced"


def everything(hall: Hall, language: Language) -> list[str]:
    """All that the hall would say now, whoever asks for what."""
    said = []
    asked = [f"turn-{n}" for n in range(60)] + [f"line-main-{b}" for b in hall.state.bids]
    for what in asked:
        try:
            said.append(sentence(hall.state, what, language))
        except Refusal as refusal:
            assert refusal.code == "not-announced"
    return said


def test_a_line_is_said_when_it_was_read_and_not_before() -> None:
    hall = Hall(d.Rules(line_seconds=20)).to_opening().release_hall()
    hall.do(PLATFORM, d.ReportOpenings({bid(n): opening(n) for n in range(3)}))
    assert hall.state.phase is d.Phase.READING
    refused(hall, f"line-main-{bid(0)}")
    hall.tick()
    assert sentence(hall.state, f"line-main-{bid(0)}", "zh").endswith(
        "投标报价四千六百万元整，工期三百日历天。"
    )
    assert "46 million yuan" in sentence(hall.state, f"line-main-{bid(0)}", "en")
    refused(hall, f"line-main-{bid(1)}")


@pytest.mark.parametrize(
    ("rules", "zh", "en"),
    [
        (
            d.Rules(),
            "第一家，北京甲建设有限公司，四千六百万元。",
            "Number 1, 北京甲建设有限公司, Price 46 million yuan.",
        ),
        (
            d.Rules(line_seconds=7),
            "第一家，北京甲建设有限公司，投标报价四千六百万元整，工期三百日历天。",
            "Number 1, 北京甲建设有限公司, Price 46 million yuan, Duration 300 日历天.",
        ),
    ],
)
def test_a_line_is_as_long_as_the_reading_leaves_time(rules: d.Rules, zh: str, en: str) -> None:
    hall = Hall(rules).to_opening().release_hall()
    hall.do(PLATFORM, d.ReportOpenings({bid(n): opening(n) for n in range(3)}))
    hall.tick()
    assert sentence(hall.state, f"line-main-{bid(0)}", "zh") == zh
    assert sentence(hall.state, f"line-main-{bid(0)}", "en") == en


@pytest.mark.skipif(open_engine("auto") is None, reason="espeak-ng is not installed")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_default_pace_is_kept_by_the_voice(language: Language) -> None:
    hall = Hall(d.Rules()).to_opening().release_hall()
    hall.do(PLATFORM, d.ReportOpenings({bid(n): opening(n) for n in range(3)}))
    hall.tick()
    engine = open_engine("auto")
    assert engine is not None
    rate, samples = read_pcm(engine.speak(sentence(hall.state, f"line-main-{bid(0)}", language), language))
    assert len(samples) / rate <= d.Rules().line_seconds


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_price_is_in_any_sentence_before_the_reading(language: Language) -> None:
    hall = Hall(d.Rules(line_seconds=5), benchmark="45900000.00")
    stations = (
        hall.to_identifying,
        hall.release_identities,
        hall.report,
        lambda: hall.release(0, 1, 2),
        hall.sign_admitted,
        hall.release_hall,
    )
    for go_on in stations:
        go_on()
        for text in everything(hall, language):
            assert not any(price in text for price in (*PRICES, "45.9 million", "四千五百九十"))
    hall.do(PLATFORM, d.ReportOpenings({bid(n): opening(n) for n in range(3)}))
    assert any("45.9 million" in text or "四千五百九十万" in text for text in everything(hall, language))
    assert not any(price in text for text in everything(hall, language) for price in PRICES)


def test_before_the_list_nothing_is_said() -> None:
    hall = Hall().to_identifying()
    assert everything(hall, "zh") == []


def test_an_opening_that_ends_before_its_list_says_so_and_asks_nobody_to_sign() -> None:
    failed = Hall().to_identifying({bid(0): closed(0)})
    said = everything(failed, "zh")
    assert said[0] == "本标段流标：投标截止时投标人不足法定数量，不得开标。"
    assert not any("签署" in one for one in said)


@pytest.mark.parametrize(
    "what", ["", "turn", "turn-", "turn-999", "turn-x", "line-main", "line-other-b_0000", "chat-1"]
)
def test_what_there_is_not_is_not_said(what: str) -> None:
    refused(Hall().to_objection(), what)


def test_every_turn_can_be_said_in_both_languages() -> None:
    hall = Hall(d.Rules(draw=d.DrawRule("coefficient", ("0.95", "0.96")))).to_decrypting()
    hall.do(SUPERVISOR, d.Suspend(d.SuspendCode.SUPERVISOR, "核查"))
    hall.later(60).do(SUPERVISOR, d.Resume("已核实"))
    hall.do(HOST, d.ExtendDecryption(300, "多家反映网络中断"))
    hall.release(0, 1, 2).sign_admitted().open_all().read()
    hall.tick()
    hall.tick()
    hall.finish_record()
    aborted = Hall().to_list()
    aborted.do(HOST, d.Abort(d.AbortCode.DATA_LOSS, "存储损坏", SIGNATURE))
    failed = Hall().to_decrypting().release(0)
    failed.tick()
    failed.do(HOST, d.Adjudicate((bid(1), bid(2)), d.Cause.BIDDER, "未解密", SIGNATURE))
    failed.do(HOST, d.FixAdmitted())
    told = {turn.kind for one in (hall, aborted, failed) for turn in one.state.course}
    assert told & set(TURNS) == set(TURNS) - {"reconvened"}
    for one in (hall, aborted, failed):
        assert len(everything(one, "zh")) == len(everything(one, "en"))
        assert all(
            text[-1] in "。." and "{" not in text for text in everything(one, "zh") + everything(one, "en")
        )
