/**
 * The identity box: who bids, sealed so that nobody learns it before the officers open it after the deadline.
 * Inside: the bidder's facts and one detached CMS by its certificate (docs/formats/sealed-bid.md, "Identity box").
 */
import { parseCreditCode } from '@/identity/signer/credit-code'
import { type Bytes, concat, random as fresh, type Random, readU32, same, u32 } from './bytes'
import { b64, canon, type Json, parseCanonical, sha256hex, unb64 } from './canonical'
import { verifyDetached } from './cms'
import { checkBid, type Context } from './context'
import { Invalid } from './errors'
import { Fields } from './fields'
import { identityBoxKey, identityCommit } from './keys'
import type { Manifest } from './manifest'
import { Aead, NONCE, TAG } from './suite'

const IDENTITY_LABEL = 'kaibiao/identity/v1'
const BID_SIGNATURE_LABEL = 'kaibiao/bid-signature/v1'
const STEP = 64 << 10
export const MAX_BOX = 64 * STEP
const DRAW = 32
const MEMBERS = [
  'label', 'organisation', 'members', 'contact', 'representative', 'deposit', 'device', 'draw', 'replaces',
  'certificate', 'chain', 'evidence', 'signature',
] // prettier-ignore

type Strings = Readonly<Record<string, string>>

/** An organisation as it stands in the box. */
export interface Organisation {
  readonly name: string
  readonly creditCode: string
}

/**
 * What a bidder states about itself. `members` are those of a consortium (联合体), lead first; `representative`
 * (授权代表) {name, idDocument?}; `deposit` (保证金) or guarantee data; `replaces` all earlier bids for this lot.
 */
export interface IdentityInput {
  organisation: Organisation
  contact?: Strings
  representative?: Strings
  members?: readonly Organisation[]
  deposit?: Strings | null
  device?: Strings | null
  draw?: Uint8Array
  replaces?: readonly string[]
  crls?: readonly Uint8Array[]
  ocsps?: readonly Uint8Array[]
}

/** What sealing needs of a signer; `@/identity/signer` makes them, a worker may ask its page. */
export interface SealSigner {
  readonly certificate: Uint8Array
  readonly chain: readonly Uint8Array[]
  detachedCms(content: Uint8Array, options?: { at?: Date | null }): Promise<Uint8Array>
}

/** An opened, verified box. Whether the certificate is to be trusted is judged elsewhere. */
export interface Identity {
  readonly facts: Readonly<Record<string, Json>>
  readonly organisation: Organisation
  readonly certificate: Bytes
  readonly chain: readonly Bytes[]
  readonly cms: Bytes
  readonly signedAt: Date | null
  readonly identityHash: string
  readonly statement: Bytes
  readonly replaces: readonly string[]
  readonly draw: Bytes
}

/** What the bidder's certificate signs. */
export const bidStatement = (manifestHash: string, identityHash: string): Bytes =>
  canon({ label: BID_SIGNATURE_LABEL, manifestHash, identityHash })

const associated = (ctx: Context, manifestHash: string): Bytes => ctx.bound('identity-box', { manifestHash })

/** The identity box of `manifest`, signed by `signer` at `at`. */
export async function sealIdentity(
  manifest: Manifest,
  kIdentity: Uint8Array,
  identity: IdentityInput,
  signer: SealSigner,
  { at, random = fresh }: { at?: Date; random?: Random } = {},
): Promise<Bytes> {
  const body = encodeIdentity(identity, signer, random)
  const manifestHash = manifest.hash()
  const statement = bidStatement(manifestHash, sha256hex(canon(body)))
  const cms = await signer.detachedCms(statement, at ? { at } : undefined)
  const plain = canon({ ...body, signature: b64(cms) })
  return sealBox(manifest.ctx, manifestHash, kIdentity, plain, random)
}

/** nonce || ciphertext || tag of u32 length || `plain` || zeros, a multiple of 64 KiB in all. */
async function sealBox(ctx: Context, manifestHash: string, kIdentity: Uint8Array, plain: Uint8Array, random: Random): Promise<Bytes> {
  const size = Math.ceil((4 + plain.length + NONCE + TAG) / STEP) * STEP
  if (size > MAX_BOX) throw new Invalid('box-too-large', `an identity box has at most ${MAX_BOX} bytes`)
  const framed = new Uint8Array(size - NONCE - TAG)
  framed.set(u32(plain.length))
  framed.set(plain, 4)
  const nonce = random(NONCE)
  const aead = await Aead.of(identityBoxKey(ctx, kIdentity))
  return concat(nonce, await aead.seal(nonce, framed, associated(ctx, manifestHash)))
}

