/** Hand bytes made in this page to the browser's downloads. */
export function download(bytes: Uint8Array<ArrayBuffer>, name: string, type: string): void {
  const address = URL.createObjectURL(new Blob([bytes], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  // The download has its own hold on the data once it began; Safari needs a moment to begin.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

/** A file name that every system takes. */
export const fileName = (text: string): string => text.replace(/[\\/:*?"<>|\s]+/g, '-').slice(0, 80)
