/** Older .p12 files, encrypted with RC2 or 3DES, which WebCrypto does not know: read with node-forge. */
import forge from 'node-forge'
import type { P12Content } from './p12'
import { unreadable, wrongPassword } from './p12-faults'
import { usesPbes1 } from './p12-kind'

/** Throws `Problem`: `p12-password`, `p12-unreadable`. */
export async function readLegacy(file: Uint8Array, password: string): Promise<P12Content> {
  const outer = forge.asn1.fromDer(forge.util.createBuffer(binary(file)))
  const p12 = usesPbes1(file) ? open(outer, password) : open(withoutMac(outer), forge.util.encodeUtf8(password))
  const { pkcs8ShroudedKeyBag, keyBag, certBag } = forge.pki.oids
  const bags = (type: string | undefined): forge.pkcs12.Bag[] => (type ? (p12.getBags({ bagType: type })[type] ?? []) : [])
  const keys = [...bags(pkcs8ShroudedKeyBag), ...bags(keyBag)].map(keyOf)
  return { keys: keys.filter((key) => key !== null), certificates: bags(certBag).map(certificateOf) }
}

/**
 * The frame without its MAC. PBES2 takes the password as UTF-8, the MAC takes it as UTF-16, and forge takes one
 * password for both; the padding of the decrypted data shows a wrong one.
 */
function withoutMac(outer: forge.asn1.Asn1): forge.asn1.Asn1 {
  return { ...outer, value: (outer.value as forge.asn1.Asn1[]).slice(0, 2) }
}

function open(outer: forge.asn1.Asn1, password: string): forge.pkcs12.Pkcs12Pfx {
  try {
    return forge.pkcs12.pkcs12FromAsn1(outer, false, password)
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message : ''
    if (/unsupported|unknown|oid/i.test(text)) throw unreadable(text)
    throw wrongPassword()
  }
}

function keyOf(bag: forge.pkcs12.Bag): Uint8Array | null {
  // forge understands RSA keys; of others it hands over the PKCS#8 structure as it stood in the file.
  const info = bag.key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(bag.key)) : bag.asn1
  return info ? bytesOf(info) : null
}

function certificateOf(bag: forge.pkcs12.Bag): Uint8Array {
  if (bag.cert) return bytesOf(forge.pki.certificateToAsn1(bag.cert))
  return bytesOf(bag.asn1)
}

const bytesOf = (value: forge.asn1.Asn1): Uint8Array =>
  Uint8Array.from(forge.asn1.toDer(value).getBytes(), (character) => character.charCodeAt(0))

const binary = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
