/** Small calls that must not show who makes them: no session, no cookie, no referrer that names the slot. */
import { raw } from '@/api/http'

async function call(path: string, init: RequestInit): Promise<Response> {
  return raw(path, { ...init, anonymous: true, referrerPolicy: 'no-referrer' })
}

export async function ask<T>(path: string, headers: Record<string, string> = {}): Promise<T> {
  return (await (await call(path, { headers })).json()) as T
}

export async function askBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await call(path, {})).arrayBuffer())
}

export async function askText(path: string): Promise<string> {
  return (await call(path, {})).text()
}

export async function say<T>(path: string, body: unknown): Promise<T> {
  const answer = await call(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (answer.status === 204 ? undefined : await answer.json()) as T
}
