/** Keyset and documents are the ones the hall was scheduled with; notices are a signed chain in the log. */
import { same } from '@/crypto/bytes'
import { b64, type Json, sha256hex, unb64 } from '@/crypto/canonical'
import { verifyDetached } from '@/crypto/cms'
import { Invalid } from '@/crypto/errors'
import { documentsHash, parseKeyset, verifyKeyset, verifyOpeningKey } from '@/crypto/keyset'
import { Failed, type Findings, place } from '../report'
import type { Body, Case, LogEvent } from './case'
import * as names from './names'
import { parseEntry } from './opened'

export async function checkSetup(bench: Case, findings: Findings): Promise<void> {
  const { setup, opened } = bench
  const trust = await bench.trust()
  try {
    const data = await opened.read(names.KEYSET)
    if (!same(data, unb64(setup.keyset))) throw new Invalid('keyset-differs', 'not the keyset the hall was scheduled with')
    const keyset = parseKeyset(data)
    await verifyKeyset(keyset)
    for (const officer of keyset.officers) await trust.require(await verifyOpeningKey(keyset.tender, keyset.lot, officer), bench.hall[0]!.at)
    if (keyset.tender !== setup.tender || keyset.lot !== setup.lot || keyset.k !== setup.quorum) throw new Invalid('keyset-differs', 'of another lot or quorum')
    bench.keyset = keyset
  } catch (fault) {
    throw Object.assign(new Failed('', ''), { wrong: place(names.KEYSET, fault) })
  }
  if (setup.lot !== opened.manifest.lot || setup.tender !== opened.manifest.tender) findings.add(names.HALL_EVENTS, 'hall-of-another-lot')
  const notices = await checkNotices(bench, findings)
  await checkDocuments(bench, notices, findings)
  findings.note('officers', { n: bench.keyset.n, k: bench.keyset.k, notices: notices.size })
}

async function checkNotices(bench: Case, findings: Findings): Promise<Set<string>> {
  const { opened } = bench
  const trust = await bench.trust()
  const logged = new Map<string, LogEvent>()
  for (const event of bench.events.get(`tender:${opened.manifest.tender}`) ?? []) {
    if (typeof event.body?.notice === 'string') logged.set(event.body.notice, event)
  }
  const numbered = opened.names(names.NOTICES).filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, number: Number(name.slice(names.NOTICES.length, -5)) }))
    .sort((a, b) => a.number - b.number)
  const terms: Record<string, Json> = {}
  const found = new Set<string>()
  let previous: { number: number; hash: string } | null = null
  let parties: string[] = []
  for (const { name, number } of numbered) {
    const data = await opened.read(name)
    found.add(sha256hex(data))
    try {
      const signed = await verifyDetached(await opened.read(name.replace(/json$/, 'p7s')), { data })
      const notice = parseEntry(name, data) as Body
      if (!parties.length) parties = [notice.agency, notice.tenderer].map((who) => String((who as Body).creditCode))
      const event = logged.get(b64(data))
      if (!event) throw new Invalid('notice-not-logged', 'no event of the tender published it')
      await trust.require(signed, event.at, ...parties)
      checkChain(number, notice, previous)
      Object.assign(terms, termsOf(notice, opened.manifest.lot))
    } catch (fault) {
      findings.take(place(name, fault))
    }
    previous = { number, hash: sha256hex(data) }
  }
  const told: Body = { opensAt: bench.setup.opensAt ?? '', keyset: bench.setup.keyset ?? '', k: bench.setup.quorum ?? 0 }
  for (const [key, value] of Object.entries(told)) {
    if (terms[key] !== value) findings.add(names.HALL_EVENTS, 'setup-differs', key)
  }
  return found
}

/** Each notice names the one before by its hash. A lot that joined later may begin in the middle. */
function checkChain(number: number, notice: Body, previous: { number: number; hash: string } | null): void {
  const before = previous ? previous.hash : number ? notice.previous : ''
  const follows = !previous || previous.number + 1 === number
  if (notice.number !== number || notice.previous !== before || !follows) throw new Invalid('notice-out-of-order', String(number))
}

/** What a notice lays down for the lot: all of it when published, the deadline when changed. */
function termsOf(notice: Body, lot: string): Body {
  const lots = notice.lots
  if (!Array.isArray(lots)) {
    const changed = (lots as Body)[lot] as Body | undefined
    return changed ? { opensAt: changed.opensAt ?? '' } : {}
  }
  const own = (lots as Body[]).find((one) => one.lot === lot)
  return own ? { opensAt: own.opensAt ?? '', keyset: own.keyset ?? '', k: own.k ?? 0 } : {}
}

interface Revision {
  revision: number
  notice: string
  form: string
  files: { name: string; size: number; sha256: string }[]
}

/** Every revision of the documents that bids may be sealed against, recomputed from its parts. */
async function checkDocuments(bench: Case, notices: ReadonlySet<string>, findings: Findings): Promise<void> {
  const { tender, lot } = bench.opened.manifest
  for (const value of (await bench.opened.json(names.DOCUMENTS)) as unknown as Revision[]) {
    try {
      if (!notices.has(value.notice)) throw new Invalid('notice-missing', `revision ${value.revision}`)
      const files = value.files.map((one): [string, number, string] => [one.name, one.size, one.sha256])
      bench.documents.add(documentsHash(tender, lot, value.revision, value.notice, value.form, files))
    } catch (fault) {
      findings.take(place(names.DOCUMENTS, fault))
    }
  }
  if (!bench.documents.has(String(bench.setup.docsHash))) findings.add(names.DOCUMENTS, 'revision-differs')
}
