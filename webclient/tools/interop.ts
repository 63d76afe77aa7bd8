/**
 * The client's crypto on the command line, for tests/crypto/test_browser_interop.py: one JSON request on standard
 * input, one JSON answer on standard output. Files are read as Blobs and written by segments, as in a browser.
 */
import { openAsBlob } from 'node:fs'
import { type FileHandle, mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import * as kb from '../src/crypto'
import { type PartInput, sealBid } from '../src/crypto/sealing'
import { openP12 } from '../src/identity/signer/p12'
import { type Signer, signerFrom } from '../src/identity/signer/signer'

type Files = Record<string, string>

interface P12 {
  p12: string
  password: string
}

async function signer({ p12, password }: P12): Promise<Signer> {
  const [found] = await openP12(await readFile(p12), password)
  if (!found) throw new Error('no certificate in the file')
  return signerFrom(found.material)
}

const bytes = async (path: string): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await readFile(path))

interface Seal extends P12 {
  folder: string
  keyset: string
  docsHash: string
  parts: { name: string; form: Record<string, string>; files: Files }[]
  organisation: kb.Organisation
  passphrase: string
}

async function seal(asked: Seal): Promise<unknown> {
  const keyset = kb.parseKeyset(kb.unb64(asked.keyset))
  const ctx = kb.newContext(keyset.tender, keyset.lot, { keysetHash: keyset.hash(), docsHash: asked.docsHash })
  const parts: PartInput[] = await Promise.all(
    asked.parts.map(async ({ name, form, files }) => ({
      name,
      form,
      files: await Promise.all(Object.entries(files).map(async ([at, path]) => ({ name: at, blob: await openAsBlob(path) }))),
    })),
  )
  await mkdir(asked.folder)
  const opened: FileHandle[] = []
  const by = await signer(asked)
  const certificateKey = by.encryption && (await import('../src/identity/signer/signer')).agreementPoint(by.encryption)
  const sealed = await sealBid(
    {
      ctx,
      keyset,
      parts,
      identity: { organisation: asked.organisation, contact: { phone: '000' }, representative: { name: '演示代表' } },
      signer: by,
      passphrase: asked.passphrase,
      recipients: certificateKey ? [certificateKey] : [],
    },
    async (part) => {
      const file = await open(join(asked.folder, `part-${part}.ct`), 'wx')
      opened.push(file)
      return { write: async (index, segment) => void (await file.write(segment, 0, segment.length, index * kb.SEGMENT)) }
    },
  )
  await Promise.all(opened.map((file) => file.close()))
  await writeFile(join(asked.folder, 'bid-key.json'), sealed.keyFile)
  await writeFile(join(asked.folder, 'recovery.txt'), sealed.recoverySheet)
  await writeFile(join(asked.folder, 'identity.box'), sealed.box)
  await writeFile(join(asked.folder, 'manifest.json'), sealed.manifestBytes)
  return { bid: sealed.bid, submission: sealed.submission, recoveryCode: sealed.recoveryCode }
}

interface Open extends P12 {
  folder: string
  keyset: string
  openingKeys: Record<string, { file: string; passphrase: string }>
  passphrase: string
  recoveryCode: string
}

async function openBid(asked: Open): Promise<unknown> {
  const keyset = kb.parseKeyset(kb.unb64(asked.keyset))
  await kb.verifyKeyset(keyset)
  const manifest = kb.parseManifest(await bytes(join(asked.folder, 'manifest.json')))
  kb.verifyManifest(manifest, keyset)
  const box = await bytes(join(asked.folder, 'identity.box'))
  const keys = await Promise.all(
    Object.entries(asked.openingKeys).map(async ([index, { file, passphrase }]) => {
      const held = await kb.unwrapOpeningKey(await bytes(file), passphrase)
      return [Number(index), held.private] as const
    }),
  )
  const secret = async (purpose: string): Promise<Uint8Array> => {
    const shares = await Promise.all(keys.map(async ([i, key]) => [i, await kb.openShare(manifest, purpose, i, key)] as const))
    return kb.reconstruct(manifest, purpose, new Map(shares))
  }
  const identity = await kb.openIdentity(manifest, box, await secret(kb.IDENTITY))
  const kBidder = await kb.proveOpens(manifest, {
    keyFile: await bytes(join(asked.folder, 'bid-key.json')),
    passphrase: asked.passphrase,
  })
  const byCode = await kb.unwrapRecovery(manifest, asked.recoveryCode)
  const by = await signer(asked)
  const byCertificate = by.encryption
    ? await kb.unwrapWithKeys(manifest, [
        { point: (await import('../src/identity/signer/signer')).agreementPoint(by.encryption), agree: (point) => by.agree(point) },
      ])
    : null
  const forms: Record<string, unknown> = {}
  for (const { name } of manifest.parts.values()) {
    forms[name] = await openPart(asked.folder, manifest, name, kBidder, await secret(kb.hallPurpose(name)))
  }
  return {
    submission: kb.submissionOf(manifest, box),
    organisation: identity.organisation,
    signedAt: identity.signedAt && kb.iso(identity.signedAt),
    recovered: kb.same(kBidder, byCode),
    byCertificate: byCertificate && kb.same(kBidder, byCertificate),
    forms,
  }
}

