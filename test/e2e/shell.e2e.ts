import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openFolder } from './rooms'
import { expect, test } from './workstation'

test('what was left out is counted, searched and shown as text', async ({ workstation, phantom }) => {
  const { page, scratch } = workstation
  const folder = join(scratch, 'study')
  cpSync(phantom.dicom, folder, { recursive: true })
  const hostile = '<img src=x onerror=alert(1)>\u202Egnp.txt'
  writeFileSync(join(folder, hostile), 'not a picture')
  writeFileSync(join(folder, 'readme.md'), 'nor this')
  page.on('dialog', () => expect('a dialog').toBe('no dialog: the name of a file is text'))

  await test.step('Review says how many files are missing, and leads to them', async () => {
    await openFolder(workstation, folder)
    const message = page.getByRole('region', { name: 'Messages' })
    await expect(message).toContainText(`2 of ${phantom.files + 2} files were left out.`, {
      timeout: 120_000,
    })
    await message.getByRole('button', { name: 'Show which and why' }).click()
    await expect(page.getByRole('treegrid')).toBeVisible()
  })

  await test.step('the list names each with its reason', async () => {
    const files = page.getByRole('region', { name: 'Files' })
    await expect(files).toContainText(`${phantom.files} files shown of ${phantom.files + 2} found`)
    await files.getByRole('button', { name: 'which and why' }).click()
    await expect(files.getByText('readme.md')).toBeVisible()
    await expect(files.getByText('<img src=x onerror=alert(1)>▯gnp.txt')).toBeVisible()
    await files.getByLabel('Search the files left out').fill('readme')
    await expect(files.getByText('1 file', { exact: true })).toBeVisible()
    await expect(files.getByText('<img src=x')).toBeHidden()
  })

  await test.step('the table is walked and folded by keys, and Enter opens', async () => {
    const table = page.getByRole('treegrid')
    const series = table.getByRole('row', { name: 'CT perfusion' })
    await table.focus()
    await page.keyboard.press('End')
    await expect(series).toHaveAttribute('aria-selected', 'true')
    await expect(page.getByRole('complementary')).toContainText(`${phantom.times.length} time points`)
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    await expect(series).toBeHidden()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('button', { name: 'Review' })).toHaveAttribute('aria-current', 'page')
  })
})

test('a folder without pictures says why nothing can be shown', async ({ workstation }) => {
  const { page, scratch } = workstation
  const folder = join(scratch, 'letters')
  mkdirSync(folder)
  for (const name of ['notes.txt', 'letter.pdf']) writeFileSync(join(folder, name), 'no pictures here')
  await openFolder(workstation, folder)
  await expect(page.getByText('There is nothing here that Umbra can show.')).toBeVisible()
  const files = page.getByRole('region', { name: 'Files' })
  for (const name of ['notes.txt', 'letter.pdf']) await expect(files.getByText(name).first()).toBeVisible()
})

