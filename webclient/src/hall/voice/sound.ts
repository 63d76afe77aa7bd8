/** WebAudio: a chime, and sounds fetched from the platform. Browsers let it sound only after a gesture on the page. */
import { ref } from 'vue'

let context: AudioContext | null = null
/** Something was to be heard and the browser did not let it: the page says how to change that. */
export const refused = ref(false)

/** The audio context, running if the browser allows it by now. */
export async function audio(): Promise<AudioContext | null> {
  if (typeof AudioContext !== 'function') return null
  context ??= new AudioContext()
  if (context.state === 'suspended') {
    // Without a gesture this neither resolves nor fails: do not wait for it.
    await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, 300))])
  }
  const running = context.state === 'running'
  if (!running && !refused.value) awaitGesture()
  refused.value = !running
  return running ? context : null
}

/** The next touch of the page is the gesture that browsers want to see. */
function awaitGesture(): void {
  const again = (): void => {
    for (const kind of GESTURES) removeEventListener(kind, again, true)
    refused.value = false
    void audio()
  }
  for (const kind of GESTURES) addEventListener(kind, again, true)
}
const GESTURES = ['pointerup', 'keydown'] as const

/** Two soft tones; false when the browser does not let them sound. */
export async function chime(): Promise<boolean> {
  const on = await audio()
  if (!on) return false
  for (const [n, pitch] of [659.25, 880].entries()) {
    const start = on.currentTime + n * 0.18
    const tone = new OscillatorNode(on, { type: 'sine', frequency: pitch })
    const volume = new GainNode(on, { gain: 0 })
    volume.gain.setValueAtTime(0, start)
    volume.gain.linearRampToValueAtTime(0.25, start + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.7)
    tone.connect(volume).connect(on.destination)
    tone.start(start)
    tone.stop(start + 0.75)
  }
  return true
}

export interface Playing {
  done: Promise<void>
  stop(): void
}

/** Play a sound file; null when the browser does not let it sound. Throws what cannot be decoded. */
export async function play(file: ArrayBuffer): Promise<Playing | null> {
  const on = await audio()
  if (!on) return null
  const source = new AudioBufferSourceNode(on, { buffer: await on.decodeAudioData(file) })
  source.connect(on.destination)
  const done = new Promise<void>((resolve) => source.addEventListener('ended', () => resolve(), { once: true }))
  source.start()
  return { done, stop: () => source.stop() }
}
