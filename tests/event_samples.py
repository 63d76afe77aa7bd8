"""One event of each type, every field filled, for golden leaves and round trips."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hall_given import SIGNATURE, T, bid, closed, code, identity, opening, setup, sha

from crypto.canonical import b64
from opening_hall import domain as d

LATER = datetime(2026, 11, 22, 8, 30, 0, 500000, tzinfo=UTC)
RULES = d.Rules(
    draw=d.DrawRule("benchmark", ("0.95", "0.96"), d.DrawTime.EARLY, "main", ("tenderer:p_tenderer",)),
    citations={"minimum": "招标投标法 art. 28"},
    list_seconds=60,
)
FULL = setup(RULES, deal_code="A08", benchmark="47000000.00", regime="ENG", demonstration=True)
IDENTITY = identity(
    1,
    members=(d.Member("牵头人", code(1)), d.Member("成员", code(2))),
    signed_at=T - timedelta(hours=2),
    replaces=(bid(0),),
    reason="time-stamp-delayed",
    cause=d.Cause.PLATFORM,
)
BY = "host:p_host"

_EVENTS: tuple[d.Event, ...] = (
    d.Scheduled(FULL),
    d.Rescheduled(FULL, "澄清"),
    d.ClosingStarted(T),
    d.Closed({bid(1): closed(1), bid(2): closed(2, T - timedelta(minutes=1))}),
    d.Cosigned("witness-1", sha("note")),
    d.Failed(d.FailedCode.LT3_AT_DEADLINE, 2, 3),
    d.DrawCommitted(BY, sha("c")),
    d.DrawRevealed(BY, b64(b"r" * 32)),
    d.DealingReported("officer:agency", bid(1), "identity", "envelope-mismatch"),
    d.IdentitySharesReleased("officer:agency", (bid(1),), {bid(2): "false-share"}),
    d.IdentitiesVerified({bid(1): IDENTITY}, {bid(2): "shares-missing"}),
    d.DuplicatesResolved(
        {bid(1): d.Superseded(bid(2), "replaces"), bid(3): d.Superseded(None, "reject-all")}
    ),
    d.ListAnnounced((d.ListRow(1, bid(1), code(1), "北京甲建设有限公司"),), LATER),
    d.SignedIn("bidder:" + code(1), "张三", sha("certificate"), code(1)),
    d.DecryptionStarted("main", LATER),
    d.DecryptionExtended(LATER, "CA 故障"),
    d.WrapAcknowledged(bid(1), "receipt:b_0001"),
    d.KeyReleased(bid(1), "main", "hall"),
    d.ReleaseFailed(bid(1), "main", "wrong-bidder-key"),
    d.DecryptionEnded("main", {bid(1): d.Cause.UNKNOWN}),
    d.Adjudicated(bid(1), d.Cause.BIDDER, d.Effect.REVOKED, "未解密", "韩主持 (host:p_host)", SIGNATURE),
    d.AdmittedFixed("main", (bid(1), bid(2)), sha("admitted")),
    d.AdmittedSigned("officer:agency", sha("admitted"), SIGNATURE),
    d.HallSharesReleased("officer:agency", "main", sha("admitted"), {bid(1): "false-share"}),
    d.BidsOpened(
        "main",
        {bid(1): opening(1), bid(2): d.Opening(False, reason="bad-ciphertext", cause=d.Cause.BIDDER)},
        {bid(3): "shares-missing"},
    ),
    d.CoefficientDrawn(
        "benchmark",
        ("0.95", "0.96"),
        {BY: b64(b"r" * 32)},
        {bid(1): b64(b"k" * 32)},
        ("supervisor:p_supervisor",),
        sha("seed"),
        0,
        1,
        "0.96",
    ),
    d.ReadingStarted("main", (bid(1),), "50000000.00", "47000000.00", {"benchmark": "0.96"}, LATER),
    d.LineRead(bid(1), 1, ("over-ceiling",), LATER),
    d.ReadingEnded(LATER),
    d.LineConfirmed(bid(1), d.Confirmed.SIGNED, SIGNATURE),
    d.ConfirmationClosed((bid(2),), d.Confirmed.DEEMED, LATER),
    d.ObjectionRaised("o1", "bidder:" + code(1), "唱标有误", SIGNATURE),
    d.ObjectionAnswered("o1", BY, "无误", d.Resolution.UNRESOLVED, SIGNATURE),
    d.ObjectionsClosed(),
    d.Said(BY, "欢迎"),
    d.DiagnosticReported("platform:", "reachability", {"reachable": "yes"}, bid(1)),
    d.Suspended(d.SuspendCode.NETWORK, "断网", BY, LATER),
    d.Resumed(1_020_000, "恢复", BY),
    d.Aborted(d.AbortCode.TAMPERING, "篡改", BY, SIGNATURE),
    d.Reconvened("price", (bid(1),), "技术评审通过", SIGNATURE, LATER),
    d.HostHandedOver("p_host", "p_deputy", "掉线", "邓副 (deputy:p_deputy)", SIGNATURE),
    d.CertificatesRejudged({bid(1): d.Rejudgement(False, "certificate-revoked", d.Cause.BIDDER)}),
    d.RecordRendered(sha("pdf"), 1000, sha("minutes"), LATER),
    d.RecordSigned(code(1), sha("pdf"), SIGNATURE),
    d.SigningClosed((code(2),)),
    d.SignaturesAttached(sha("attached")),
    d.SealPrepared(BY, sha("digest")),
    d.SealSigned(BY, sha("digest"), SIGNATURE),
    d.RecordSealed(BY, sha("sealed")),
    d.HallClosed(sha("sealed"), True),
)
SAMPLES: Mapping[type[d.Event], d.Event] = {type(event): event for event in _EVENTS}
