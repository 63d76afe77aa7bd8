/**
 * Whoever can sign for this tab's identity. Today that is a key opened from a .p12 file and held by WebCrypto,
 * non-extractable; a bridge to a hardware token would implement the same interface, for nothing here hands out a key.
 *
 * No Vue, no network: used in pages, in workers and in tests.
 */
import { problem, type Problem } from '@/api/problem'
import { certificateParts, publicBits, type CertificateFacts } from './certificate'
import { detachedCms } from './cms'
import { concat, integer, sequence } from './der'

export interface CmsOptions {
  /** The claimed signing time; now by default, null for none. */
  at?: Date | null
  /** For a signature inside a PDF, which carries no signing time. */
  pades?: boolean
}

export interface Signer {
  /** The signing certificate, DER. */
  readonly certificate: Uint8Array
  /** The certificates above it, DER. */
  readonly chain: readonly Uint8Array[]
  readonly facts: CertificateFacts
  /** The certificate a key may be wrapped to: the second one of a pair (双证书), or the same one; else null. */
  readonly encryption: Uint8Array | null
  /** SHA-256 signature by the certificate's key: ECDSA as DER, RSA as PKCS#1 v1.5. */
  sign(data: Uint8Array): Promise<Uint8Array>
  /** A detached CMS over content, or over content with a SHA-256 digest. */
  detachedCms(content: Uint8Array | { digest: Uint8Array }, options?: CmsOptions): Promise<Uint8Array>
  /** The shared x coordinate (32 bytes) of the encryption key and a P-256 point (uncompressed). */
  agree(point: Uint8Array): Promise<Uint8Array>
  /** What a worker needs to sign; it can be posted there, the keys stay non-extractable. */
  material(): SignerMaterial
}

/** A signer as data: structured-cloneable, so that IndexedDB and workers can hold it. */
export interface SignerMaterial {
  certificate: Uint8Array
  chain: readonly Uint8Array[]
  facts: CertificateFacts
  key: CryptoKey
  encryption: { certificate: Uint8Array; key: CryptoKey } | null
}

let clock: () => number = Date.now

/** Let signing times follow the server's clock; by default the computer's own. */
export function signBy(now: () => number): void {
  clock = now
}

class KeySigner implements Signer {
  constructor(private readonly held: SignerMaterial) {}

  get certificate(): Uint8Array {
    return this.held.certificate
  }
  get chain(): readonly Uint8Array[] {
    return this.held.chain
  }
  get facts(): CertificateFacts {
    return this.held.facts
  }
  get encryption(): Uint8Array | null {
    return this.held.encryption?.certificate ?? null
  }
  material(): SignerMaterial {
    return this.held
  }

  async sign(data: Uint8Array): Promise<Uint8Array> {
    const { key } = this.held
    if (key.algorithm.name !== 'ECDSA') {
      return new Uint8Array(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, data as BufferSource))
    }
    const raw = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, data as BufferSource)
    const [r, s] = halves(new Uint8Array(raw))
    return sequence(integer(r), integer(s))
  }

  async detachedCms(content: Uint8Array | { digest: Uint8Array }, options: CmsOptions = {}): Promise<Uint8Array> {
    const digest =
      content instanceof Uint8Array
        ? new Uint8Array(await crypto.subtle.digest('SHA-256', content as BufferSource))
        : content.digest
    const at = options.pades ? null : options.at === undefined ? new Date(clock()) : options.at
    const algorithm = this.held.key.algorithm.name === 'ECDSA' ? 'ecdsa' : 'rsa'
    const { certificate, chain } = this.held
    return detachedCms({ digest, certificate, chain, algorithm, at, sign: (message) => this.sign(message) })
  }

  async agree(point: Uint8Array): Promise<Uint8Array> {
    const own = this.held.encryption
    if (!own) throw cannotDecrypt()
    const algorithm = { name: 'ECDH', namedCurve: 'P-256' }
    const other = await crypto.subtle.importKey('raw', point as BufferSource, algorithm, false, [])
    return new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: other }, own.key, 256))
  }
}

