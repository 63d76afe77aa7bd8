/** The opening form (开标一览表) while it is designed: moving, adding, checking. Pure. */
import type { FieldDef, FieldKind } from './types'

export const MAX_FIELDS = 60
export const PRICE = 'price'

export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const next = [...items]
  const [one] = next.splice(from, 1)
  next.splice(Math.max(0, Math.min(to, next.length)), 0, one!)
  return next
}

/** A code from an English label that no other field has: "Project manager" → project_manager. */
export function codeFor(label: string, taken: readonly string[]): string {
  const plain = label.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 36) || 'field'
  for (let n = 1; ; n += 1) {
    const code = n === 1 ? plain : `${plain}_${n}`
    if (!taken.includes(code)) return code
  }
}

export function blankField(kind: FieldKind, parts: readonly string[], taken: readonly string[]): FieldDef {
  return { name: codeFor('field', taken), zh: '', en: '', kind, required: true, unit: kind === 'money' ? '元' : kind === 'ratio' ? '%' : '', choices: [], part: parts[0]! }
}

export type FormFault = 'needName' | 'badName' | 'twice' | 'needChoices'
export interface FieldFault {
  index: number
  at: 'zh' | 'en' | 'name' | 'choices'
  fault: FormFault
}

export function formFaults(fields: readonly FieldDef[]): FieldFault[] {
  const faults: FieldFault[] = []
  fields.forEach((field, index) => {
    if (!field.zh.trim()) faults.push({ index, at: 'zh', fault: 'needName' })
    if (!field.en.trim()) faults.push({ index, at: 'en', fault: 'needName' })
    if (!/^[a-z][a-z0-9_]{0,39}$/.test(field.name)) faults.push({ index, at: 'name', fault: 'badName' })
    else if (fields.findIndex((one) => one.name === field.name) !== index) faults.push({ index, at: 'name', fault: 'twice' })
    if (field.kind === 'choice' && new Set(field.choices.filter(Boolean)).size < 2) faults.push({ index, at: 'choices', fault: 'needChoices' })
  })
  return faults
}

/** The fields as they are sent: texts trimmed, choices only where they belong. */
export function tidyForm(fields: readonly FieldDef[]): FieldDef[] {
  return fields.map((field) => ({
    ...field,
    zh: field.zh.trim(),
    en: field.en.trim(),
    unit: field.unit.trim(),
    choices: field.kind === 'choice' ? [...new Set(field.choices.map((one) => one.trim()).filter(Boolean))] : [],
  }))
}
