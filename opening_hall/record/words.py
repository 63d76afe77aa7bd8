"""Words of the opening record in Chinese and English; every code an event can carry has its words here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Text: TypeAlias = tuple[str, str]
"""Chinese, English."""

CAUSES: Mapping[str, Text] = {
    "BIDDER": ("投标人原因", "the bidder's doing"),
    "PLATFORM": ("平台原因", "the platform's doing"),
    "TENDERER": ("招标人原因", "the tenderer's doing"),
    "AGENCY": ("代理机构原因", "the agency's doing"),
    "UNKNOWN": ("原因待查", "cause not yet known"),
}
PARTS: Mapping[str, Text] = {
    "main": ("投标文件", "Bid"),
    "technical": ("技术标", "Technical part"),
    "price": ("价格标", "Price part"),
    "business": ("商务标", "Commercial part"),
}
EFFECTS: Mapping[str, Text] = {
    "revoked": (
        "视为撤销投标文件；招标文件有规定的，投标保证金可以不予退还",
        "deemed revoked; the deposit may be kept if the documents say so",
    ),
    "withdrawn": (
        "视为撤回投标文件；退还投标保证金，投标人可以要求责任方赔偿直接损失",
        "deemed withdrawn; the deposit is returned and direct loss may be claimed",
    ),
    "pending": ("责任认定前不得关闭开标", "the opening cannot close before the cause is decided"),
}
FAILED: Mapping[str, Text] = {
    "LT3_AT_DEADLINE": (
        "投标截止时投标人不足法定数量，不得开标",
        "fewer bids than the minimum at the deadline; nothing is opened",
    ),
    "LT3_AFTER_RECOUNT": (
        "身份核验后有效投标人不足法定数量，不得开标",
        "fewer distinct verified bidders than the minimum; no price is opened",
    ),
    "LT3_AFTER_DECRYPT": (
        "解密后投标文件不足法定数量，停止开标",
        "fewer released bids than the minimum; the opening stops",
    ),
}
ABORTED: Mapping[str, Text] = {
    "tampering": ("数据被篡改", "data were tampered with"),
    "disclosure": ("截止前泄露", "contents leaked before the deadline"),
    "data-loss": ("数据无法恢复", "data cannot be recovered"),
    "tender-terminated": ("招标终止", "the tender was terminated"),
}
SUSPENDED: Mapping[str, Text] = {
    "platform": ("平台故障", "platform failure"),
    "certificate-authority": ("CA 故障", "certificate authority failure"),
    "network": ("网络故障", "network failure"),
    "attack": ("网络攻击", "attack"),
    "on-the-spot": ("现场问题待解决", "an issue on the spot"),
    "supervisor": ("监督部门要求", "order of the supervising body"),
}
REASONS: Mapping[str, Text] = {
    "consortium-unsigned": ("联合体协议缺失或未经全体成员签署", "no agreement signed by every member"),
    "mandate-invalid": ("授权委托书无效或不适用", "the mandate does not hold for this bid"),
    "not-released": ("未在规定时间内解密", "key not released in time"),
    "wrong-bidder-key": ("解密密钥与投标时的承诺不一致", "the key is not the one committed to at sealing"),
    "dealing-mismatch": ("密钥分发与承诺不一致", "the dealing contradicts its commitments"),
    "envelope-mismatch": ("密钥信封与承诺不一致", "an envelope contradicts its commitment"),
    "false-share": ("密钥份额与承诺不一致", "a share contradicts its commitment"),
    "shares-missing": ("可用密钥份额不足", "too few usable shares"),
    "too-few-shares": ("可用密钥份额不足", "too few usable shares"),
    "bad-identity": ("身份信封内容无效", "the identity box is not valid"),
    "bad-identity-key": ("身份信封无法打开", "the identity box cannot be opened"),
    "bad-manifest": ("投标清单不规范", "the manifest is malformed"),
    "wrong-keyset": ("密封所用的开标密钥不是本标段的", "sealed to another keyset"),
    "wrong-documents": ("密封所依据的招标文件不是有效版本", "sealed on documents that do not count"),
    "wrong-round": ("密封所属轮次不符", "sealed for another round"),
    "bad-cms": ("投标签名格式无效", "the bid's signature is malformed"),
    "bad-signature": ("投标签名无效", "the bid's signature is not valid"),
    "key-commit-mismatch": ("内容密钥与承诺不一致", "the content key contradicts its commitment"),
    "form-commit-mismatch": ("唱标内容与承诺不一致", "the form contradicts its commitment"),
    "bad-form": ("唱标内容不规范", "the form is malformed"),
    "bad-ciphertext": ("密文不完整或被改动", "the ciphertext is damaged or altered"),
    "bad-payload": ("投标文件内容不规范", "the payload is malformed"),
    "object-missing": ("平台存储的投标文件缺失", "the platform's store lost a piece of the bid"),
    "released-key-missing": ("平台未保存已确认的密钥", "the platform lost a key it had acknowledged"),
    "lead-mismatch": ("联合体牵头人与签名人不一致", "the consortium's lead is not the signer"),
    "time-stamp-delayed": ("时间戳迟延，按接收时间核验", "time stamp delayed; judged at the time of receipt"),
    "time-stamp-missing": ("尚无时间戳，按接收时间核验", "no time stamp yet; judged at the time of receipt"),
    "bad-certificate": ("证书格式无效", "the certificate is malformed"),
    "credit-code-mismatch": ("信用代码与证书不一致", "the credit code is not the certificate's"),
    "certificate-untrusted": ("证书不是受信任的机构签发", "the certificate is not by a trusted authority"),
    "certificate-not-yet-valid": ("证书尚未生效", "the certificate was not valid yet"),
    "certificate-path-invalid": ("证书链无效", "the certificate's path is not valid"),
    "certificate-key-usage": ("证书不可用于签名", "the certificate may not sign"),
    "certificate-status-unknown": (
        "证书状态未能查明，记录前复核",
        "status unknown; judged again before the record",
    ),
    "certificate-invalidity-date": ("证书声明了失效时间", "the certificate states a date of invalidity"),
    "certificate-revoked": ("证书已被吊销", "the certificate was revoked"),
    "certificate-expired": ("证书已过期", "the certificate had expired"),
    "over-ceiling": ("高于最高投标限价（提示）", "above the ceiling (remark)"),
    "price-unreadable": ("报价不是数字（提示）", "the price is not a number (remark)"),
}
CONFIRMED: Mapping[str, Text] = {
    "session": ("投标人在线确认", "confirmed by the bidder, signed in"),
    "signed": ("投标人签名确认", "confirmed by the bidder's signature"),
    "deemed": ("未在规定时间内确认，视同认可", "not confirmed in time, deemed to accept"),
    "noted": ("未在规定时间内确认", "not confirmed in time"),
}
RESOLVED: Mapping[str, Text] = {
    "answered": ("已当场答复", "answered on the spot"),
    "unresolved": ("未达成一致，记录在案，可依法投诉", "unresolved, recorded; a complaint may follow"),
}
SUPERSEDED: Mapping[str, Text] = {
    "replaces": (
        "已由同一投标人的后一份投标替换，保持密封",
        "replaced by the same bidder's later bid, stays sealed",
    ),
    "latest": (
        "同一投标人重复投标，以最后一份为准，本份保持密封",
        "duplicate; the latest counts, this one stays sealed",
    ),
    "reject-all": ("同一投标人重复投标，均不予接受，保持密封", "duplicates are all refused and stay sealed"),
}
STAGES: Mapping[str, Text] = {
    "identity": ("身份核验", "verifying the identity"),
    "release": ("投标人解密", "the bidder's release"),
    "opening": ("开启", "the opening"),
    "certificate": ("证书复核", "re-judging the certificate"),
}


def word(table: Mapping[str, Text], code: str, language: int) -> str:
    """The words of a code in a language (0 Chinese, 1 English); the code itself where there are none."""
    return table[code][language] if code in table else code
