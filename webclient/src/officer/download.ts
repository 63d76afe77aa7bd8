/** Hand a file to the browser's own download. */
export function download(name: string, bytes: Uint8Array<ArrayBuffer> | string, type = 'application/json'): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has its own hold on the data by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
