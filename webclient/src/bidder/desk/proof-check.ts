/** A receipt's proof against the public log (docs/formats/receipt.md), with the log's key as this browser knows it. */
import { parseVerifier } from '@/crypto/checkpoint'
import { verifyReceiptProof, type ReceiptProof } from '@/crypto/receipt'

export type { ReceiptProof } from '@/crypto/receipt'

export async function checkProof(submission: string, proof: ReceiptProof, vkey: string): Promise<void> {
  await verifyReceiptProof(submission, proof, [parseVerifier(vkey)])
}
