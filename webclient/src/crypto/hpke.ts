/**
 * HPKE (RFC 9180), base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, with the sender's ephemeral
 * key material given: whoever learns a dealt secret regenerates its envelopes and compares them.
 */
import { type Bytes, compare, concat, u16, utf8 } from './bytes'
import { unhex } from './canonical'
import { Invalid } from './errors'
import { checkPoint, pointOf, type PrivateKey, privateFromBytes } from './p256'
import { Aead, hkdfExpand, HPKE_OVERHEAD, KEY, mac, NONCE, POINT } from './suite'

const KEM = concat(utf8('KEM'), u16(0x0010))
const SUITE_ID = concat(utf8('HPKE'), u16(0x0010), u16(0x0001), u16(0x0002))
const ORDER = unhex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
const EMPTY = new Uint8Array(0)

const labeledExtract = (suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Bytes =>
  mac(salt, concat(utf8('HPKE-v1'), suite, utf8(label), ikm))

const labeledExpand = (suite: Uint8Array, prk: Uint8Array, label: string, info: Uint8Array, length: number): Bytes =>
  hkdfExpand(prk, concat(u16(length), utf8('HPKE-v1'), suite, utf8(label), info), length)

/** DeriveKeyPair of RFC 9180 section 7.1.3: the same scalar for the same material, always. */
export function deriveScalar(ikm: Uint8Array): Bytes {
  const prk = labeledExtract(KEM, EMPTY, 'dkp_prk', ikm)
  for (let counter = 0; counter < 256; counter += 1) {
    const candidate = labeledExpand(KEM, prk, 'candidate', Uint8Array.of(counter), 32)
    if (candidate.some((byte) => byte !== 0) && compare(candidate, ORDER) < 0) return candidate
  }
  throw new Invalid('hpke-derive', 'no key can be derived from this material')
}

interface Message {
  info: Uint8Array
  aad?: Uint8Array
}

/** `enc || ciphertext` to the holder of `recipient`; `ephemeralIkm` is fresh and secret. */
export async function hpkeSeal(
  recipient: Uint8Array,
  plaintext: Uint8Array,
  { info, aad, ephemeralIkm }: Message & { ephemeralIkm: Uint8Array },
): Promise<Bytes> {
  const scalar = deriveScalar(ephemeralIkm)
  const enc = pointOf(scalar)
  const ephemeral = await privateFromBytes(scalar, enc)
  const { key, nonce } = schedule(kemSecret(await ephemeral.agree(recipient), enc, recipient), info)
  return concat(enc, await (await Aead.of(key)).seal(nonce, plaintext, aad))
}

/** The plaintext of `hpkeSeal`; `hpke-open` when key, info, associated data or bytes differ. */
export async function hpkeOpen(key: PrivateKey, sealed: Uint8Array, { info, aad }: Message): Promise<Bytes> {
  if (sealed.length < HPKE_OVERHEAD) throw new Invalid('hpke-open', 'the envelope is too short')
  const enc = sealed.subarray(0, POINT)
  checkPoint(enc)
  const shared = kemSecret(await key.agree(enc), enc, key.point)
  const derived = schedule(shared, info)
  const plain = await (await Aead.of(derived.key)).open(derived.nonce, sealed.subarray(POINT), aad)
  if (!plain) throw new Invalid('hpke-open', 'the envelope does not open with this key in this place')
  return plain
}

/** ExtractAndExpand of section 4.1. */
function kemSecret(shared: Uint8Array, enc: Uint8Array, recipient: Uint8Array): Bytes {
  const prk = labeledExtract(KEM, EMPTY, 'eae_prk', shared)
  return labeledExpand(KEM, prk, 'shared_secret', concat(enc, recipient), 32)
}

/** KeySchedule of section 5.1 for mode_base: the key and the nonce of sequence number 0. */
function schedule(sharedSecret: Uint8Array, info: Uint8Array): { key: Bytes; nonce: Bytes } {
  const context = concat(
    Uint8Array.of(0),
    labeledExtract(SUITE_ID, EMPTY, 'psk_id_hash', EMPTY),
    labeledExtract(SUITE_ID, EMPTY, 'info_hash', info),
  )
  const secret = labeledExtract(SUITE_ID, sharedSecret, 'secret', EMPTY)
  return {
    key: labeledExpand(SUITE_ID, secret, 'key', context, KEY),
    nonce: labeledExpand(SUITE_ID, secret, 'base_nonce', context, NONCE),
  }
}
