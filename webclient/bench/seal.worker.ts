/** Seals a file as the bidder's worker does, or runs the bare WebCrypto calls that sealing cannot do without. */
import { newContext } from '@/crypto/context'
import { Keyset } from '@/crypto/keyset'
import { sealPart, type SegmentSink } from '@/crypto/sealing/part'
import { planParts } from '@/crypto/sealing/plan'
import { droppingSink, opfsSink } from '@/crypto/sealing/sinks'
import { drawSecrets } from '@/crypto/sealing/state'
import { SEGMENT } from '@/crypto/stream'

export interface Asked {
  what: 'raw' | 'raw-memory' | 'seal' | 'seal-to-disk'
  inFlight: number
  file: File
}

export interface Told {
  ms: number
  bytes: number
  failed?: string
}

self.onmessage = async ({ data }: MessageEvent<Asked>): Promise<void> => {
  const before = performance.now()
  try {
    const bytes = data.what.startsWith('raw') ? await raw(data) : await seal(data)
    self.postMessage({ ms: performance.now() - before, bytes } satisfies Told)
  } catch (error) {
    self.postMessage({ ms: 0, bytes: 0, failed: String(error) } satisfies Told)
  }
}

/**
 * WebCrypto and nothing else: each MiB of the file is read, encrypted and its ciphertext digested, several at once.
 * `raw-memory` does not even read: the same MiB again and again.
 */
async function raw({ what, file, inFlight }: Asked): Promise<number> {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt'])
  const body = SEGMENT - 16
  const count = Math.ceil(file.size / body)
  const same = what === 'raw-memory' ? await file.slice(0, body).arrayBuffer() : null
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next++
      const plain = same ?? (await file.slice(index * body, (index + 1) * body).arrayBuffer())
      const iv = new Uint8Array(12)
      new DataView(iv.buffer).setUint32(0, index)
      await crypto.subtle.digest('SHA-256', await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain))
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return count * SEGMENT
}

async function seal({ what, file, inFlight }: Asked): Promise<number> {
  const hash = '00'.repeat(32)
  const ctx = newContext('t_bench', 'l_bench', { keysetHash: new Keyset('t', 'l', 1, []).hash(), docsHash: hash })
  const plans = planParts(ctx, [{ name: 'main', form: { price: '1.00' }, files: [{ name: file.name, blob: file }] }])
  const [plan] = plans
  const state = drawSecrets(ctx, plans, null)
  const secrets = state.parts[0]?.secrets
  if (!plan || !secrets) throw new Error('nothing was planned')
  const folder = what === 'seal-to-disk' ? await navigator.storage.getDirectory() : null
  const disk = folder && (await opfsSink(folder, 'bench.ct', plan.size))
  const sink: SegmentSink = disk ?? droppingSink
  await sealPart(ctx, plan, { ...secrets, kBidder: state.kBidder }, sink, { inFlight })
  disk?.close()
  await folder?.removeEntry('bench.ct')
  return plan.size
}
