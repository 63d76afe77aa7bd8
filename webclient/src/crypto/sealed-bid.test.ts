import { describe, expect, it } from 'vitest'
import { b64, hex, IDENTITY, Invalid, parseKeyset, parseManifest, privateFromBytes, unb64, unhex, utf8 } from './index'
import { contentKey, decryptPayload, openShare, proveOpens, readForm, reconstruct, unwrapRecovery, verifyShare } from './opening'
import { hallPurpose, newBid, newContext } from './context'
import { openIdentity, type SealSigner } from './identity'
import { readKeyFile, unwrapKeyFile } from './key-file'
import { verifyKeyset } from './keyset'
import { submissionOf, verifyManifest } from './manifest'
import { Gate, sealBid, SealingJob, protectState, unprotectState } from './sealing'
import { bidderPartKey } from './opening'
import { SEGMENT } from './stream'
import { fixedRandom, vector } from './vectors'

interface Golden {
  keyset: string
  openingKeys: string[]
  bidderCertificate: string
  at: string
  form: Record<string, string>
  files: Record<string, string>
  passphrase: string
  random: string[]
  manifest: string
  manifestHash: string
  box: string
  ciphertextSha256: string
  root: string
  submission: string
  keyFile: string
  recoveryCode: string
  receiptPrivate: string
}

const v = vector<Golden>('sealed-bid')
const keyset = parseKeyset(unb64(v.keyset))
const manifest = parseManifest(unb64(v.manifest))
const box = unb64(v.box)

class Store {
  readonly bytes: Uint8Array<ArrayBuffer>
  constructor(segments: number) {
    this.bytes = new Uint8Array(segments * SEGMENT)
  }
  write(index: number, segment: Uint8Array): void {
    this.bytes.set(segment, index * SEGMENT)
  }
  read = (index: number): Promise<Uint8Array> => Promise.resolve(this.bytes.subarray(index * SEGMENT, (index + 1) * SEGMENT))
}

async function refusal(read: () => unknown): Promise<string> {
  try {
    await read()
  } catch (error) {
    return error instanceof Invalid ? error.code : String(error)
  }
  return 'accepted'
}

async function opened(index: number, purpose: string): Promise<[number, Uint8Array]> {
  return [index, await openShare(manifest, purpose, index, await privateFromBytes(unhex(v.openingKeys[index - 1])))]
}

/** K under `purpose` from two of the officers. */
const secret = async (purpose: string, seats = [1, 3]): Promise<Uint8Array> =>
  reconstruct(manifest, purpose, new Map(await Promise.all(seats.map((seat) => opened(seat, purpose)))))

const golden = async () => openIdentity(manifest, box, await secret(IDENTITY))

/** Signs as the golden bidder did: RSA is deterministic, so its one signature can be given again. */
async function signer(): Promise<SealSigner> {
  const identity = await golden()
  return {
    certificate: unb64(v.bidderCertificate),
    chain: [],
    detachedCms: () => Promise.resolve(identity.cms),
  }
}

async function input() {
  const given = fixedRandom(v.random)
  const ctx = newContext(keyset.tender, keyset.lot, { keysetHash: keyset.hash(), docsHash: 'bb'.repeat(32), bid: newBid(given) })
  const identity = await golden()
  return {
    given,
    seal: {
      ctx,
      keyset,
      parts: [{ name: 'main', form: v.form, files: Object.entries(v.files).map(([name, text]) => ({ name, blob: new Blob([text]) })) }],
      identity: {
        organisation: { name: identity.organisation.name, creditCode: identity.organisation.creditCode },
        contact: identity.facts.contact as Record<string, string>,
        representative: identity.facts.representative as Record<string, string>,
        draw: identity.draw,
      },
      signer: await signer(),
      at: new Date(v.at),
      passphrase: v.passphrase,
      cost: { logN: 10, r: 8, p: 1 },
    },
  }
}

