/** The file that carries a seat from its holder to the successor: the statement, one signature, the wrapped key. */
import { get, post } from '@/api/http'
import { b64, canon, parseCanonical, unb64, type Json } from '@/crypto/canonical'
import { problem, type Problem } from '@/api/problem'
import { wrapOpeningKey } from '@/crypto/key-file'
import { signer } from '@/identity/session'
import type { Bodies } from '@/wire/bodies'
import { fileName, unwrapFor, type Place } from './keys'
import { download } from './download'
import { handover } from './statements'
import { keepKey } from './store'
import type { OpeningKeys } from './types'

const LABEL = 'kaibiao/seat-handover-file/v1'

export interface Relay extends Place {
  from: string
  to: string
  statement: string
  cms: string
  key: string
}

const malformed = (): Problem =>
  problem(
    'handover-file-malformed',
    { what: '这不是移交文件，或已损坏。', meaning: '席位没有移交。', do: '请向原持有人再要一份。' },
    { what: 'This is no handover file, or it is damaged.', meaning: 'The seat was not handed over.', do: 'Ask the present holder for it again.' },
  )

/** Sign the statement as the leaving holder and save the file for the successor. */
export async function writeRelay(place: Place, to: string, scalar: Uint8Array<ArrayBuffer>, passphrase: string): Promise<void> {
  const me = await signer()
  const statement = canon(handover(place.tender, place.lot, place.seat, me.facts.sha256, to))
  const cms = await me.detachedCms(statement)
  const key = await wrapOpeningKey(scalar, passphrase, place)
  const file: Record<string, Json> = { label: LABEL, statement: b64(statement), cms: b64(cms), key: b64(key) }
  download(`handover-${place.lot}.json`, canon(file))
}

/** Read a file that was handed over. Whether its signature holds is the platform's to say. */
export async function readRelay(file: Blob): Promise<Relay> {
  try {
    const outer = parseCanonical(new Uint8Array(await file.arrayBuffer()), 256 << 10) as Record<string, string>
    if (outer.label !== LABEL) throw malformed()
    const said = parseCanonical(unb64(outer.statement), 16_384) as Record<string, string>
    const texts = ['tender', 'lot', 'seat', 'from', 'to'].map((name) => said[name])
    if (said.label !== 'kaibiao/seat-handover/v1' || texts.some((text) => typeof text !== 'string')) throw malformed()
    const [tender, lot, seat, from, to] = texts as [string, string, string, string, string]
    return { tender, lot, seat, from, to, statement: outer.statement!, cms: outer.cms!, key: outer.key! }
  } catch {
    throw malformed()
  }
}

/** Sign as the successor, wrap the key under a passphrase of one's own, keep it, and bring both signatures. */
export async function takeOver(relay: Relay, told: string, own: string): Promise<OpeningKeys> {
  const key = await unwrapFor(relay, unb64(relay.key), told)
  const file = await wrapOpeningKey(key.scalar, own, relay)
  key.scalar.fill(0)
  const cmsTo = b64(await (await signer()).detachedCms(unb64(relay.statement)))
  const path = `/tenders/${relay.tender}/lots/${relay.lot}/officers/${encodeURIComponent(relay.seat)}/handover`
  // Kept before the seat changes hands: nothing is lost when the page goes away in between.
  const openingKey = b64(key.private.point)
  await keepKey({ tender: relay.tender, lot: relay.lot, seat: relay.seat, openingKey, file, madeAt: new Date().toISOString(), proven: false })
  const body: Bodies['POST /tenders/{tender}/lots/{lot}/officers/{seat}/handover'] = { statement: relay.statement, cmsFrom: relay.cms, cmsTo }
  const done = await post<OpeningKeys>(path, body)
  download(fileName(relay), file)
  return done
}

/** What the lot is called, where anybody may read it. */
export async function lotTitle(lot: string): Promise<string> {
  const found = await get<{ title: string; tenderTitle: string }>(`/lots/${lot}`, { quiet: true })
  return `${found.tenderTitle} ／ ${found.title}`
}