function encodeIdentity(identity: IdentityInput, signer: SealSigner, random: Random): Record<string, Json> {
  const draw = identity.draw ?? random(DRAW)
  if (draw.length !== DRAW) throw new Invalid('bad-identity', `a draw contribution has ${DRAW} bytes`)
  const body: Record<string, Json> = {
    label: IDENTITY_LABEL,
    organisation: { ...identity.organisation },
    members: (identity.members ?? []).map((member) => ({ ...member })),
    contact: { ...identity.contact },
    representative: { ...identity.representative },
    deposit: identity.deposit ? { ...identity.deposit } : null,
    device: identity.device ? { ...identity.device } : null,
    draw: b64(draw),
    replaces: [...(identity.replaces ?? [])],
    certificate: b64(signer.certificate),
    chain: signer.chain.map(b64),
    evidence: { crls: (identity.crls ?? []).map(b64), ocsps: (identity.ocsps ?? []).map(b64) },
  }
  checkFacts(new Fields(body, 'bad-identity'))
  return body
}

/** The verified content of the box; `bad-identity-key`, `bad-identity` or the signature's refusal. */
export async function openIdentity(manifest: Manifest, box: Uint8Array, kIdentity: Uint8Array): Promise<Identity> {
  const { ctx } = manifest
  if (!same(identityCommit(ctx, kIdentity), manifest.identity)) {
    throw new Invalid('bad-identity-key', "the officers' shares give another key than the manifest commits to")
  }
  const manifestHash = manifest.hash()
  checkBoxSize(box)
  const aead = await Aead.of(identityBoxKey(ctx, kIdentity))
  const framed = await aead.open(box.subarray(0, NONCE), box.subarray(NONCE), associated(ctx, manifestHash))
  if (!framed) throw new Invalid('bad-identity', 'the identity box fails its authentication tag')
  const length = readU32(framed)
  const plain = framed.subarray(4, 4 + length)
  const padding = framed.subarray(4 + length)
  if (plain.length !== length || padding.length >= STEP || padding.some((byte) => byte !== 0)) {
    throw new Invalid('bad-identity', 'the identity box is not framed and padded as it must be')
  }
  return verifyIdentity(manifestHash, parseCanonical(plain, MAX_BOX))
}

/** `bad-identity` unless the box has a size that padding gives. */
export function checkBoxSize(box: Uint8Array): void {
  if (!box.length || box.length > MAX_BOX || box.length % STEP) {
    throw new Invalid('bad-identity', 'an identity box is a multiple of 64 KiB')
  }
}

async function verifyIdentity(manifestHash: string, value: Json): Promise<Identity> {
  const fields = new Fields(value, 'bad-identity', MEMBERS)
  fields.label('label', IDENTITY_LABEL)
  checkFacts(fields)
  const { signature: _signature, ...body } = fields.value
  const identityHash = sha256hex(canon(body))
  const statement = bidStatement(manifestHash, identityHash)
  const cms = fields.data('signature', { limit: MAX_BOX })
  const certificate = fields.data('certificate')
  const signed = await verifyDetached(cms, { data: statement })
  if (!same(signed.certificate, certificate)) {
    throw new Invalid('bad-identity', 'the bid is signed by another certificate than the box names')
  }
  fields.inner('evidence', ['crls', 'ocsps'])
  const { certificate: _c, chain: _chain, evidence: _evidence, label: _label, ...facts } = body
  return {
    facts,
    organisation: fields.raw('organisation') as unknown as Organisation,
    certificate,
    chain: fields.items('chain', 0, 64).map((der) => new Fields({ der }, 'bad-identity').data('der', { limit: MAX_BOX })),
    cms,
    signedAt: signed.signedAt,
    identityHash,
    statement,
    replaces: fields.items('replaces', 0, 256) as readonly string[],
    draw: unb64(fields.raw('draw')),
  }
}

/** Shapes and the credit codes' check digits; what is true is judged with the certificate. */
function checkFacts(fields: Fields): void {
  for (const organisation of [fields.raw('organisation'), ...fields.items('members', 0, 32)]) {
    const named = new Fields(organisation, 'bad-identity', ['name', 'creditCode'])
    named.text('name', 200)
    const code = named.text('creditCode')
    const normal = parseCreditCode(code)
    if (normal === null) throw new Invalid('credit-code', 'the check character does not fit the other 17', { value: code })
    if (normal !== code) throw new Invalid('bad-identity', 'a credit code is not in its normal form')
  }
  for (const name of ['contact', 'representative', 'deposit', 'device']) {
    const inner = fields.raw(name)
    if (inner === null && (name === 'deposit' || name === 'device')) continue
    const strings = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    if (!strings || !Object.values(inner).every((text) => typeof text === 'string')) {
      throw new Invalid('bad-identity', `${name} is not an object of strings`)
    }
  }
  fields.data('draw', { size: DRAW })
  for (const replaced of fields.items('replaces', 0, 256)) checkBid(replaced)
}
