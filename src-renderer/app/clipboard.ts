/**
 * Copies text. Where the browser keeps its clipboard from the page (a host reached over plain HTTP from another
 * machine), the old way by a selected text field still works.
 */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const field = document.createElement('textarea')
    field.value = text
    field.style.position = 'fixed'
    field.style.opacity = '0'
    document.body.append(field)
    field.select()
    const copied = document.execCommand('copy')
    field.remove()
    if (!copied) throw new Error('The clipboard cannot be reached from this window.')
  }
}