/** The signer of keys already in WebCrypto. */
export function signerFrom(material: SignerMaterial): Signer {
  return new KeySigner(material)
}

function halves(signature: Uint8Array): [Uint8Array, Uint8Array] {
  const middle = signature.length / 2
  return [signature.subarray(0, middle), signature.subarray(middle)]
}

const CURVES = { 'ec-p256': 'P-256', 'ec-p384': 'P-384', 'ec-p521': 'P-521' } as const

/** Bring a private key (PKCS#8) into WebCrypto, for signing only and non-extractable. */
export async function importSigningKey(pkcs8: Uint8Array, facts: CertificateFacts): Promise<CryptoKey> {
  const algorithm = signingAlgorithm(facts)
  if (!algorithm) throw keyNotUsable()
  return crypto.subtle.importKey('pkcs8', pkcs8 as BufferSource, algorithm, false, ['sign'])
}

/** The same key for agreeing on secrets (ECDH), non-extractable. */
export async function importAgreementKey(pkcs8: Uint8Array): Promise<CryptoKey> {
  const algorithm = { name: 'ECDH', namedCurve: 'P-256' }
  return crypto.subtle.importKey('pkcs8', pkcs8 as BufferSource, algorithm, false, ['deriveBits'])
}

export function signingAlgorithm(facts: CertificateFacts): EcKeyImportParams | RsaHashedImportParams | null {
  if (facts.key === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  if (facts.key === 'other') return null
  return { name: 'ECDSA', namedCurve: CURVES[facts.key] }
}

const PROOF = new TextEncoder().encode('kaibiao: does this key belong to this certificate?')

/** Whether a private key is the one a certificate names: it signs, and the certificate's key verifies. */
export async function belongs(key: CryptoKey, certificate: Uint8Array, facts: CertificateFacts): Promise<boolean> {
  const algorithm = signingAlgorithm(facts)
  if (!algorithm) return false
  const { publicKey } = certificateParts(certificate)
  const other = await crypto.subtle.importKey('spki', publicKey as BufferSource, algorithm, false, ['verify'])
  const how = facts.key === 'rsa' ? 'RSASSA-PKCS1-v1_5' : { name: 'ECDSA', hash: 'SHA-256' }
  const signature = await crypto.subtle.sign(how, key, PROOF)
  return crypto.subtle.verify(how, other, signature, PROOF)
}

/** The uncompressed P-256 point of a certificate that a key may be wrapped to. */
export const agreementPoint = (certificate: Uint8Array): Uint8Array => concat(publicBits(certificate))

function keyNotUsable(): Problem {
  return problem(
    'key-not-usable',
    {
      what: '浏览器不能使用这把私钥（算法不在支持范围内）。',
      meaning: '没有登录，也没有签名；证书文件没有离开本机。',
      do: '请使用 RSA 或 ECDSA（P-256、P-384）证书；国密 SM2 证书需要本地令牌组件，目前还不支持。',
    },
    {
      what: 'The browser cannot use this private key: its algorithm is not supported.',
      meaning: 'Nothing was signed, and the certificate file did not leave this computer.',
      do: 'Use an RSA or ECDSA certificate (P-256, P-384). SM2 certificates need a local token bridge, which does not exist yet.',
    },
  )
}

function cannotDecrypt(): Problem {
  return problem(
    'certificate-key-usage',
    {
      what: '这份证书没有可用于解密的密钥。',
      meaning: '证书只能签名；投标和文件都没有改变。',
      do: '请改用恢复码或密钥文件；双证书用户请选择含加密证书的 .p12。',
    },
    {
      what: 'This certificate has no key for decrypting.',
      meaning: 'It can only sign. Nothing about your bid or files changed.',
      do: 'Use the recovery code or the key file; holders of a pair choose the .p12 with the encryption certificate.',
    },
  )
}
