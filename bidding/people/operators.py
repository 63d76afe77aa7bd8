"""Operators of the installation (三员): the first ones, and acts over an opening that need two of them."""

from __future__ import annotations

from datetime import datetime

from bidding.deps import Deps
from bidding.people import store
from bidding.people.register import Holder, grant
from bidding.people.roles import OPERATORS, Role
from crypto.translog.engine import reading


def appoint_first(deps: Deps, holder: Holder, now: datetime) -> None:
    """Give the roles that the settings name for a certificate, as long as nobody was appointed otherwise.

    A setting reads `system=<certificate sha256>`; it counts once, so that a role taken away stays away.
    """
    for entry in deps.settings.operators:
        kind, _, sha256 = entry.partition("=")
        role = Role(f"operator:{kind}")
        if sha256.lower() != holder.certificate_sha256 or role not in OPERATORS:
            continue
        with reading(deps.engine) as tx:
            known = store.ever_granted(tx, holder.organisation_id, holder.person_id, role)
        if not known:
            grant(
                deps.log,
                credit_code=holder.credit_code,
                name=holder.organisation,
                person=holder.person_id,
                role=role,
                by="platform:settings",
                now=now,
            )
