/** From what was entered to what is sealed. */
import { iso, b64 } from '@/crypto/canonical'
import type { Signer } from '@/identity/signer/signer'
import type { Session } from '@/identity/session'
import { now } from '@/clock'
import { checkForm } from '../form/rules'
import { fieldsOf } from '../lot/package'
import type { CheckedLot } from '../lot/check'
import type { BidRecord } from '../state/db'
import type { IdentityFacts, SealPart } from '../upload/messages'
import { environment } from '../selfcheck/environment'
import { agreement } from './consortium'
import type { Draft } from './draft'
import type { Offer } from './run'

export interface Choices {
  passphrase: string
  shared: boolean
  replacing: { record: BidRecord; key: CryptoKey } | null
  /** Bids of mine for the lot before this one. */
  earlier: readonly BidRecord[]
}

function representative(draft: Draft, session: Session, lot: CheckedLot): Record<string, string> {
  const named = draft.representative.trim().normalize('NFC') || session.person.name
  const signed = draft.members.filter((one) => one.signature)
  return {
    name: named,
    ...(draft.members.length >= 2 && signed.length === draft.members.length
      ? { consortium: b64(agreement(lot.raw.tender, lot.raw.lot, draft.members)), consortiumSignatures: signed.map((one) => one.signature).join(' ') }
      : {}),
    ...(draft.mandate ? { mandate: draft.mandate.mandate, mandateSignature: draft.mandate.signature } : {}),
  }
}

function identityOf(draft: Draft, session: Session, lot: CheckedLot, earlier: readonly BidRecord[]): IdentityFacts {
  const contact = Object.fromEntries(Object.entries(draft.contact).map(([name, text]) => [name, text.trim().normalize('NFC')]).filter(([, text]) => text))
  return {
    organisation: { name: session.organisation.name.normalize('NFC'), creditCode: session.creditCode },
    members: draft.members.length >= 2 ? draft.members.map(({ name, creditCode }) => ({ name: name.trim().normalize('NFC'), creditCode: creditCode.trim().toUpperCase() })) : [],
    contact,
    representative: representative(draft, session, lot),
    deposit: null,
    device: { ...environment(), sealedAt: iso(new Date(now())) },
    replaces: earlier.map((one) => one.bid),
  }
}

export function partsOf(draft: Draft, lot: CheckedLot): SealPart[] {
  return lot.raw.parts.map((part) => ({
    name: part,
    form: checkForm(draft.values[part] ?? {}, fieldsOf(lot.raw, part)).form,
    files: (draft.files[part] ?? []).map(({ name, file }) => ({ name, file })),
  }))
}

const MIB = 1 << 20
/** What the ciphertexts take on disk: padding adds at most 12 %. */
export const roomFor = (parts: readonly SealPart[]): number =>
  parts.reduce((sum, part) => sum + part.files.reduce((total, one) => total + one.file.size + 1024, 0) * 1.125 + 3 * MIB, 0)

export function offerOf(draft: Draft, lot: CheckedLot, session: Session, signer: Signer, choices: Choices): Offer {
  const parts = partsOf(draft, lot)
  return {
    owner: session.person.id,
    title: lot.raw.title,
    deadline: lot.raw.deadline,
    revision: lot.raw.revision,
    replacing: choices.replacing,
    shared: choices.shared,
    room: roomFor(parts),
    request: {
      tender: lot.raw.tender,
      lot: lot.raw.lot,
      round: lot.raw.round,
      docsHash: lot.raw.docsHash,
      keyset: lot.keyset.encode(),
      parts,
      identity: identityOf(draft, session, lot, choices.earlier),
      signer: signer.material(),
      passphrase: choices.passphrase,
      prev: choices.replacing?.record.submission ?? null,
    },
  }
}
