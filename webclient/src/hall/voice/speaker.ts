/** Says announcements one after the other, and follows the reading: what has become old is passed over. */
import { raw } from '@/api/http'
import { type Lang, lang } from '@/i18n'
import { type Announcement, isLine } from './announcements'
import { play, type Playing } from './sound'

/** Waiting announcements beyond these are read in the captions only. */
const MOST_WAITING = 2

export type Source = 'platform' | 'browser' | 'none'

export class Speaker {
  private readonly waiting: Announcement[] = []
  private playing: Playing | null = null
  private busy = false
  private silent = true

  constructor(
    private readonly lot: string,
    private readonly source: () => Source,
  ) {}

  say(one: Announcement): void {
    if (this.silent) return
    // A line of the reading goes before all that still waits: the voice is never more than one line behind the board.
    if (isLine(one)) this.waiting.length = 0
    this.waiting.push(one)
    this.waiting.splice(0, Math.max(0, this.waiting.length - MOST_WAITING))
    if (!this.busy) void this.run()
  }

  set on(wanted: boolean) {
    this.silent = !wanted
    if (wanted) return
    this.waiting.length = 0
    this.playing?.stop()
    this.playing = null
    globalThis.speechSynthesis?.cancel()
  }

  private async run(): Promise<void> {
    this.busy = true
    for (let next = this.waiting.shift(); next && !this.silent; next = this.waiting.shift()) {
      try {
        await this.one(next)
      } catch {
        // A sentence that cannot be heard is in the captions.
      }
    }
    this.busy = false
  }

  private async one(next: Announcement): Promise<void> {
    if (this.source() === 'browser') return byBrowser(next.text, lang.value)
    if (this.source() === 'none') return
    const answer = await raw(`/halls/${this.lot}/speech/${next.what}.wav?lang=${lang.value}`, { anonymous: true, cache: 'default' })
    const playing = await play(await answer.arrayBuffer())
    if (!playing || this.silent) return playing?.stop()
    this.playing = playing
    await playing.done
  }
}

function byBrowser(text: string, language: Lang): Promise<void> {
  return new Promise((resolve) => {
    const said = new SpeechSynthesisUtterance(text)
    said.lang = language === 'zh' ? 'zh-CN' : 'en-GB'
    said.onend = said.onerror = () => resolve()
    speechSynthesis.speak(said)
  })
}