describe('the golden bid', { timeout: 30_000 }, () => {
  it('is sealed again, byte for byte', async () => {
    const { given, seal } = await input()
    const store = new Store(manifest.part('main').segments)
    const sealed = await sealBid(seal, () => store, { random: given })
    expect(given.left()).toBe(0)
    expect(b64(sealed.manifestBytes)).toBe(v.manifest)
    expect(sealed.manifest.hash()).toBe(v.manifestHash)
    expect(b64(sealed.box)).toBe(v.box)
    expect(hex(new Uint8Array(await crypto.subtle.digest('SHA-256', store.bytes)))).toBe(v.ciphertextSha256)
    expect(sealed.submission).toBe(v.submission)
    expect(b64(sealed.keyFile)).toBe(v.keyFile)
    expect(sealed.recoveryCode).toBe(v.recoveryCode)
    expect(hex(sealed.receiptPrivate)).toBe(v.receiptPrivate)
  })

  it('verifies: keyset, manifest, submission', async () => {
    const signed = await verifyKeyset(keyset)
    expect(signed.map((each) => each.certificate)).toEqual(keyset.officers.map((each) => each.certificate))
    verifyManifest(manifest, keyset, { docsHashes: new Set(['bb'.repeat(32)]), round: 1 })
    expect(submissionOf(manifest, box)).toBe(v.submission)
    expect(b64(manifest.encode())).toBe(v.manifest)
    expect(await refusal(() => verifyManifest(manifest, keyset, { docsHashes: new Set() }))).toBe('wrong-documents')
    expect(await refusal(() => verifyManifest(manifest, keyset, { round: 2 }))).toBe('wrong-round')
  })

  it('opens with two officers and the key file, and shows the identity', async () => {
    const identity = await golden()
    expect(identity.organisation.creditCode).toBe('91350100M000100Y43')
    expect(identity.signedAt?.toISOString()).toBe(v.at)
    const held = await unwrapKeyFile(unb64(v.keyFile), v.passphrase)
    expect(hex(held.receiptPrivate)).toBe(v.receiptPrivate)
    const { seal, given } = await input()
    const store = new Store(1)
    await sealBid(seal, () => store, { random: given })
    const dek = contentKey(manifest, 'main', bidderPartKey(manifest, held.kBidder, 'main'), await secret(hallPurpose('main'), [2, 3]))
    expect((await readForm(manifest, 'main', dek, store.bytes)).fields).toEqual(v.form)
    const zip: Uint8Array[] = []
    await decryptPayload(manifest, 'main', dek, store.read, (chunk) => void zip.push(chunk.slice()))
    expect(new TextDecoder().decode(zip[0])).toContain('技术方案')
    store.bytes[SEGMENT - 1]! ^= 1
    expect(await refusal(() => readForm(manifest, 'main', dek, store.bytes))).toBe('bad-ciphertext')
  })

  it('proves that key file and recovery code open it', async () => {
    const whole = await proveOpens(manifest, { keyFile: unb64(v.keyFile), passphrase: v.passphrase })
    expect(await proveOpens(manifest, { code: v.recoveryCode.toLowerCase() })).toEqual(whole)
    expect(await refusal(() => proveOpens(manifest, { keyFile: unb64(v.keyFile), passphrase: 'no' }))).toBe('wrong-passphrase')
    expect(await refusal(() => unwrapRecovery(manifest, '0000-0000-0000-0000-0000-0000-02M7'))).toBe('no-wrap')
    const facts = readKeyFile(unb64(v.keyFile))
    expect(facts.kind === 'bid-key' && facts.ctx.bid).toBe(manifest.bid)
  })

  it('refuses false shares, too few shares and other keys', async () => {
    const [index, share] = await opened(2, IDENTITY)
    const bent = share.slice()
    bent[0]! ^= 1
    expect(await refusal(() => verifyShare(manifest, IDENTITY, index, bent))).toBe('false-share')
    expect(await refusal(() => verifyShare(manifest, IDENTITY, 9, share))).toBe('unknown-seat')
    expect(await refusal(() => verifyShare(manifest, 'hall:other', 1, share))).toBe('unknown-purpose')
    expect(await refusal(() => reconstruct(manifest, IDENTITY, new Map([[index, share]])))).toBe('too-few-shares')
    const other = await privateFromBytes(unhex(v.openingKeys[0]))
    expect(await refusal(() => openShare(manifest, IDENTITY, 2, other))).toBe('wrong-opening-key')
    expect(await refusal(() => contentKey(manifest, 'main', new Uint8Array(32), new Uint8Array(32)))).toBe('key-commit-mismatch')
    const wrongBox = box.slice()
    wrongBox[100]! ^= 1
    const kIdentity = await secret(IDENTITY)
    expect(await refusal(() => openIdentity(manifest, wrongBox, kIdentity))).toBe('bad-identity')
    expect(await refusal(() => openIdentity(manifest, box, new Uint8Array(32)))).toBe('bad-identity-key')
  })

  it('refuses a keyset whose keys were exchanged', async () => {
    const text = new TextDecoder().decode(unb64(v.keyset))
    const [first, second] = keyset.officers.map((officer) => b64(officer.openingKey))
    const swapped = text.replace(first!, '!').replace(second!, first!).replace('!', second!)
    expect(await refusal(async () => verifyKeyset(parseKeyset(utf8(swapped))))).toBe('bad-keyset')
    expect(await refusal(() => parseKeyset(utf8(`${text} `)))).toBe('not-canonical')
  })
})

