import { mapsDrawn } from './rooms'
import { expect, test } from './workstation'

test('the first start says what to do, and the demonstration leads to maps', async ({ workstation }) => {
  const { page } = workstation

  await test.step('one sentence and two buttons', async () => {
    await expect(page.getByRole('heading', { name: 'Open a CT perfusion study' })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Open a study…' })).toBeEnabled()
    await expect(page.getByRole('button', { name: 'Try the demo' })).toBeEnabled()
    await expect(page.getByText('Research use only').first()).toBeVisible()
    await expect(page.getByText('Engine ready')).toBeVisible()
  })

  await test.step('every room can be gone to before anything is open', async () => {
    await page.getByRole('button', { name: 'Review' }).click()
    await expect(page.getByText('No study is open.')).toBeVisible()
    await page.getByRole('button', { name: 'Jobs' }).click()
    await expect(page.getByText('No jobs yet.')).toBeVisible()
    await page.getByRole('button', { name: 'Settings', exact: true }).click()
    await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible()
    await page.getByRole('button', { name: 'Studies', exact: true }).click()
  })

  await test.step('making the demonstration shows its progress and can be cancelled', async () => {
    await page.getByRole('button', { name: 'Try the demo' }).click()
    const opening = page.getByRole('region', { name: 'Opening a study' })
    await expect(opening).toContainText(/\d+ %/)
    await page.getByRole('button', { name: 'Jobs' }).click()
    const job = page.getByRole('listitem').filter({ hasText: 'demonstration' })
    await expect(job).toContainText('%')
    await job.getByRole('button', { name: 'Cancel' }).click()
    await expect(job).toContainText('Cancelled')
    await page.getByRole('button', { name: 'Studies', exact: true }).click()
    await expect(page.getByRole('button', { name: 'Try the demo' })).toBeEnabled()
  })

  await test.step('a cancelled computation says so and can be tried again', async () => {
    await page.getByRole('button', { name: 'Try the demo' }).click()
    const work = page.getByTestId('review-work')
    await expect(work).toContainText('Computing maps', { timeout: 120_000 })
    await work.getByRole('button', { name: 'Cancel' }).click()
    await expect(page.getByTestId('review-problem')).toContainText('was cancelled')
    await page.getByTestId('review-again').click()
    await expect(page.getByTestId('review-problem')).toBeHidden()
  })

  await test.step('the work goes on while the window is loaded anew, and its maps appear', async () => {
    await expect(page.getByTestId('review-work')).toContainText('Computing maps')
    await page.reload()
    await mapsDrawn(page)
    await expect(page.getByTestId('slice-source')).toContainText('5/8')
    await page.getByRole('button', { name: 'Jobs' }).click()
    const computations = page.getByRole('listitem').filter({ hasText: 'Maps of' })
    await expect(computations.filter({ hasText: 'Done' })).toHaveCount(1)
    await expect(computations.filter({ hasText: 'Cancelled' })).toHaveCount(1)
  })
})
