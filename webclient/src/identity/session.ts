/** Who this tab is: the session of its slot, its key, and the other identities of this browser. */
import { computed, readonly, shallowRef, type ComputedRef, type ShallowRef } from 'vue'
import { onSessionGone } from '@/api/http'
import { Problem, problem } from '@/api/problem'
import { pageAs, slot } from '@/app/place'
import { now } from '@/clock'
import type { Json } from '@/crypto/canonical'
import { callAs } from './calls'
import * as keyring from './keyring'
import type { Signer, SignerMaterial } from './signer/signer'
import type { Identity, Role, Session, SessionBody } from './types'
import { keepWarnings } from './warnings'

export type { Identity, Role, Session } from './types'

const signing = () => import('./signing')

const session = shallowRef<Session | null>(null)
const held = shallowRef<Signer | null>(null)
/**
 * The session ended while its page is open. What is known of it stays, and with it the page and everything typed
 * there; calls wait until it is renewed.
 */
let over = false

/** What a dialog asks the user for, while it asks. */
export interface Question {
  kind: 'session' | 'key'
  answer: (material: SignerMaterial | null) => Promise<void>
  dismiss: () => void
  /** The session was renewed elsewhere. */
  resume?: (found: Session) => void
}
export const question = shallowRef<Question | null>(null)
/** Whether one click is enough: this tab still holds the key, and the session ended by itself. */
export const keyAtHand = computed(() => held.value !== null)

const channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel('kaibiao-identity') : null

export function useSession(): Readonly<ShallowRef<Session | null>> {
  return readonly(session) as Readonly<ShallowRef<Session | null>>
}

export function hasRole(...roles: Role[]): ComputedRef<boolean> {
  return computed(() => session.value?.roles.some((role) => roles.includes(role)) ?? false)
}

let loading: Promise<Session | null> | null = null

/** The session of this tab, once it is known. Throws `Problem` while the server cannot be reached. */
export function loadSession(): Promise<Session | null> {
  if (!slot) return Promise.resolve(null)
  loading ??= askServer().catch((thrown: unknown) => {
    loading = null
    throw thrown
  })
  return loading
}

async function askServer(): Promise<Session | null> {
  try {
    enter(await callAs<SessionBody>(slot, 'GET', '/auth/session'))
  } catch (thrown) {
    if (!isGone(thrown)) throw thrown
    if (session.value) {
      over = true
      return null
    }
    // The session ended while no page of it was open: its key goes with it.
    if (slot) await keyring.forget(slot)
  }
  return session.value
}

const isGone = (thrown: unknown): boolean => thrown instanceof Problem && thrown.code === 'sign-in-needed'

function enter(body: SessionBody): Session {
  const found: Session = { ...body, name: body.person.name, creditCode: body.organisation.creditCode }
  session.value = found
  over = false
  void import('@/bidder/tickets').then(({ keepTickets }) => keepTickets(found)).catch(() => undefined)
  return found
}

/** Sign in as a new identity in a slot of its own; the page goes there. */
export async function signInAnew(material: SignerMaterial, next = '/desk'): Promise<void> {
  const { openSession } = await signing()
  const opened = await openSession(material, null)
  await keyring.keep({ slot: opened.slot, session: opened, material })
  channel?.postMessage({ kind: 'in', slot: opened.slot })
  keepWarnings(opened)
  location.assign(pageAs(opened.slot, next))
}

/**
 * Whether a certificate may speak for the person of a session: same name, same organisation. Authorities write the
 * credit code in places of their own, so one that is not found here is left to the server, which knows their rules.
 */
export const samePerson = ({ facts }: SignerMaterial, who: Session): boolean =>
  (facts.creditCode === null || facts.creditCode === who.creditCode) &&
  (facts.commonName || facts.organisation) === who.name

async function renew(material: SignerMaterial): Promise<Session> {
  const who = session.value
  if (who && !samePerson(material, who)) throw otherPerson(who)
  const { openSession, signerFrom } = await signing()
  const opened = await openSession(material, slot)
  if (who && opened.person.id !== who.person.id) {
    await callAs<void>(slot, 'DELETE', '/auth/session')
    throw otherPerson(who)
  }
  held.value = signerFrom(material)
  await keyring.keep({ slot: opened.slot, session: opened, material })
  const found = enter(opened)
  loading = Promise.resolve(found)
  return found
}

let asking: Promise<Session> | null = null

/** The session, asking the user to sign in again in place if it is gone. Rejects `sign-in-needed` when dismissed. */
export async function ensureSession(): Promise<Session> {
  if (!slot) throw signInNeeded()
  const known = session.value && !over ? session.value : await loadSession()
  return known ?? askAgain()
}

function askAgain(): Promise<Session> {
  asking ??= new Promise<Session>((resolve, reject) => {
    question.value = {
      kind: 'session',
      answer: async (material) => {
        const chosen = material ?? held.value?.material()
        if (!chosen) throw signInNeeded()
        const renewed = await renew(chosen)
        question.value = null
        resolve(renewed)
      },
      resume: (found) => {
        question.value = null
        resolve(found)
      },
      dismiss: () => {
        question.value = null
        reject(signInNeeded())
      },
    }
  }).finally(() => (asking = null))
  return asking
}

/** This tab's key if the browser holds it, without asking anybody. */
export async function heldSigner(): Promise<Signer | null> {
  if (!held.value && slot && session.value) {
    const known = await keyring.recall(slot)
    if (known) held.value = (await signing()).signerFrom(known.material)
  }
  return held.value
}

/** The key of this tab's identity. Asks for the certificate file when the browser no longer holds it. */
export async function signer(): Promise<Signer> {
  const who = await ensureSession()
  return (await heldSigner()) ?? askForKey(who)
}

