"""开标记录表: columns, head, incidents, objections; the same events give the same bytes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from event_samples import SAMPLES
from hall_given import (
    AGENCY,
    DEPUTY,
    HOST,
    OWNER,
    PLATFORM,
    SIGNATURE,
    SUPERVISOR,
    TENDERER,
    Hall,
    bid,
    bidder,
    identity,
    junk,
    opening,
    setup,
    sha,
)

from crypto.canonical import parse_canonical
from crypto.errors import Invalid
from opening_hall import domain as d
from opening_hall.record.incidents import LINES, incidents_of
from opening_hall.record.minutes import COLUMNS, NONE, Minutes, minutes, moment

RULES = d.Rules(line_seconds=0)


def cell(made: Minutes, number: d.BidId, key: str) -> str:
    row = next(row for row in made.rows if row.bid == number)
    return row.cells[[c.key for c in COLUMNS].index(key)]


def fact(made: Minutes, key: str) -> str:
    return next(f.value for f in made.header if f.key == key)


def test_the_columns_are_those_of_the_record_table() -> None:
    assert "".join(c.zh for c in COLUMNS).startswith("序号投标人统一社会信用代码递交时间完整性校验")
    assert len({c.key for c in COLUMNS}) == 14


def test_a_plain_opening() -> None:
    hall = Hall(RULES).to_record()
    made = minutes(hall.events)
    assert fact(made, "ceiling") == "50000000.00\n人民币伍仟万元整"
    assert fact(made, "host") == "韩主持（韩主持单位）"
    assert fact(made, "witness") == "—"
    assert fact(made, "openedAt") == "2026-11-22 16:00:00.000"
    assert fact(made, "result") == "共唱标 3 家"
    assert cell(made, bid(0), "price") == "46000000.00\n人民币肆仟陆佰万元整"
    assert cell(made, bid(0), "period") == "300 日历天"
    assert cell(made, bid(0), "deposit") == "保函\n800000.00"
    assert cell(made, bid(0), "integrity") == "通过"
    assert cell(made, bid(0), "decryption").startswith("成功\n2026-11-22 16:00:")
    assert cell(made, bid(0), "confirmed").startswith("未在规定时间内确认，视同认可")
    assert cell(made, bid(0), "remarks") == "—"
    assert [s.seat for s in made.signatories] == [str(HOST), str(TENDERER), str(SUPERVISOR)]
    assert made.admitted_hash == hall.state.admitted_hash


def test_english_values_under_the_same_labels() -> None:
    hall = Hall(RULES).to_record()
    zh, en = minutes(hall.events), minutes(hall.events, "en")
    assert zh.columns == en.columns
    assert cell(en, bid(0), "integrity") == "passed"
    assert fact(en, "result") == "3 bids read"
    assert zh.encode() != en.encode()


def test_the_same_events_give_the_same_bytes_and_canonical_ones() -> None:
    events = Hall(RULES).to_record().events
    made = minutes(events).encode()
    assert made == minutes(tuple(events)).encode()
    assert isinstance(parse_canonical(made, limit=1 << 20), dict)


def test_every_way_a_bid_can_end() -> None:
    hall = Hall(RULES, bids=8)
    hall.to_list(
        {
            bid(3): junk("bad-signature"),
            bid(4): identity(4, owner=1),
            bid(5): identity(
                5,
                members=(d.Member("牵头公司", "1"), d.Member("成员公司", "2")),  # type: ignore[arg-type]
                reason="time-stamp-delayed",
                deposit={"bank": "某银行"},
            ),
        }
    )
    hall.do(bidder(7), d.ReleaseKey(bid(7), "main", "hall", "wrong-bidder-key"))
    hall.release(0, 4, 2, 5)
    hall.tick()
    hall.do(HOST, d.Adjudicate((bid(3), bid(6)), d.Cause.BIDDER, "未解密", SIGNATURE))
    hall.do(HOST, d.Adjudicate((bid(7),), d.Cause.PLATFORM, "平台故障", SIGNATURE))
    hall.do(HOST, d.FixAdmitted())
    hall.sign_admitted()
    hall.open_all({bid(2): d.Opening(False, reason="bad-ciphertext"), bid(0): opening(0, "51000000.00")})
    hall.do(bidder(0), d.ConfirmLine(bid(0)))
    made = minutes(hall.events)
    assert cell(made, bid(3), "bidder") == "身份未能核验\nb_0003"
    assert cell(made, bid(3), "integrity") == "投标签名无效"
    assert cell(made, bid(3), "price") == "—"
    assert "保持密封" in cell(made, bid(1), "decryption")
    assert "视为撤销" in cell(made, bid(6), "decryption")
    assert "未在规定时间内解密" in cell(made, bid(6), "decryption")
    assert "视为撤回" in cell(made, bid(7), "decryption")
    assert "原因待查" in cell(made, bid(2), "decryption")
    assert cell(made, bid(5), "bidder").endswith("成员公司")
    assert cell(made, bid(5), "deposit") == "bank: 某银行"
    assert cell(made, bid(5), "remarks") == "时间戳迟延，按接收时间核验\n联合体"
    assert cell(made, bid(0), "remarks") == "高于最高投标限价（提示）"
    assert cell(made, bid(0), "confirmed").startswith("投标人在线确认")
    kinds = [line.kind for line in made.incidents]
    assert kinds.count("Adjudicated") == 3
    assert "ReleaseFailed" in kinds
    # Listed bids in their order, then the others by time of receipt.
    assert [row.cells[0] for row in made.rows][-2:] == ["—", "—"]


def test_the_record_before_and_while_bids_are_released() -> None:
    sealed = minutes(Hall(RULES).to_identifying().events)
    assert cell(sealed, bid(0), "integrity") == "—"
    assert cell(sealed, bid(0), "decryption") == "—"
    released = minutes(Hall(RULES).to_decrypting().release(0).events)
    assert cell(released, bid(0), "decryption").startswith("已解密")
    assert minutes(Hall(RULES).events).rows == ()


def test_a_certificate_questioned_afterwards_is_a_remark_beside_the_price() -> None:
    hall = Hall(RULES).to_record()
    hall.do(PLATFORM, d.RejudgeCertificates({bid(0): d.Rejudgement(False, "certificate-revoked")}))
    hall.do(HOST, d.Adjudicate((bid(0),), d.Cause.BIDDER, "核实", SIGNATURE))
    made = minutes(hall.events)
    assert cell(made, bid(0), "decryption").startswith("成功")
    assert cell(made, bid(0), "remarks") == "证书已被吊销"


def test_form_fields_find_their_columns() -> None:
    form = (
        *setup().form,
        d.FieldDef("quality", "质量", "Quality", "text"),
        d.FieldDef("manager", "项目经理", "Manager", "text"),
        d.FieldDef("safety_fee", "安全文明施工费", "Safety fee", "money", unit="元"),
    )
    full = {"price": "x", "quality": "合格", "manager": "李四", "safety_fee": "10000.00"}
    result = d.Opening(True, full, "", "", "")
    hall = Hall(RULES, form=form).to_opening().open_all({bid(0): result})
    made = minutes(hall.events)
    assert cell(made, bid(0), "price") == "x"
    assert cell(made, bid(0), "quality") == "合格"
    assert cell(made, bid(0), "leader") == "李四"
    assert cell(made, bid(0), "other") == "安全文明施工费：10000.00 元"
    assert cell(made, bid(0), "period") == "—"
    assert cell(minutes(hall.events, "en"), bid(0), "other") == "Safety fee：10000.00 元"


def test_incidents_objections_and_talk() -> None:
    hall = Hall(RULES, bids=4).to_identifying()
    hall.do(AGENCY, d.ReportDealing(bid(3), "identity", "envelope-mismatch"))
    hall.do(AGENCY, d.ReleaseIdentityShares((bid(0), bid(1), bid(2))))
    hall.do(OWNER, d.ReleaseIdentityShares((bid(0), bid(1), bid(2)), {bid(3): "false-share"}))
    hall.do(PLATFORM, d.ReportIdentities({bid(n): identity(n) for n in range(3)}, {bid(3): "shares-missing"}))
    hall.do(HOST, d.Adjudicate((bid(3),), d.Cause.AGENCY, "缺席", SIGNATURE))
    hall.do(HOST, d.ExtendDecryption(60, "CA 故障"))
    hall.do(SUPERVISOR, d.Suspend(d.SuspendCode.ATTACK, "攻击"))
    hall.later(1.5).do(SUPERVISOR, d.Resume())
    hall.do(DEPUTY, d.HandOverHost("p_deputy", "掉线", SIGNATURE))
    hall.do(bidder(0), d.RaiseObjection("o1", "异议一", SIGNATURE))
    hall.do(bidder(1), d.RaiseObjection("o2", "异议二", SIGNATURE))
    hall.do(DEPUTY, d.AnswerObjection("o1", "答复", d.Resolution.ANSWERED, SIGNATURE))
    hall.do(HOST, d.Say("各位好"))
    hall.do(DEPUTY, d.Abort(d.AbortCode.TAMPERING, "篡改", SIGNATURE))
    made = minutes(hall.events)
    text = "\n".join(line.text for line in made.incidents)
    for words in (
        "开标人员 赵代表 提供的密钥份额与承诺不一致：b_0003",
        "b_0003：主持人 韩主持 认定为代理机构原因",
        "开标人员 韩主持 报告密钥信封有误：b_0003，身份核验，密钥信封与承诺不一致",
        "延长：CA 故障",
        "暂停（网络攻击）：攻击",
        "顺延 1.500 秒",
        "主持职责由 主持人 韩主持 移交 副主持人 邓副",
        "终止（数据被篡改）：篡改",
    ):
        assert words in text, words
    assert [o.resolution for o in made.objections] == ["已当场答复", "未达成一致，记录在案，可依法投诉"]
    assert (made.objections[1].answer, made.objections[1].answered_at) == ("", "")
    assert [(line.kind, line.text) for line in made.chat] == [("主持人 韩主持", "各位好")]
    assert fact(made, "result") == "数据被篡改"
    assert made.signatories[0].function == "主持人"


def test_a_failed_lot_says_why() -> None:
    made = minutes(Hall(RULES, bids=2).to_identifying().events, "en")
    assert fact(made, "result").startswith("fewer bids than the minimum")
    assert "2 of at least 3" in made.incidents[-1].text


def test_the_second_session_tells_of_its_own_bids() -> None:
    hall = Hall(RULES, bids=4, parts=("technical", "price")).to_record()
    hall.finish_record()
    hall.do(HOST, d.Reconvene((bid(1), bid(3)), "技术评审通过", SIGNATURE))
    hall.release(1, 3).sign_admitted().open_all()
    made = minutes(hall.events)
    assert made.part == "price"
    assert [row.bid for row in made.rows] == [bid(1), bid(3)]
    assert "复会（价格标）：技术评审通过" in [line.text for line in made.incidents]


def test_files_that_do_not_decrypt_behind_the_form_are_an_incident() -> None:
    hall = Hall(RULES).to_record()
    hall.do(PLATFORM, d.Diagnose("payload-unreadable", {"part": "main", "reason": "bad-ciphertext"}, bid(0)))
    hall.do(PLATFORM, d.Diagnose("payload-unreadable", {"part": "main", "reason": "bad-ciphertext"}))
    last = minutes(hall.events).incidents[-1]
    assert "密文不完整或被改动" in last.text
    assert last.kind == "DiagnosticReported"


def test_who_did_not_sign_is_an_incident() -> None:
    hall = Hall(RULES).to_record().render()
    hall.do(bidder(0), d.SignRecord(sha("pdf"), SIGNATURE))
    hall.tick()
    assert minutes(hall.events).incidents[-1].text == "2 家投标人未在规定时间内签署开标记录"


def test_events_without_a_set_up_make_no_record() -> None:
    with pytest.raises(Invalid) as refusal:
        minutes(())
    assert refusal.value.code == "minutes-empty"


def test_every_kind_of_incident_has_lines_in_both_languages() -> None:
    state = Hall(RULES).to_list().state
    for kind in LINES:
        for line in incidents_of(state, SAMPLES[kind]):
            assert line.zh
            assert line.en
    assert incidents_of(state, d.SigningClosed(())) == []
    quiet = replace(SAMPLES[d.CoefficientDrawn], missing=())  # type: ignore[call-arg]
    assert incidents_of(state, quiet) == []
    assert incidents_of(state, d.ObjectionsClosed()) == []


def test_moments_are_beijing_time_to_the_millisecond() -> None:
    at = setup().opens_at + timedelta(milliseconds=7)
    assert moment(at) == "2026-11-22 16:00:00.007"


def test_a_host_without_an_entry_is_named_by_its_seat() -> None:
    made = minutes(Hall(RULES, seats=()).events)
    assert fact(made, "host") == ""
    assert [s.name for s in made.signatories] == [""]


def test_the_tenderers_estimate_is_secret_until_the_reading() -> None:
    def shown(hall: Hall) -> str:
        return next(fact.value for fact in minutes(hall.events).header if fact.key == "benchmark")

    assert shown(Hall(benchmark="4800000.00").to_list()) == NONE
    assert "4800000.00" in shown(Hall(benchmark="4800000.00").to_reading()).replace(",", "")
