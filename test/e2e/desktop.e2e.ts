import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ElectronApplication, Page } from '@playwright/test'
import { electronBinary, expect, launchElectron, test as base } from './workstation'

/** What only the desktop window has: its own fixture, because a refused request is a console error here on purpose. */
const test = base.extend<{ desktop: { open(): Promise<{ application: ElectronApplication; page: Page }> } }>({
  desktop: async ({}, use, info) => {
    const possible = info.project.name === 'electron' && electronBinary() !== null
    test.skip(!possible, 'only in the desktop window')
    const data = mkdtempSync(join(tmpdir(), 'umbra-desktop-'))
    const opened: ElectronApplication[] = []
    await use({
      open: async () => {
        const application = await launchElectron(data)
        opened.push(application)
        const page = await application.firstWindow()
        await expect(page.getByText('Engine ready')).toBeVisible()
        return { application, page }
      },
    })
    for (const application of opened) await application.close().catch(() => undefined)
    rmSync(data, { recursive: true, force: true })
  },
})

test('the page is shut in: no Node, no other page, no network, no permission', async ({ desktop }) => {
  const { application, page } = await desktop.open()
  const found = await page.evaluate(async () => {
    const reached = (address: string): Promise<string> =>
      fetch(address).then(
        async (response) => `${response.status} ${await response.text()}`,
        () => 'refused',
      )
    const camera = await navigator.mediaDevices.getUserMedia({ video: true }).then(
      () => 'given',
      (error: Error) => error.name,
    )
    const evaluated = (): string => {
      try {
        return String(new Function('return 1')())
      } catch {
        return 'refused'
      }
    }
    return {
      node: [typeof Reflect.get(window, 'require'), typeof Reflect.get(window, 'process')],
      window: window.open('https://example.com') === null,
      network: await reached('http://127.0.0.1:9/'),
      missing: await reached('umbra://app/assets/no-such-codec.wasm'),
      outside: await reached('umbra://app/..%2f..%2fpackage.json'),
      otherHost: await reached('umbra://elsewhere/index.html'),
      camera,
      code: evaluated(),
      isolated: crossOriginIsolated,
    }
  })
  expect(found).toMatchObject({
    node: ['undefined', 'undefined'],
    window: true,
    network: 'refused',
    code: 'refused',
    isolated: true,
  })
  expect(found.camera).not.toBe('given')
  for (const reply of [found.missing, found.outside, found.otherHost]) {
    expect(reply).toMatch(/^(refused|404)/)
    expect(reply).not.toContain('<html')
  }
  await page.evaluate(() => void (window.location.href = 'https://example.com/'))
  await page.waitForTimeout(500)
  expect(page.url()).toBe('umbra://app/')
  expect(application.windows()).toHaveLength(1)
})

test('an engine that dies is started again, and the window goes on', async ({ desktop }) => {
  const { application, page } = await desktop.open()
  const engine = (): Promise<number> =>
    application.evaluate(({ app }) => {
      const metric = app
        .getAppMetrics()
        .find(({ name, serviceName }) => `${name} ${serviceName}`.includes('NodeService'))
      return metric ? metric.pid : -1
    })
  const first = await engine()
  process.kill(first, 'SIGKILL')
  await expect.poll(async () => [-1, first].includes(await engine())).toBe(false)
  await expect(page.getByText('Engine ready')).toBeVisible()
  await page.getByRole('button', { name: 'Try the demo' }).click()
  await expect(page.getByRole('region', { name: 'Opening a study' })).toContainText(/\d+ %/)
})

test('the menu runs the commands of the page, and the window comes back where it was', async ({
  desktop,
}) => {
  const { application, page } = await desktop.open()
  await application.evaluate(({ Menu }) => {
    const view = Menu.getApplicationMenu()?.items.find(({ label }) => label.includes('View'))
    view?.submenu?.items.find(({ label }) => label === 'Settings')?.click()
  })
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible()

  const bounds = { x: 40, y: 30, width: 1111, height: 777 }
  await application.evaluate(
    ({ BrowserWindow }, place) =>
      BrowserWindow.getAllWindows()
        .find((window) => window.isVisible())
        ?.setBounds(place),
    bounds,
  )
  await application.close()
  const again = await desktop.open()
  const found = await again.application.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()
      .find((window) => window.isVisible())
      ?.getNormalBounds(),
  )
  expect(found).toMatchObject({ width: bounds.width, height: bounds.height })
})
