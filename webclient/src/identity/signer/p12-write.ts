/** Making a .p12 in this page: PBES2 (PBKDF2-SHA-256, AES-256), as OpenSSL 3, Windows and macOS read. */
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'

const KEY_BAG = '1.2.840.113549.1.12.10.1.2'
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3'
const X509 = '1.2.840.113549.1.9.22.1'
const FRIENDLY_NAME = '1.2.840.113549.1.9.20'
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21'
/** OWASP's figure for PBKDF2-HMAC-SHA256. */
const ITERATIONS = 600_000
/** The MAC's old derivation runs in JavaScript; it guards integrity, the key above guards secrecy. */
const MAC_ITERATIONS = 2048

export interface P12Input {
  privateKey: CryptoKey
  certificate: Uint8Array
  chain: readonly Uint8Array[]
  password: string
  /** What file managers show. */
  name: string
}

export async function writeP12(input: P12Input): Promise<Uint8Array<ArrayBuffer>> {
  const password = new TextEncoder().encode(input.password).buffer
  const attributes = await bagAttributes(input)
  const keys = new pkijs.SafeContents({ safeBags: [await keyBag(input.privateKey, password, attributes)] })
  const certificates = new pkijs.SafeContents({
    safeBags: [
      certificateBag(input.certificate, attributes),
      ...input.chain.map((each) => certificateBag(each, [])),
    ],
  })
  const safe = new pkijs.AuthenticatedSafe({
    parsedValue: {
      safeContents: [
        { privacyMode: 0, value: keys },
        { privacyMode: 1, value: certificates },
      ],
    },
  })
  await safe.makeInternalValues({ safeContents: [{}, encryption(password)] })
  const pfx = new pkijs.PFX({ parsedValue: { integrityMode: 0, authenticatedSafe: safe } })
  await pfx.makeInternalValues({
    password,
    iterations: MAC_ITERATIONS,
    pbkdf2HashAlgorithm: 'SHA-256',
    hmacHashAlgorithm: 'SHA-256',
  })
  return new Uint8Array(pfx.toSchema().toBER())
}

const encryption = (password: ArrayBuffer) => ({
  password,
  contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 },
  hmacHashAlgorithm: 'SHA-256',
  iterationCount: ITERATIONS,
})

async function keyBag(key: CryptoKey, password: ArrayBuffer, attributes: pkijs.Attribute[]): Promise<pkijs.SafeBag> {
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', key)
  const bag = new pkijs.PKCS8ShroudedKeyBag({ parsedValue: pkijs.PrivateKeyInfo.fromBER(pkcs8) })
  await bag.makeInternalValues(encryption(password) as Parameters<typeof bag.makeInternalValues>[0])
  return new pkijs.SafeBag({ bagId: KEY_BAG, bagValue: bag, bagAttributes: attributes })
}

function certificateBag(der: Uint8Array, attributes: pkijs.Attribute[]): pkijs.SafeBag {
  const certValue = new asn1js.OctetString({ valueHex: der.slice().buffer })
  const bag = new pkijs.CertBag({ certId: X509, certValue })
  return new pkijs.SafeBag({ bagId: CERTIFICATE_BAG, bagValue: bag, ...(attributes.length ? { bagAttributes: attributes } : {}) })
}

/** What ties the key to its certificate for other programs, and a name for people. */
async function bagAttributes({ certificate, name }: P12Input): Promise<pkijs.Attribute[]> {
  const id = await crypto.subtle.digest('SHA-256', certificate as BufferSource)
  return [
    new pkijs.Attribute({ type: LOCAL_KEY_ID, values: [new asn1js.OctetString({ valueHex: id })] }),
    new pkijs.Attribute({ type: FRIENDLY_NAME, values: [new asn1js.BmpString({ value: name })] }),
  ]
}