let askingKey: Promise<Signer> | null = null

function askForKey(who: Session): Promise<Signer> {
  askingKey ??= new Promise<Signer>((resolve, reject) => {
    question.value = {
      kind: 'key',
      answer: async (material) => {
        if (!material) throw cancelled()
        if (!samePerson(material, who)) throw otherPerson(who)
        await keyring.keep({ slot: who.slot, session: who, material })
        const own = (held.value = (await signing()).signerFrom(material))
        question.value = null
        resolve(own)
      },
      dismiss: () => {
        question.value = null
        reject(cancelled())
      },
    }
  }).finally(() => (askingKey = null))
  return askingKey
}

/** A statement in its canonical bytes and the detached CMS over them, as the platform takes signed statements. */
export async function signStatement(value: Json): Promise<{ statement: string; cms: string }> {
  const own = await signer()
  const { b64, canon } = await signing()
  const statement = canon(value)
  return { statement: b64(statement), cms: b64(await own.detachedCms(statement)) }
}

/** Every identity signed in in this browser; those whose session is gone are forgotten on the way. */
export async function identities(): Promise<Identity[]> {
  const known = await keyring.everyone()
  const found = await Promise.all(known.map(({ slot: each, session: body }) => stillThere(each, body)))
  return found.filter((each) => each !== null)
}

async function stillThere(each: string, body: SessionBody): Promise<Identity | null> {
  const current = each === slot
  try {
    const fresh = await callAs<SessionBody>(each, 'GET', '/auth/session')
    return identity(fresh, current)
  } catch (thrown) {
    if (!isGone(thrown)) return identity(body, current) // not reachable: what was known stands
    if (!current) await keyring.forget(each)
    return null
  }
}

const identity = (body: SessionBody, current: boolean): Identity => ({
  slot: body.slot,
  name: body.person.name,
  organisation: body.organisation.name,
  roles: body.roles,
  current,
})

/** End the session of a slot, here and on the server, and forget its key. Throws `Problem` if the server was not told. */
export async function signOut(which: string | null = slot): Promise<void> {
  if (!which) return
  await keyring.forget(which)
  if (which === slot) held.value = null
  await callAs<void>(which, 'DELETE', '/auth/session').catch((thrown: unknown) => {
    if (!isGone(thrown)) throw thrown
  })
  channel?.postMessage({ kind: 'out', slot: which })
  if (which === slot) location.assign('/')
}

/** End every identity of this browser, this tab's last. */
export async function signOutAll(): Promise<void> {
  const others = (await keyring.everyone()).filter((each) => each.slot !== slot)
  await Promise.all(others.map((each) => signOut(each.slot)))
  if (slot) await signOut(slot)
}

channel?.addEventListener('message', (event: MessageEvent<{ kind: string; slot: string }>) => {
  if (event.data.slot !== slot) return
  if (event.data.kind === 'out') {
    held.value = null
    session.value = null
    location.assign('/')
  } else if (event.data.kind === 'renewed' && over) {
    void resumed()
  }
})

/** Another tab of this identity renewed the session: whoever is asked here need not answer any more. */
async function resumed(): Promise<void> {
  loading = null
  const found = await loadSession().catch(() => null)
  if (found) question.value?.resume?.(found)
}

/**
 * An answer said that the session is gone. It ended by itself if its time was over: then one click renews it. Ended
 * earlier, somebody ended it (a lost device, an operator): then the certificate file is asked for, and the key goes.
 */
onSessionGone(async () => {
  if (!slot) return false
  const known = session.value
  await heldSigner()
  over = true
  loading = Promise.resolve(null)
  if (known && (now() < Date.parse(known.expiresAt) || now() > Date.parse(known.absoluteExpiresAt))) {
    held.value = null
    await keyring.forget(slot)
  }
  try {
    await askAgain()
    channel?.postMessage({ kind: 'renewed', slot })
    return true
  } catch {
    return false
  }
})

/** Learn how long the session lasts now; its idle limit moves with every call. */
export async function refreshSession(): Promise<void> {
  if (!slot || !session.value || over) return
  loading = null
  await loadSession().catch(() => undefined)
}

function signInNeeded(): Problem {
  return problem(
    'sign-in-needed',
    {
      what: '需要先用证书登录。',
      meaning: '没有任何改变；已提交的投标和已收到的回执都不受影响。',
      do: '请登录后再试；登录没有次数限制。',
    },
    {
      what: 'Sign in with a certificate first.',
      meaning: 'Nothing was changed. Submitted bids and their receipts are not affected.',
      do: 'Sign in and try again; there is no limit on attempts.',
    },
  )
}

function cancelled(): Problem {
  return problem(
    'signing-cancelled',
    { what: '没有签名。', meaning: '没有任何改变；已提交的投标不受影响。', do: '需要时请再次操作，并选择证书文件。' },
    {
      what: 'Nothing was signed.',
      meaning: 'Nothing was changed. Submitted bids are not affected.',
      do: 'Repeat the act when you want to, and choose the certificate file.',
    },
  )
}

function otherPerson(who: Session): Problem {
  return problem(
    'signed-by-another',
    {
      what: `这份证书不是 ${who.organisation.name} ${who.name} 的。`,
      meaning: '本页仍属于原来的身份，没有任何改变。',
      do: '请选择同一个人的证书；要以另一个身份工作，请另开一个登录。',
    },
    {
      what: `This certificate does not belong to ${who.name} of ${who.organisation.name}.`,
      meaning: 'This page still belongs to the identity it had; nothing was changed.',
      do: 'Choose a certificate of the same person. To work as another identity, sign in separately.',
    },
  )
}
