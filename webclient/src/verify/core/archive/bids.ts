/** Steps on the sealed bids: what closed is what was sealed, what opened is what was committed to. */
import { type Json, sha256hex, unb64 } from '@/crypto/canonical'
import { hallPurpose, IDENTITY } from '@/crypto/context'
import { checkDealing } from '@/crypto/dealing'
import { Invalid } from '@/crypto/errors'
import { type Manifest, parseManifest, submissionHash, verifyManifest } from '@/crypto/manifest'
import { contentKey, decryptPayload, readForm, reconstruct, verifyBidderKey, verifyForm } from '@/crypto/opening'
import { encodeForm } from '@/crypto/payload'
import { type Findings, place, Skipped } from '../report'
import type { Case, ClosedBid, OpeningResult } from './case'
import * as names from './names'

interface Secrets {
  hallShares?: Record<string, Record<string, string>>
  identityShares?: Record<string, string>
  bidderKeys?: Record<string, string>
}

/** Every bid of Closed is in the archive, sealed for this lot, and nothing else is. */
export async function checkClosed(bench: Case, findings: Findings): Promise<void> {
  const closed = bench.closed()
  const listed = new Set(closed.map(([bid]) => bid))
  const present = new Set(bench.opened.names(names.BIDS).map((name) => name.split('/')[1]!))
  for (const bid of present) if (!listed.has(bid)) findings.add(`${names.BIDS}${bid}`, 'bid-not-closed')
  for (const [bid, facts] of closed) {
    const path = names.bidPath(bid, 'manifest.json')
    try {
      bench.manifests.set(bid, await checkBid(bench, bid, path, facts, findings))
    } catch (fault) {
      findings.take(place(path, fault))
    }
  }
  findings.note('closed', { n: bench.manifests.size, of: closed.length })
}

async function checkBid(bench: Case, bid: string, path: string, facts: ClosedBid, findings: Findings): Promise<Manifest> {
  const data = await bench.opened.read(path)
  if (sha256hex(data) !== facts.manifestHash) throw new Invalid('manifest-differs', 'not the manifest that Closed lists')
  const manifest = parseManifest(data)
  if (bench.keyset) verifyManifest(manifest, bench.keyset, { docsHashes: bench.documents })
  if (manifest.bid !== bid) throw new Invalid('manifest-differs', 'it names another bid')
  const box = names.bidPath(bid, 'identity.box')
  if (bench.opened.has(box) && sha256hex(await bench.opened.read(box)) !== facts.boxHash) findings.add(box, 'box-differs')
  const parts = [...manifest.parts.values()]
  const same = parts.length === Object.keys(facts.parts).length && parts.every((part) => facts.parts[part.name]?.root === part.root && facts.parts[part.name]?.size === part.size)
  if (!same) throw new Invalid('manifest-differs', 'its parts are not those that Closed lists')
  const roots = Object.fromEntries(parts.map((part) => [part.name, part.root]))
  if (submissionHash(facts.manifestHash, facts.boxHash, roots) !== facts.submission) throw new Invalid('submission-differs')
  return manifest
}

/** Ciphertexts in the archive have the roots that their manifests state. */
export function checkCiphertexts(bench: Case, findings: Findings): void {
  let count = 0
  for (const [bid, manifest] of bench.manifests) {
    for (const part of manifest.parts.values()) {
      const path = names.partPath(bid, part.name)
      const described = bench.opened.entries.get(path)
      if (!described) continue
      count += 1
      if (!described.leaves || described.root !== part.root || described.entry.size !== part.size) findings.add(path, 'ciphertext-differs')
    }
  }
  if (!count) throw new Skipped({ key: 'no-ciphertext' })
  findings.note('ciphertexts', { n: count })
}

/** Officers' shares, where present, are the dealt ones, and dealing again gives every envelope. */
export async function checkShares(bench: Case, findings: Findings): Promise<void> {
  let count = 0
  for await (const { bid, path, secrets } of secretsOf(bench)) {
    const manifest = bench.manifests.get(bid)!
    const purposes = new Map(Object.entries(secrets.hallShares ?? {}).map(([part, shares]) => [hallPurpose(part), shares]))
    if (secrets.identityShares) purposes.set(IDENTITY, secrets.identityShares)
    for (const [purpose, shares] of purposes) {
      try {
        const released = new Map(Object.entries(shares).map(([n, share]) => [Number(n), unb64(share)]))
        const secret = await reconstruct(manifest, purpose, released)
        if (purpose === IDENTITY) bench.identityKeys.set(bid, secret)
        count += 1
      } catch (fault) {
        if (!knownBad(bench, bid)) findings.take(place(path, fault))
      }
    }
  }
  if (!count && !findings.wrong.length) throw new Skipped({ key: 'no-shares' })
  findings.note('shares', { n: count })
}