test('every command is found by its words, every key on its sheet', async ({ workstation }) => {
  const { page } = workstation
  await expect(page.getByText('Engine ready')).toBeVisible()

  await test.step('the palette runs what was found', async () => {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Find a command' }).fill('sett')
    await expect(page.getByRole('option', { selected: true })).toContainText('Go to Settings')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible()
  })

  await test.step('the sheet shows the keys and closes', async () => {
    await page.keyboard.press('?')
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await expect(sheet.getByText('Open a study folder')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(sheet).toBeHidden()
  })

  await test.step('rooms change by key', async () => {
    await page.keyboard.press('Alt+5')
    await expect(page.getByRole('heading', { name: 'Jobs' })).toBeVisible()
    await page.keyboard.press('Alt+1')
    await expect(page.getByRole('button', { name: 'Try the demo' })).toBeVisible()
  })
})

test('settings are checked, kept by the engine and put back', async ({ workstation }) => {
  const { page } = workstation
  await page.getByRole('button', { name: 'Settings', exact: true }).click()
  const haematocrit = page.getByLabel('Haematocrit, large vessels', { exact: true })
  const perfusion = page.getByRole('region', { name: 'Perfusion' })
  await expect(haematocrit).toHaveValue('0.45')
  await expect(perfusion).toContainText('69.84 ml/100 g')

  await haematocrit.fill('0.4')
  await haematocrit.press('Enter')
  await expect(perfusion).toContainText('76.19 ml/100 g')
  await expect(perfusion.getByRole('status')).toHaveText('Saved')
  await page.reload()
  await expect(haematocrit).toHaveValue('0.4')

  await haematocrit.fill('7')
  await haematocrit.press('Enter')
  await expect(haematocrit).toHaveValue('0.9')
  await perfusion.getByRole('button', { name: 'Reset all' }).click()
  await expect(haematocrit).toHaveValue('0.45')
  await expect(page.getByText('Research use only. Not for diagnosis.')).toBeVisible()
})

test('what networks compute with is shown, measured and chosen', async ({ workstation }) => {
  const { page } = workstation
  await page.getByRole('button', { name: 'Settings', exact: true }).click()
  const networks = page.getByRole('region', { name: 'Networks' })
  const wasm = networks.getByTestId('backend-wasm')
  await expect(wasm).toContainText('4.22')
  await expect(networks.getByTestId('backend-webgpu')).toContainText(
    /WebGPU (finds no GPU|is switched off)|GB/,
  )
  await expect(networks.locator('tr', { hasText: '(used)' })).toHaveCount(1)

  const native = networks.getByTestId('backend-native')
  const isSetUp = (await native.innerText()).includes('GB')
  await networks.getByRole('button', { name: 'Measure' }).click()
  await expect(wasm).toContainText('GFLOP/s', { timeout: 120_000 })
  if (isSetUp) await expect(native).toContainText('GFLOP/s')

  await networks.getByRole('combobox').click()
  await page.getByRole('option', { name: 'WebAssembly' }).click()
  await expect(wasm).toContainText('(used)')
  await page.reload()
  await expect(wasm).toContainText('(used)')
})

test('a browser sends what lies on its own computer', async ({ workstation, phantom }) => {
  test.skip(workstation.host !== 'browser', 'the desktop window opens files where they lie')
  const { page } = workstation
  const reviewButton = page.getByRole('button', { name: 'Review', exact: true })
  await expect(page.getByText('Engine ready')).toBeVisible()

  await test.step('files dropped on the window', async () => {
    const names = readdirSync(phantom.dicom, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .slice(0, 4)
    const files = names.map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('base64'))
    const transfer = await page.evaluateHandle((contents) => {
      const dropped = new DataTransfer()
      contents.forEach((content, index) => {
        const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0))
        dropped.items.add(new File([bytes], `picture #${index}?.dcm`))
      })
      return dropped
    }, files)
    await page.dispatchEvent('main', 'dragenter', { dataTransfer: transfer })
    await expect(page.getByText('Drop to open')).toBeVisible()
    await page.dispatchEvent('main', 'drop', { dataTransfer: transfer })
    await expect(page.getByText('Drop to open')).toBeHidden()
    await expect(reviewButton).toHaveAttribute('aria-current', 'page')
    await page.keyboard.press('Alt+1')
    await expect(page.getByText('4 files shown of 4 found')).toBeVisible()
  })

  await test.step('a folder chosen in the picker', async () => {
    await page.keyboard.press('Control+o')
    await expect(page.getByRole('dialog', { name: 'Open a study' })).toBeVisible()
    await page.getByLabel('Upload a folder…').setInputFiles(phantom.dicom)
    await expect(reviewButton).toHaveAttribute('aria-current', 'page')
    await page.keyboard.press('Alt+1')
    await expect(page.getByText(`${phantom.files} files shown of ${phantom.files} found`)).toBeVisible()
  })
})