describe('a larger part', { timeout: 30_000 }, () => {
  /** 5 MiB that differ everywhere, and small files around them. */
  async function job(changed = false) {
    const { seal } = await input()
    const big = Uint8Array.from({ length: 5 << 20 }, (_, i) => (i * 2654435761) >>> 24)
    if (changed) big[3 << 20]! ^= 1
    const files = [
      { name: 'a/空.txt', blob: new Blob([]) },
      { name: 'a/小.txt', blob: new Blob(['小']) },
      { name: '大.bin', blob: new Blob([big]) },
      { name: 'z.txt', blob: new Blob(['z'.repeat(70_000)]) },
    ]
    return { seal, big, parts: [{ name: 'main', form: v.form, files }] }
  }

  it('comes out as it went in, with headers that waited for their checksums', async () => {
    const { seal, big, parts } = await job()
    const store = new Store(6)
    const seen: number[] = []
    const sealed = await sealBid({ ...seal, parts }, () => store, { progress: (_, done) => void seen.push(done) })
    expect(sealed.manifest.part('main').segments).toBe(6)
    expect(seen.at(-1)).toBe(6 << 20)
    const { kBidder } = await unwrapKeyFile(sealed.keyFile, v.passphrase)
    const shares = await Promise.all([1, 2].map(async (seat): Promise<[number, Uint8Array]> => [
      seat,
      await openShare(sealed.manifest, 'hall:main', seat, await privateFromBytes(unhex(v.openingKeys[seat - 1]))),
    ]))
    const hall = await reconstruct(sealed.manifest, 'hall:main', new Map(shares))
    const dek = contentKey(sealed.manifest, 'main', bidderPartKey(sealed.manifest, kBidder, 'main'), hall)
    const chunks: Uint8Array<ArrayBuffer>[] = []
    await decryptPayload(sealed.manifest, 'main', dek, store.read, (chunk) => void chunks.push(chunk.slice()))
    const { unzipSync } = await import('fflate')
    const files = unzipSync(new Uint8Array(await new Blob(chunks).arrayBuffer()))
    expect(Object.keys(files)).toEqual(['a/空.txt', 'a/小.txt', '大.bin', 'z.txt'])
    expect(Buffer.compare(files['大.bin']!, big)).toBe(0)
  })

  it('goes on with kept secrets, and only with the same files', async () => {
    const { seal, parts } = await job()
    const first = await SealingJob.start({ ...seal, parts })
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
    const kept = await unprotectState(await protectState(first.state, key), key)
    const store = new Store(6)
    const known = new Map<number, Uint8Array>()
    await first.seal('main', store, { leaf: (index, leaf) => void known.set(index, leaf) })
    const second = new Store(6)
    const again = await SealingJob.resume(keyset, kept, parts)
    await again.seal('main', second, { known, wanted: (index) => index === 4 })
    expect(Buffer.compare(second.bytes.subarray(4 * SEGMENT, 5 * SEGMENT), store.bytes.subarray(4 * SEGMENT, 5 * SEGMENT))).toBe(0)
    expect(second.bytes.subarray(0, SEGMENT).some((byte) => byte !== 0)).toBe(false)
    const other = await SealingJob.resume(keyset, kept, (await job(true)).parts)
    expect(await refusal(() => other.seal('main', second, { known }))).toBe('file-changed')
    const fewer = [{ ...parts[0]!, files: parts[0]!.files.slice(1) }]
    expect(await refusal(() => SealingJob.resume(keyset, kept, fewer))).toBe('file-changed')
    const wrongKey = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
    expect(await refusal(async () => unprotectState(await protectState(first.state, key), wrongKey))).toBe('bad-sealing-state')
  })

  it('pauses, goes on, and stops', async () => {
    const { seal, parts } = await job()
    const started = await SealingJob.start({ ...seal, parts })
    const gate = new Gate()
    gate.pause()
    const stop = new AbortController()
    let written = 0
    const sink = { write: () => void (written += 1) }
    const sealing = started.seal('main', sink, { gate, signal: stop.signal })
    await new Promise((go) => setTimeout(go, 50))
    expect(written).toBe(0)
    gate.resume()
    await sealing
    expect(written).toBe(6)
    gate.pause()
    const stopped = refusal(() => started.seal('main', sink, { gate, signal: stop.signal }))
    stop.abort()
    expect(await stopped).toContain('AbortError')
  })

  it('says so when a file is gone, and when the sink has no room', async () => {
    const { seal, parts } = await job()
    const gone = { ...parts[0]!.files[2]!.blob, size: 9, slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('', 'NotReadableError')) }) }
    const files = [{ name: 'x', blob: gone as unknown as Blob }]
    const broken = await SealingJob.start({ ...seal, parts: [{ ...parts[0]!, files }] })
    expect(await refusal(() => broken.seal('main', { write: () => undefined }))).toBe('file-changed')
    // A file that is gone has size 0 in some browsers: it must not be sealed as an empty one.
    const nothing = { ...gone, size: 0, arrayBuffer: () => Promise.reject(new DOMException('', 'NotFoundError')) }
    const vanished = await SealingJob.start({ ...seal, parts: [{ ...parts[0]!, files: [{ name: 'x', blob: nothing as unknown as Blob }] }] })
    expect(await refusal(() => vanished.seal('main', { write: () => undefined }))).toBe('file-changed')
    const smaller = [{ name: 'x', blob: new Blob(['x']), size: 2 }]
    expect(await refusal(() => SealingJob.start({ ...seal, parts: [{ ...parts[0]!, files: smaller }] }))).toBe('file-changed')
    const whole = await SealingJob.start({ ...seal, parts })
    const full = { write: () => Promise.reject(new Invalid('no-room')) }
    expect(await refusal(() => whole.seal('main', full))).toBe('no-room')
  })

  it.each(['/abs', 'a/../b', 'a\\b', 'con.txt', 'e\u0301', 'a ', 'x'.repeat(241), 'a\u200bb'])('refuses the name %j', async (name) => {
    const { seal, parts } = await job()
    const files = [{ name, blob: new Blob(['x']) }]
    expect(await refusal(() => SealingJob.start({ ...seal, parts: [{ ...parts[0]!, files }] }))).toBe('bad-file-name')
  })

  it('refuses names that are one on some systems', async () => {
    const { seal, parts } = await job()
    for (const names of [['A.txt', 'a.TXT'], ['a', 'a/b']]) {
      const files = names.map((name) => ({ name, blob: new Blob(['x']) }))
      expect(await refusal(() => SealingJob.start({ ...seal, parts: [{ ...parts[0]!, files }] }))).toBe('bad-file-name')
    }
  })
})