/** Every form read out is the sealed one, and its K_hall is the one dealt to all officers. */
export async function checkOpenings(bench: Case, findings: Findings): Promise<void> {
  let count = 0
  for (const { event, part, bid, opening } of bench.opened_()) {
    const manifest = bench.manifests.get(bid)
    if (!manifest) {
      findings.add(names.HALL_EVENTS, 'opening-without-bid', bid, { leaf: event.index })
      continue
    }
    try {
      await checkOpening(manifest, part, opening)
      if (opening.ok) count += 1
    } catch (fault) {
      const wrong = place(names.HALL_EVENTS, fault, { leaf: event.index })
      findings.take({ ...wrong, detail: `${bid} ${wrong.detail ?? ''}`.trim() })
    }
  }
  findings.note('forms', { n: count })
}

async function checkOpening(manifest: Manifest, part: string, opening: OpeningResult): Promise<void> {
  if (opening.kHall) {
    const purpose = hallPurpose(part)
    await checkDealing(manifest.ctx, purpose, unb64(opening.kHall), manifest.k, manifest.seats, manifest.dealt(purpose))
  }
  if (!opening.ok) return
  if (!opening.kHall) throw new Invalid('k-hall-missing', "opened without the officers' key")
  verifyForm(manifest, part, encodeForm(manifest.ctx, part, opening.form ?? {}), unb64(opening.nonce))
}

/** Released keys, where present, are the committed ones and read the same forms from the ciphertext. */
export async function checkKeys(bench: Case, findings: Findings): Promise<void> {
  const openings = new Map(bench.opened_().map(({ bid, part, opening }) => [`${bid} ${part}`, opening]))
  let [keys, forms] = [0, 0]
  for await (const { bid, path, secrets } of secretsOf(bench)) {
    for (const [part, text] of Object.entries(secrets.bidderKeys ?? {})) {
      try {
        const key = unb64(text)
        verifyBidderKey(bench.manifests.get(bid)!, part, key)
        keys += 1
        if (await checkForm(bench, bid, part, key, openings.get(`${bid} ${part}`))) forms += 1
      } catch (fault) {
        findings.take(place(path, fault))
      }
    }
  }
  const due = [...openings.values()].filter((one) => one.ok).length
  if (bench.opened.manifest.right === 'court' && keys < due) findings.add(names.BIDS, 'keys-withheld', `${keys} / ${due}`)
  if (!keys && !findings.wrong.length) throw new Skipped({ key: 'no-keys' })
  findings.note('keys', { n: keys, forms })
}

/** Whether a form was read from the ciphertext and compared; a bid that the hall says does not open must not. */
async function checkForm(bench: Case, bid: string, part: string, key: Uint8Array, opening: OpeningResult | undefined): Promise<boolean> {
  const path = names.partPath(bid, part)
  if (!opening?.kHall || !bench.opened.has(path)) return false
  const manifest = bench.manifests.get(bid)!
  const read = async () => readForm(manifest, part, contentKey(manifest, part, key, unb64(opening.kHall)), await bench.opened.segment(path, 0))
  if (!opening.ok) {
    const opens = await read().then(() => true, () => false)
    if (opens) throw new Invalid('opening-denied', `${part}: ${opening.reason ?? ''}`)
    return false
  }
  const { fields } = await read()
  const told = opening.form ?? {}
  const names_ = new Set([...Object.keys(fields), ...Object.keys(told)])
  if ([...names_].some((name) => fields[name] !== told[name])) throw new Invalid('form-differs', `${part}: the ciphertext holds another form`)
  return true
}

/** Whole files, where ciphertext and key are present: every segment authentic, frame and padding right. */
export async function checkPayloads(bench: Case, findings: Findings): Promise<void> {
  const openings = new Map(bench.opened_().map(({ bid, part, opening }) => [`${bid} ${part}`, opening]))
  let count = 0
  for await (const { bid, secrets } of secretsOf(bench)) {
    const manifest = bench.manifests.get(bid)!
    for (const [part, text] of Object.entries(secrets.bidderKeys ?? {})) {
      const opening = openings.get(`${bid} ${part}`)
      const path = names.partPath(bid, part)
      if (!opening?.ok || !bench.opened.has(path)) continue
      try {
        const dek = contentKey(manifest, part, unb64(text), unb64(opening.kHall))
        await decryptPayload(manifest, part, dek, (n) => bench.opened.segment(path, n), () => undefined)
        count += 1
      } catch (fault) {
        findings.take(place(path, fault))
      }
    }
  }
  if (!count && !findings.wrong.length) throw new Skipped({ key: 'no-files' })
  findings.note('files', { n: count })
}

/** The hall itself recorded that this bid's identity or dealing does not hold. */
function knownBad(bench: Case, bid: string): boolean {
  const named = (value: Json | undefined): boolean => typeof value === 'object' && value !== null && bid in value
  const results = bench.identities().get(bid)
  return (
    (results !== undefined && !results.ok) ||
    bench.opened_().some((one) => one.bid === bid && !one.opening.ok) ||
    bench.of('DealingReported').some((event) => event.body.bid === bid) ||
    bench.of('IdentitiesVerified', 'BidsOpened').some((event) => named(event.body.waiting))
  )
}

async function* secretsOf(bench: Case): AsyncGenerator<{ bid: string; path: string; secrets: Secrets }> {
  for (const bid of bench.manifests.keys()) {
    const path = names.bidPath(bid, 'secrets.json')
    if (bench.opened.has(path)) yield { bid, path, secrets: (await bench.opened.json(path)) as Secrets }
  }
}