async function openPart(folder: string, manifest: kb.Manifest, part: string, kBidder: Uint8Array, hall: Uint8Array): Promise<unknown> {
  const dek = kb.contentKey(manifest, part, kb.bidderPartKey(manifest, kBidder, part), hall)
  const file = await open(join(folder, `part-${part}.ct`), 'r')
  const out = await open(join(folder, `${part}.zip`), 'wx')
  const read = async (index: number): Promise<Uint8Array> => {
    const segment = new Uint8Array(kb.SEGMENT)
    await file.read(segment, 0, kb.SEGMENT, index * kb.SEGMENT)
    return segment
  }
  const form = await kb.readForm(manifest, part, dek, await read(0))
  await kb.decryptPayload(manifest, part, dek, read, async (chunk) => void (await out.write(chunk)))
  await Promise.all([file.close(), out.close()])
  return form.fields
}

interface NewKey extends P12 {
  tender: string
  lot: string
  seat: string
  index: number
  passphrase: string
}

/** An officer's seat as the officer's page makes it. */
async function newOpeningKey({ tender, lot, seat, index, passphrase, ...from }: NewKey): Promise<unknown> {
  const key = await kb.newOpeningKey()
  const by = await signer(from)
  const signature = await by.detachedCms(kb.openingKeyStatement(tender, lot, seat, index, key.point))
  const file = await kb.wrapOpeningKey(key.scalar, passphrase, { tender, lot, seat })
  return { openingKey: kb.b64(key.point), certificate: kb.b64(by.certificate), signature: kb.b64(signature), file: kb.b64(file) }
}

interface Prove {
  submission: string
  receipt: kb.Receipt
  keys: Record<string, string>
  proof: kb.ReceiptProof
  vkeys: string[]
  consistency: { from: number; to: number; roots: [string, string]; proof: string[] }[]
}

/** What the verification page checks of a receipt and the log. */
async function prove(asked: Prove): Promise<unknown> {
  await kb.verifyReceipt(asked.receipt, asked.keys)
  const verifiers = asked.vkeys.map(kb.parseVerifier)
  const proven = await kb.verifyReceiptProof(asked.submission, asked.proof, verifiers)
  const witnesses = await kb.cosigners(asked.proof.checkpoint, verifiers)
  for (const { from, to, roots, proof } of asked.consistency) {
    kb.verifyConsistency(from, to, kb.unb64(roots[0]), kb.unb64(roots[1]), proof.map(kb.unb64))
  }
  return { size: proven.checkpoint.size, index: proven.index, witnesses: witnesses.map(({ witness }) => witness) }
}

interface Statement {
  private: string
  statement: Record<string, string>
}

const sign = async (asked: Statement): Promise<unknown> => ({
  public: kb.b64(kb.pointOf(kb.unb64(asked.private))),
  signature: await kb.signStatement(kb.unb64(asked.private), asked.statement),
})

const commands: Record<string, (asked: never) => Promise<unknown>> = { seal, open: openBid, newOpeningKey, prove, sign }

const { do: name, ...asked } = JSON.parse(await text(process.stdin)) as { do: string }
try {
  process.stdout.write(JSON.stringify(await commands[name]?.(asked as never)))
} catch (error) {
  if (!(error instanceof kb.Invalid)) throw error
  process.stdout.write(JSON.stringify({ refused: error.code, detail: error.detail }))
}
