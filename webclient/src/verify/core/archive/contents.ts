/** Hash every entry in pieces and compare with the manifest; a ciphertext is narrowed down to its leaf. */
import { createSha256 } from '../hash'
import { concat, digest, same } from '@/crypto/bytes'
import { hex } from '@/crypto/canonical'
import { crc32 } from '@/crypto/crc32'
import type { Findings } from '../report'
import { isKnown } from './names'
import { type Described, LEAF, type Opened } from './opened'

/** Read this much at once: one file access for several leaves. */
const BLOCK = 8 * LEAF

export async function checkContents(opened: Opened, findings: Findings, progress: (done: number, total: number) => void): Promise<void> {
  const total = [...opened.entries.values()].reduce((sum, one) => sum + one.entry.size, 0)
  let done = 0
  for (const [name, described] of opened.entries) {
    const start = opened.starts.get(name)!
    if (!isKnown(name)) findings.add(name, 'entry-unknown', '', { offset: start })
    if (start + described.entry.size > opened.source.size) {
      findings.add(name, 'entry-cut', '', { offset: start })
      continue
    }
    const step = (bytes: number): void => progress((done += bytes), total)
    await (described.leaves ? checkLeaves(opened, described, start, findings, step) : checkWhole(opened, described, start, findings, step))
  }
  findings.note('hashed', { entries: opened.entries.size, bytes: total })
}

async function checkWhole(opened: Opened, described: Described, start: number, findings: Findings, step: (bytes: number) => void): Promise<void> {
  const { entry } = described
  const whole = createSha256()
  let crc = 0
  for (let at = 0; at < entry.size; at += BLOCK) {
    const block = await opened.source.read(start + at, Math.min(BLOCK, entry.size - at))
    crc = crc32(block, crc)
    await whole.add(block, entry.size <= BLOCK)
    step(block.length)
  }
  if (hex(await whole.end()) !== described.sha256) findings.add(entry.name, 'content-differs', '', { offset: start })
  else if (crc >>> 0 !== entry.crc32) findings.add(entry.name, 'crc-differs', '', { offset: start })
}

async function checkLeaves(opened: Opened, described: Described, start: number, findings: Findings, step: (bytes: number) => void): Promise<void> {
  const { entry, leaves } = described
  for (let at = 0; at < entry.size; at += BLOCK) {
    const block = await opened.source.read(start + at, Math.min(BLOCK, entry.size - at))
    const first = at / LEAF
    const count = Math.ceil(block.length / LEAF)
    const hashes = await Promise.all(
      Array.from({ length: count }, (_, n) => digest(concat(Uint8Array.of(0), block.subarray(n * LEAF, (n + 1) * LEAF)))),
    )
    hashes.forEach((hashed, n) => {
      if (!same(hashed, leaves![first + n]!)) {
        findings.add(entry.name, 'content-differs', '', { offset: start + (first + n) * LEAF, leaf: first + n })
      }
    })
    step(block.length)
  }
}
