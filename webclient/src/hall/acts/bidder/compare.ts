/** A bidder's own line as it was read, held against what was sealed: by commitment, and by the local copy if there is one. */
import { get } from '@/api/http'
import { unb64 } from '@/crypto/canonical'
import { parseManifest } from '@/crypto/manifest'
import { verifyForm } from '@/crypto/opening'
import { encodeForm } from '@/crypto/payload'
import { localForm } from '@/bidder/secrets'

export interface Compared {
  /** The form read out is the one the bid was sealed with (formCommit): null when it could not be looked at. */
  sealed: boolean | null
  /** What this computer remembers of each field; null without a local copy. */
  local: Readonly<Record<string, string>> | null
}

interface Opened {
  bids: Record<string, Record<string, { form: Record<string, string>; nonce: string }>>
}

export async function compareLine(lot: string, bid: string, part: string, read: Readonly<Record<string, string>>): Promise<Compared> {
  const [sealed, local] = await Promise.all([asSealed(lot, bid, part, read), localForm(lot, bid, part).catch(() => null)])
  return { sealed, local }
}

async function asSealed(lot: string, bid: string, part: string, read: Readonly<Record<string, string>>): Promise<boolean | null> {
  const path = `/halls/${encodeURIComponent(lot)}`
  try {
    const [opened, wrap] = await Promise.all([
      get<Opened>(`${path}/opened`),
      get<{ manifest: string }>(`${path}/wraps/${encodeURIComponent(bid)}`, { anonymous: true }),
    ])
    const nonce = opened.bids[bid]?.[part]?.nonce
    if (!nonce) return null
    const manifest = parseManifest(unb64(wrap.manifest))
    try {
      verifyForm(manifest, part, encodeForm(manifest.ctx, part, { ...read }), unb64(nonce))
      return true
    } catch {
      return false
    }
  } catch {
    return null
  }
}
