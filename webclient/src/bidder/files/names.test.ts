import { describe, expect, it } from 'vitest'
import { addFiles, isLitter, nameFault } from './names'

const file = (name: string, path = ''): File => {
  const made = new File(['x'], name)
  Object.defineProperty(made, 'webkitRelativePath', { value: path })
  return made
}

describe('names a bid can carry', () => {
  it.each(['投标文件.pdf', '商务标/报价 清单.xlsx', '.hidden', 'a/b/c.txt', 'CONTRACT.pdf'])('%s', (name) => expect(nameFault(name)).toBeNull())
  it.each([
    ['', 'empty-name'], ['a'.repeat(241), 'too-long'], ['标'.repeat(81), 'too-long'], ['a\u200bb', 'invisible'], ['a\tb', 'invisible'],
    ['报价:一.pdf', 'character'], ['a\\b', 'character'], ['a//b', 'step'], ['../a', 'step'], ['a. /b', 'step'], ['a.', 'step'], [' a', 'step'],
    ['con.pdf', 'reserved'], ['x/LPT1', 'reserved'], ['\ud800', 'half-character'],
  ])('%j is refused: %s', (name, fault) => expect(nameFault(name)).toBe(fault))
  it('knows litter', () => expect(['.DS_Store', 'a/~$标书.docx', '__MACOSX/a', 'a.pdf'].map(isLitter)).toEqual([true, true, true, false]))
})

describe('adding files', () => {
  it('leaves out the folder that was chosen and normalises to NFC', () => {
    const { files } = addFiles([], [file('e\u0301.pdf', '我的标书/技术/e\u0301.pdf'), file('a.pdf')])
    expect(files.map((one) => one.name)).toEqual(['a.pdf', '技术/é.pdf'])
  })
  it('refuses a second file of the same name whatever its case', () => {
    const first = addFiles([], [file('A.pdf')]).files
    expect(addFiles(first, [file('a.PDF'), file('straße'), file('STRASSE')])).toMatchObject({
      refused: [{ name: 'a.PDF', fault: 'duplicate' }, { name: 'STRASSE', fault: 'duplicate' }],
    })
  })
  it('refuses a name that is both a file and a folder', () => {
    const first = addFiles([], [file('b', 'x/a/b')]).files
    expect(addFiles(first, [file('a')]).refused).toEqual([{ name: 'a', fault: 'file-and-folder' }])
  })
})
