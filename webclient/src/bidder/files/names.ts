/**
 * Which file names a bid can carry: safe and distinct on every system it will be unpacked on
 * (docs/formats/stream.md, `bad-file-name`). The sealing core checks again; here each file gets its own reason.
 */

export type NameFault =
  | 'empty-name'
  | 'too-long'
  | 'half-character'
  | 'invisible'
  | 'character'
  | 'step'
  | 'reserved'
  | 'duplicate'
  | 'file-and-folder'
  | 'too-many'

export const MAX_ENTRIES = 10_000
const MAX_NAME = 240
const RESERVED = new Set(['con', 'prn', 'aux', 'nul', ...Array.from({ length: 9 }, (_, i) => [`com${i + 1}`, `lpt${i + 1}`]).flat()])
/** Left by systems and editors in every folder; nobody means to submit them. */
const LITTER = /^(?:\.DS_Store|Thumbs\.db|desktop\.ini|\._.*|~\$.*|\.git|\.svn|__MACOSX)$/i

/** Case does not make two names: as casefold() does for all that occurs in file names. */
export const folded = (name: string): string => name.replaceAll('ẞ', 'ss').toLowerCase().replaceAll('ß', 'ss').replaceAll('ς', 'σ')

export const isLitter = (name: string): boolean => name.split('/').some((step) => LITTER.test(step))

/** Why a name cannot be carried; null when it can. */
export function nameFault(name: string): NameFault | null {
  if (/\p{Surrogate}/u.test(name)) return 'half-character'
  const size = new TextEncoder().encode(name).length
  if (size === 0) return 'empty-name'
  if (size > MAX_NAME) return 'too-long'
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)) return 'invisible'
  if (/[\\:*?"<>|]/.test(name)) return 'character'
  for (const step of name.split('/')) {
    if (step === '' || step === '.' || step === '..' || step !== step.trim() || step.endsWith('.')) return 'step'
    if (RESERVED.has(folded(step.split('.')[0]!))) return 'reserved'
  }
  return null
}

export interface Chosen {
  /** Path inside the bid: NFC, `/` between steps. */
  name: string
  file: File
}
export interface Refused {
  name: string
  fault: NameFault | 'not-readable'
}

/** The path of a chosen file; of a chosen folder its own name is left out. */
export function pathOf(file: File): string {
  const inFolder = file.webkitRelativePath.split('/').slice(1).join('/')
  return (inFolder || file.name).normalize('NFC')
}

/** Add files to those there are: what fits, what does not and why, and what was left out as litter. */
export function addFiles(there: readonly Chosen[], added: readonly File[]): { files: Chosen[]; refused: Refused[]; litter: string[] } {
  const files = [...there]
  const refused: Refused[] = []
  const litter: string[] = []
  const names = new Set(there.map((one) => folded(one.name)))
  const folders = new Set(there.flatMap((one) => foldersOf(one.name)))
  for (const file of added) {
    const name = pathOf(file)
    if (isLitter(name)) {
      litter.push(name)
      continue
    }
    const fault = nameFault(name) ?? clash(name, names, folders, files.length)
    if (fault) {
      refused.push({ name, fault })
      continue
    }
    names.add(folded(name))
    for (const folder of foldersOf(name)) folders.add(folder)
    files.push({ name, file })
  }
  return { files: files.sort((a, b) => (a.name < b.name ? -1 : 1)), refused, litter }
}

function clash(name: string, names: ReadonlySet<string>, folders: ReadonlySet<string>, count: number): NameFault | null {
  const key = folded(name)
  if (names.has(key)) return 'duplicate'
  if (folders.has(key) || foldersOf(name).some((folder) => names.has(folder))) return 'file-and-folder'
  return count >= MAX_ENTRIES ? 'too-many' : null
}

function foldersOf(name: string): string[] {
  const steps = folded(name).split('/')
  return steps.slice(1).map((_, depth) => steps.slice(0, depth + 1).join('/'))
}
