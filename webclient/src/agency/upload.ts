/**
 * A document of any size: hashed piece by piece as it is read, then sent by XHR, which alone tells how far it is. The
 * platform compares the hash; nothing stays there when the transfer breaks off.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { Problem, problem, problemFrom } from '@/api/problem'
import { offline } from '@/api/problem'
import { site } from '@/app/place'
import { base64, hex } from '@/crypto/canonical'
import { ensureSession } from '@/identity/session'
import type { DocumentLine } from './types'

const PIECE = 8 << 20

export interface Progress {
  stage: 'hashing' | 'sending'
  done: number
  total: number
}
type Told = (progress: Progress) => void

const unreadable = (name: string): Problem =>
  problem(
    'file-unreadable',
    { what: `文件“${name}”读不出来：它可能被移动、删除或正在改动。`, meaning: '没有上传。', do: '请确认文件还在原处并能打开，再选一次。' },
    { what: `The file “${name}” cannot be read: moved, deleted or being changed.`, meaning: 'It was not uploaded.', do: 'Make sure it opens, and choose it again.' },
  )

/** SHA-256 of a file, never whole in memory. */
export async function hashFile(file: File, told: Told, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const hasher = sha256.create()
  for (let at = 0; at < file.size; at += PIECE) {
    signal.throwIfAborted()
    const piece = await file
      .slice(at, at + PIECE)
      .arrayBuffer()
      .catch(() => {
        throw unreadable(file.name)
      })
    hasher.update(new Uint8Array(piece))
    told({ stage: 'hashing', done: Math.min(file.size, at + PIECE), total: file.size })
    // The page lives on between pieces.
    await new Promise((resolve) => setTimeout(resolve))
  }
  return hasher.digest() as Uint8Array<ArrayBuffer>
}

export async function sendDocument(tender: string, file: File, lot: string, told: Told, signal: AbortSignal): Promise<DocumentLine> {
  const digest = await hashFile(file, told, signal)
  const query = lot ? `?lot=${lot}` : ''
  const url = `${site}/api/tenders/${tender}/documents/${encodeURIComponent(file.name.normalize('NFC'))}${query}`
  const once = (): Promise<DocumentLine> => put(url, file, digest, told, signal)
  try {
    return await once()
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.code !== 'sign-in-needed') throw thrown
    await ensureSession()
    return once()
  }
}

function put(url: string, file: File, digest: Uint8Array, told: Told, signal: AbortSignal): Promise<DocumentLine> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', url)
    request.setRequestHeader('X-Kaibiao', '1')
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.setRequestHeader('Content-Digest', `sha-256=:${base64(digest)}:`)
    request.upload.onprogress = (event) => told({ stage: 'sending', done: event.loaded, total: file.size })
    request.onload = () => {
      const body = parsed(request.responseText)
      if (request.status >= 400) return reject(problemFrom(body, request.status))
      const line = body as DocumentLine
      if (line.sha256 !== hex(digest)) return reject(unreadable(file.name))
      resolve(line)
    }
    request.onerror = () => reject(offline())
    const stop = (): void => {
      request.abort()
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', stop, { once: true })
    request.onloadend = () => signal.removeEventListener('abort', stop)
    request.send(file)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
