// For the pictures of the README: a reading study whose three readers are simulated. Each draws the lesion that the
// phantom was made with, a little too wide or too narrow and a little displaced, so that they agree as people do.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import WebSocket from 'ws'

const pin = '2468'
const readers = [
  { name: 'Reader One', source: 'cnn', margin: 0.45, wander: 1.5 },
  { name: 'Reader Two', source: 'cnn', margin: 0.6, wander: 2 },
  { name: 'Reader Three', source: 'csvd', margin: 0.4, wander: 1 },
]
const structures = [
  {
    key: 'core',
    name: 'Infarct core',
    label: 1,
    colour: '#e5484d',
    maps: ['cbv'],
    term: { value: '55641003', scheme: 'SCT', meaning: 'Infarct' },
  },
  {
    key: 'penumbra',
    name: 'Penumbra',
    label: 2,
    colour: '#46d18a',
    maps: ['cbf', 'ttp'],
    term: { value: 'PENUMBRA', scheme: '99UMBRA', meaning: 'Ischemic penumbra' },
  },
]

/** The labels of the phantom's truth that each structure is drawn on. */
const truthOf = { core: 1, penumbra: 2 }

/** Requests to the engine of a served workstation; long work is waited for. `layers` travel behind the request. */
async function connect(address) {
  const { host, hash } = new URL(address)
  const token = hash.replace('#token=', '')
  const socket = new WebSocket(`ws://${host}/engine`, ['umbra', token])
  await new Promise((open, failed) => socket.once('open', open).once('error', failed))
  const waiting = new Map()
  const jobs = new Map()
  let last = 0
  const end = ({ settle, fail }, job) =>
    job.state === 'done' ? settle(job.result) : fail(new Error(job.error?.message ?? job.state))
  socket.on('message', (data) => {
    const { id, ok, value, error, job } = JSON.parse(String(data))
    if (job && job.state !== 'running') {
      if (jobs.has(job.id)) end(jobs.get(job.id), job)
      else jobs.set(job.id, job)
    }
    const request = waiting.get(id)
    if (!request) return
    waiting.delete(id)
    if (ok === false) request.fail(new Error(error.message))
    else if (value?.jobId === undefined) request.settle(value)
    else if (jobs.get(value.jobId)?.state) end(request, jobs.get(value.jobId))
    else jobs.set(value.jobId, request)
  })
  const ask = (method, params, layers = []) =>
    new Promise((settle, fail) => {
      const id = ++last
      waiting.set(id, { settle, fail })
      const json = Buffer.from(JSON.stringify({ id, method, params }))
      const size = Buffer.alloc(4)
      size.writeUInt32LE(json.length)
      socket.send(layers.length > 0 ? Buffer.concat([size, json, ...layers]) : String(json))
    })
  return { ask, close: () => socket.close() }
}

/** The labels a phantom was made with: x fastest. */
export function readLesion(folder) {
  const file = gunzipSync(readFileSync(join(folder, 'truth/lesion.nii.gz')))
  const size = [42, 44, 46].map((at) => file.readInt16LE(at))
  return { size, labels: file.subarray(file.readFloatLE(108)) }
}

/** Numbers from 0 to 1, the same every time. */
function randomFrom(seed) {
  let state = seed
  return () => (state = (state * 16807) % 2147483647) / 2147483647
}

/** A slice of a structure as a reader sees it: smoothed, moved, and cut where `margin` of it is left. */
function sketch(slice, [nx, ny], { margin, dx, dy }) {
  const reach = 2
  const drawn = Buffer.alloc(nx * ny)
  for (let y = reach; y < ny - reach; y++) {
    for (let x = reach; x < nx - reach; x++) {
      let share = 0
      for (let j = -reach; j <= reach; j++) {
        for (let i = -reach; i <= reach; i++) share += slice[(y + j - dy) * nx + x + i - dx] ?? 0
      }
      drawn[y * nx + x] = share / (2 * reach + 1) ** 2 > margin ? 1 : 0
    }
  }
  return drawn
}

function drawing({ size, labels }, reader, random) {
  const [nx, ny, nz] = size
  const move = () => Math.round((random() - 0.5) * 2 * reader.wander)
  const layers = []
  const slices = []
  for (const { key } of structures) {
    const seen = { margin: reader.margin + (random() - 0.5) * 0.35, dx: move(), dy: move() }
    for (let z = 0; z < nz; z++) {
      const slice = Uint8Array.from(labels.subarray(z * nx * ny, (z + 1) * nx * ny), (label) =>
        Number(label === truthOf[key]),
      )
      const drawn = sketch(slice, size, seen)
      if (!drawn.includes(1)) continue
      slices.push({ structure: key, slice: z })
      layers.push(drawn)
    }
  }
  return { slices, layers }
}

/**
 * Makes `count` head phantoms below `folder` and a study of them, which the three readers sign. Its coordinator can sign
 * in with `pin`.
 */
export async function makeReadings(address, umbra, folder, count) {
  const cases = []
  for (let i = 0; i < count; i++) {
    const path = join(folder, `case-${i + 1}`)
    const lesion = `mca-${i % 2 === 0 ? 'left' : 'right'}:${8 + 5 * i}+${16 + 6 * ((i * 3) % count)}`
    const options = ['--size', '128', '--slices', '6', '--volumes', '40', '--interval', '1.5', '--noise', '2']
    const made = spawnSync(process.execPath, [
      umbra,
      'phantom',
      path,
      ...options,
      '--seed',
      `${i + 1}`,
      '--lesion',
      lesion,
    ])
    if (made.status !== 0) throw new Error(String(made.stderr))
    cases.push({
      key: `c${i + 1}`,
      name: `Case ${i + 1}`,
      paths: [join(path, 'dicom')],
      lesion: readLesion(path),
    })
  }
  const { ask, close } = await connect(address)
  for (const subject of cases) {
    const { studies } = await ask('study.open', { paths: subject.paths })
    const [{ key }] = studies.flatMap(({ series }) => series)
    subject.geometry = (await ask('series.load', { seriesKey: key })).voxels.geometry
  }
  const enter = (name) => ask('reading.signIn', { name, pin, first: true })
  const { session } = await enter('Coordinator')
  const protocol = {
    name: 'Core and penumbra',
    cases: cases.map(({ key, name, paths }) => ({ key, name, paths })),
    sources: [
      { key: 'cnn', name: 'CNN', method: 'cnn' },
      { key: 'csvd', name: 'cSVD', method: 'csvd' },
    ],
    structures,
    raters: readers.map(({ name }, i) => ({ key: `r${i + 1}`, name })),
    assignments: readers.map(({ source }, i) => ({ rater: `r${i + 1}`, source })),
    order: { kind: 'fixed' },
  }
  const { studyId } = await ask('reading.create', { session, protocol })
  for (const [r, reader] of readers.entries()) {
    const own = await enter(reader.name)
    const { items } = await ask('reading.worklist', { session: own.session, studyId })
    for (const [i, { readingId }] of items.entries()) {
      const opened = await ask('reading.open', { session: own.session, readingId })
      const random = randomFrom(1000 * (r + 1) + 7 * (i + 1))
      const { slices, layers } = drawing(cases[i].lesion, reader, random)
      const { geometry } = cases[i]
      await ask('reading.save', { lease: opened.lease, geometry, slices, seconds: 90 + 20 * i }, layers)
      await ask('reading.sign', { lease: opened.lease, pin, seconds: 95 + 20 * i })
    }
  }
  close()
  return { coordinator: 'Coordinator', pin }
}
