/** The header of a tender as a form, and what stands against sending it. */
import { isCreditCode } from './checks'
import { t } from './words'
import { t as tb } from './basics.words'
import type { Header, TenderFacts } from './types'
import { colon } from '@/i18n/marks'

export interface HeaderForm extends Omit<Header, 'region' | 'dealCode'> {
  province: string
  city: string
  dealCode: string
}
export interface Fault {
  id: string
  text: string
}

export function emptyHeader(): HeaderForm {
  return { regime: 'ENG', type: 'works', title: '', tenderer: { name: '', creditCode: '' }, province: '', city: '', tenant: '', mode: 'open', code: '', dealCode: '', repeats: '' }
}

export function headerForm(facts: TenderFacts): HeaderForm {
  const [, province = '', city = ''] = facts.region.split('-')
  const { regime, type, title, mode, code, dealCode, repeats } = facts
  return { regime, type, title, mode, code, dealCode, repeats, tenant: facts.tenant, tenderer: { ...facts.tenderer }, province, city }
}

export const regionOf = (form: HeaderForm): string => ['CN', form.province, form.province ? form.city : ''].filter(Boolean).join('-')

export function headerOf(form: HeaderForm): Header {
  const { province: _p, city: _c, dealCode, ...rest } = form
  return { ...rest, region: regionOf(form), dealCode: dealCode.trim() || null }
}

/** The ids are those of the fields on the page. */
export function headerFaults(form: HeaderForm): Fault[] {
  const faults: Fault[] = []
  const need = (id: string, text: string, label: string): void => {
    if (!text.trim()) faults.push({ id, text: `${label}${colon()}${t('needs')}` })
    else if ([...text].length > 300) faults.push({ id, text: `${label}${colon()}${t('tooLong', { n: 300 })}` })
  }
  need('name', form.title, tb('name'))
  if (form.city && !/^\d{4}$/.test(form.city)) faults.push({ id: 'city', text: `${tb('city')}${colon()}${tb('cityBad')}` })
  need('tenderer-name', form.tenderer.name, tb('tendererName'))
  if (!isCreditCode(form.tenderer.creditCode)) faults.push({ id: 'tenderer-code', text: `${tb('tendererCode')}${colon()}${t('badCode')}` })
  return faults
}
