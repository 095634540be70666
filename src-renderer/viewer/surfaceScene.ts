import '@kitware/vtk.js/Rendering/Profiles/Geometry'
import vtkPolyData from '@kitware/vtk.js/Common/DataModel/PolyData'
import vtkDataArray from '@kitware/vtk.js/Common/Core/DataArray'
import vtkOrientationMarkerWidget from '@kitware/vtk.js/Interaction/Widgets/OrientationMarkerWidget'
import vtkActor from '@kitware/vtk.js/Rendering/Core/Actor'
import vtkAnnotatedCubeActor from '@kitware/vtk.js/Rendering/Core/AnnotatedCubeActor'
import vtkMapper from '@kitware/vtk.js/Rendering/Core/Mapper'
import vtkGenericRenderWindow from '@kitware/vtk.js/Rendering/Misc/GenericRenderWindow'
import type { Surface } from './surface'

export interface SurfaceStyle {
  /** 0–1 each. */
  colour: [number, number, number]
  opacity: number
}

/** Surfaces that turn with the mouse: left turns, the wheel zooms, Shift with left moves. */
export class SurfaceScene {
  private readonly window = vtkGenericRenderWindow.newInstance({
    background: [0, 0, 0],
    listenWindowResize: false,
  })
  private readonly actors = new Map<string, vtkActor>()
  private readonly marker: vtkOrientationMarkerWidget
  /** Once somebody turned it, the view stays theirs. */
  private turned = false

  constructor(private readonly element: HTMLElement) {
    const turned = (): void => void (this.turned = true)
    for (const kind of ['pointerdown', 'wheel']) element.addEventListener(kind, turned, { passive: true })
    this.window.setContainer(element)
    this.window.resize()
    this.marker = vtkOrientationMarkerWidget.newInstance({
      actor: cubeOfSides(),
      interactor: this.window.getInteractor(),
    })
    this.marker.setViewportCorner(vtkOrientationMarkerWidget.Corners.BOTTOM_RIGHT)
    this.marker.setViewportSize(0.16)
    this.marker.setMinPixelSize(48)
    this.marker.setMaxPixelSize(90)
    this.marker.setEnabled(true)
  }

  /** Shows a surface in place of the one of that name; null takes it away. */
  set(name: string, surface: Surface | null, { colour, opacity }: SurfaceStyle): void {
    const renderer = this.window.getRenderer()
    const before = this.actors.get(name)
    if (before) {
      renderer.removeActor(before)
      before.delete()
      this.actors.delete(name)
    }
    if (surface !== null && surface.polys.length > 0) {
      const data = vtkPolyData.newInstance()
      data.getPoints().setData(surface.points, 3)
      data.getPolys().setData(surface.polys)
      data
        .getPointData()
        .setNormals(
          vtkDataArray.newInstance({ values: surface.normals, numberOfComponents: 3, name: 'Normals' }),
        )
      const mapper = vtkMapper.newInstance()
      mapper.setInputData(data)
      const actor = vtkActor.newInstance()
      actor.setMapper(mapper)
      const property = actor.getProperty()
      property.setColor(...colour)
      property.setOpacity(opacity)
      property.setAmbient(0.15)
      property.setSpecular(0.15)
      property.setSpecularPower(20)
      renderer.addActor(actor)
      this.actors.set(name, actor)
      if (!this.turned) return this.place()
    }
    this.render()
  }

  /** From the front, a little from above, the head up. */
  resetView(): void {
    this.turned = false
    this.place()
  }

  resize(): void {
    this.window.resize()
    if (!this.turned) this.place()
  }

  destroy(): void {
    this.marker.setEnabled(false)
    this.marker.delete()
    for (const actor of this.actors.values()) actor.delete()
    this.window.delete()
  }

  private place(): void {
    const renderer = this.window.getRenderer()
    const camera = renderer.getActiveCamera()
    camera.setFocalPoint(0, 0, 0)
    camera.setPosition(-0.35, -1, 0.55)
    camera.setViewUp(0, 0, 1)
    renderer.resetCamera()
    // It fits the height; a pane that is higher than wide needs more distance.
    const { clientWidth, clientHeight } = this.element
    camera.dolly(1.15 * Math.min(1, clientWidth / Math.max(1, clientHeight)))
    renderer.resetCameraClippingRange()
    this.render()
  }

  private render(): void {
    this.marker.updateMarkerOrientation()
    this.window.getRenderWindow().render()
  }
}

/** A cube that says where the patient's sides are (LPS: x to the left, y to the back, z to the head). */
function cubeOfSides(): vtkAnnotatedCubeActor {
  const cube = vtkAnnotatedCubeActor.newInstance()
  cube.setDefaultStyle({
    fontStyle: 'bold',
    fontFamily: 'sans-serif',
    fontColor: '#e8eaec',
    faceColor: '#2b3036',
    edgeThickness: 0.05,
    edgeColor: '#5a626b',
    resolution: 200,
  })
  cube.setXPlusFaceProperty({ text: 'L' })
  cube.setXMinusFaceProperty({ text: 'R' })
  cube.setYPlusFaceProperty({ text: 'P' })
  cube.setYMinusFaceProperty({ text: 'A' })
  cube.setZPlusFaceProperty({ text: 'H' })
  cube.setZMinusFaceProperty({ text: 'F' })
  return cube
}
