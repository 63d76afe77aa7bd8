/** A strict reader of parsed canonical JSON: exactly the named members, each of its type, or `Invalid`. */
import type { Bytes } from './bytes'
import { type Json, unb64, unhex } from './canonical'
import { Invalid } from './errors'

export class Fields {
  readonly value: Readonly<Record<string, Json>>

  /** `code` is the refusal when the shape is wrong. */
  constructor(
    value: unknown,
    private readonly code: string,
    required?: readonly string[],
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Invalid(code, 'an object is expected')
    this.value = value as Record<string, Json>
    if (required) {
      const there = new Set(Object.keys(value))
      const wrong = [...required.filter((name) => !there.has(name)), ...[...there].filter((name) => !required.includes(name))]
      if (wrong.length) throw new Invalid(code, `missing or unknown members: ${wrong.sort().join(', ').slice(0, 200)}`)
    }
  }

  keys(): string[] {
    return Object.keys(this.value)
  }

  raw(name: string): Json {
    const value = Object.hasOwn(this.value, name) ? this.value[name] : undefined
    if (value === undefined) throw new Invalid(this.code, `${name} is missing`)
    return value
  }

  private wrong(name: string, wanted: string): Invalid {
    return new Invalid(this.code, `${name} is not ${wanted}`)
  }

  /** The member must be exactly `expected`: the purpose and version of the object. */
  label(name: string, expected: string): void {
    if (this.raw(name) !== expected) throw this.wrong(name, expected)
  }

  text(name: string, limit = 512): string {
    const value = this.raw(name)
    if (typeof value !== 'string' || value === '' || [...value].length > limit) {
      throw this.wrong(name, `a string of 1 to ${limit} characters`)
    }
    return value
  }

  integer(name: string, low: number, high: number): number {
    const value = this.raw(name)
    if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
      throw this.wrong(name, `an integer from ${low} to ${high}`)
    }
    return value
  }

  /** A whole number written as a decimal string without leading zeros. */
  decimal(name: string, high: number): number {
    const value = this.raw(name)
    if (typeof value !== 'string' || !/^(?:0|[1-9][0-9]{0,15})$/.test(value) || Number(value) > high) {
      throw this.wrong(name, `a decimal string up to ${high}`)
    }
    return Number(value)
  }

  /** A 32-byte hash, in hex. */
  hash(name: string): string {
    const value = this.raw(name)
    if (typeof value !== 'string') throw this.wrong(name, 'a hash')
    unhex(value, 32)
    return value
  }

  optionalHash(name: string): string | null {
    return this.raw(name) === null ? null : this.hash(name)
  }

  /** Binary, base64url; exactly `size` bytes if given, at most `limit`. */
  data(name: string, { size, limit = 1 << 20 }: { size?: number; limit?: number } = {}): Bytes {
    const value = this.raw(name)
    if (typeof value !== 'string' || value.length > limit * 2) throw this.wrong(name, 'base64url')
    const data = unb64(value)
    if ((size !== undefined && data.length !== size) || data.length > limit) {
      throw this.wrong(name, size === undefined ? `at most ${limit} bytes` : `${size} bytes`)
    }
    return data
  }

  items(name: string, low: number, high: number): readonly Json[] {
    const value = this.raw(name)
    if (!Array.isArray(value) || value.length < low || value.length > high) throw this.wrong(name, `a list of ${low} to ${high}`)
    return value as readonly Json[]
  }

  inner(name: string, required?: readonly string[]): Fields {
    return new Fields(this.raw(name), this.code, required)
  }
}
