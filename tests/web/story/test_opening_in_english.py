"""A whole opening in English: everybody releases, nothing fails, the record is signed and sealed."""

from __future__ import annotations

from pathlib import Path

from web.conftest import ContextFactory
from web.harness import PHONE, Platform
from web.staging import slowness, stage
from web.story.playing import EN, enter, verified_archive

from bidding.client.inhall import confirm_line
from bidding.client.record import fetch_record, sign_record

#: All of them end as soon as everybody has acted.
RULES = {"phase_a_seconds": 200, "confirmation_seconds": 200, "objection_seconds": 3, "signing_seconds": 200}


def test_an_opening_in_english(platform: Platform, new_context: ContextFactory, tmp_path: Path) -> None:
    staged = stage(platform, tmp_path / "lot", 25 * slowness(), rules=RULES)
    host = enter(new_context("en"), staged, "agency", EN)
    tenderer = enter(new_context("en"), staged, "tenderer", EN)
    supervisor = enter(new_context("en"), staged, "supervisor", EN)
    bidder = enter(new_context("en", viewport=PHONE), staged, "甲", EN)

    staged.reach("IDENTIFYING", 300)
    tenderer.release_shares("tenderer", first=True)
    host.release_shares("agency", first=True)
    bidder.press("release")
    bidder.use_key_file(staged.package("甲") / "bid-key.json")
    bidder.sees("released")
    # The supervisor stops the clocks for a moment; everybody gets the time back.
    supervisor.press("suspend")
    supervisor.dialog.get_by_label(EN["reason"], exact=True).fill("Checking the network.")
    supervisor.dialog.get_by_role("button", name="Suspend", exact=True).click()
    supervisor.dialog.get_by_role("button", name=EN["sure"], exact=True).click()
    supervisor.panel.get_by_role("button", name="Resume", exact=True).click()
    staged.release("乙", "丙")
    for one in (tenderer, host):
        one.press("admitted")
    tenderer.release_shares("tenderer", first=False)
    host.release_shares("agency", first=False)

    bidder.sees("sealed as")
    bidder.press("confirm")
    for name in ("乙", "丙"):
        with staged.hall(name) as hall:
            hall.until(lambda seen: "ConfirmLine" in seen.may, seconds=40)
            confirm_line(hall, staged.bidders[name].signer)
    bidder.press("sign record")
    for name in ("乙", "丙"):
        with staged.hall(name) as hall:
            pdf = fetch_record(staged.account(name).api, staged.lot, hall.view["record"]["rendered"])
            sign_record(hall, pdf, staged.bidders[name].signer)
    for one in (host, tenderer, supervisor):
        one.press("seal")
    staged.reach("RECORDED")
    bidder.prove_first_receipt()
    supervisor.sees("chain")
    assert verified_archive(staged, tmp_path)["verified"] is True
