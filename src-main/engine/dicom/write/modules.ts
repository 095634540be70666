import type { Geometry, Vec3 } from '@contract'
import { isSheared, stackSpacing, type SourceIdentity } from '../../volume'
import { decimalString, dicomTime, newUid, personName, text, words, type Dataset } from './part10'

/** The source with a study and a frame of reference where its files had none, for all objects written together. */
export function completeIdentity(source: SourceIdentity): SourceIdentity {
  return {
    ...source,
    studyInstanceUid: isUid(source.studyInstanceUid) ? source.studyInstanceUid : newUid(),
    frameOfReference: isUid(source.frameOfReference) ? source.frameOfReference : newUid(),
  }
}

/** The source as an object may tell it that must not name the patient: `subject` instead, the UIDs as they are. */
export function withoutIdentity(source: SourceIdentity, subject: string): SourceIdentity {
  const { studyInstanceUid, seriesInstanceUid, frameOfReference, instances } = source
  const empty = { patientBirthDate: '', patientSex: '', studyDate: '', studyTime: '', studyId: '' }
  const words = { studyDescription: '', accessionNumber: '', referringPhysician: '', seriesDescription: '' }
  return {
    ...{ studyInstanceUid, seriesInstanceUid, frameOfReference, instances },
    // A name of one part is one of the retired form without its caret.
    ...{ patientId: subject, patientName: `${subject}^`, ...empty, ...words },
  }
}

/** A code of a terminology: SNOMED CT (SCT), DICOM (DCM), UCUM, LOINC (LN), or one of our own (99UMBRA). */
export interface CodedConcept {
  value: string
  scheme: string
  meaning: string
}

/** What all objects written together share. */
export interface ObjectContext {
  /** With a study and a frame of reference, see `completeIdentity`. */
  source: SourceIdentity
  geometry: Geometry
  /** The series the object belongs to. */
  seriesInstanceUid: string
  seriesNumber: number
  seriesDescription: string
  instanceNumber: number
  created: Date
  /** Whether the source was given `withoutIdentity`, which the object then says. */
  deidentified?: boolean
}

export function code(concept: CodedConcept): Dataset {
  return {
    CodeValue: concept.value,
    CodingSchemeDesignator: concept.scheme,
    CodeMeaning: words(concept.meaning),
  }
}

/** The modules of an object that lies in patient space: those of any object, and the frame of reference. */
export function commonModules(context: ObjectContext, sopClassUid: string, modality: string): Dataset {
  return {
    ...documentModules(context, sopClassUid, modality),
    BodyPartExamined: 'HEAD',
    FrameOfReferenceUID: context.source.frameOfReference,
    PositionReferenceIndicator: '',
  }
}

/**
 * Patient, study, series, equipment and SOP common modules of a derived object: the source's identity as it is, with
 * values that DICOM would not accept left empty.
 */
export function documentModules(context: ObjectContext, sopClassUid: string, modality: string): Dataset {
  const { source } = context
  const { date, time } = dicomTime(context.created)
  return {
    SOPClassUID: sopClassUid,
    SOPInstanceUID: newUid(),
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    ContentDate: date,
    ContentTime: time,

    PatientName: personName(source.patientName),
    PatientID: text(source.patientId),
    PatientBirthDate: matching(source.patientBirthDate, /^\d{8}$/),
    PatientSex: matching(source.patientSex, /^[MFO]$/),

    StudyInstanceUID: source.studyInstanceUid,
    StudyDate: matching(source.studyDate, /^\d{8}$/),
    StudyTime: matching(source.studyTime, /^\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?$/),
    StudyID: text(source.studyId, 16),
    StudyDescription: text(source.studyDescription),
    AccessionNumber: text(source.accessionNumber, 16),
    ReferringPhysicianName: personName(source.referringPhysician),

    Modality: modality,
    SeriesInstanceUID: context.seriesInstanceUid,
    SeriesNumber: context.seriesNumber,
    SeriesDescription: words(context.seriesDescription),
    SeriesDate: date,
    SeriesTime: time,
    InstanceNumber: context.instanceNumber,
    ...(context.deidentified ? deidentification : {}),

    Manufacturer: 'Umbra',
    ManufacturerModelName: 'Umbra',
    DeviceSerialNumber: __UMBRA_VERSION__,
    SoftwareVersions: __UMBRA_VERSION__,
  }
}

const deidentification: Dataset = {
  PatientIdentityRemoved: 'YES',
  DeidentificationMethod: 'Names, numbers, dates and descriptions removed; UIDs kept',
}

/** What a document was made from (encapsulated document module). */
export function sourceInstances(source: SourceIdentity): Dataset {
  const instances = validInstances(source)
  return instances.length > 0 ? { SourceInstanceSequence: instances } : {}
}

/**
 * The source images, once each (general reference and common instance reference modules); nothing where the source has
 * no valid UIDs.
 */
export function sourceReferences(source: SourceIdentity): Dataset {
  const instances = validInstances(source)
  if (instances.length === 0 || !isUid(source.seriesInstanceUid)) return {}
  return {
    SourceImageSequence: instances.map((instance) => ({
      ...instance,
      PurposeOfReferenceCodeSequence: [code(sourceForProcessing)],
    })),
    ReferencedSeriesSequence: [
      { SeriesInstanceUID: source.seriesInstanceUid, ReferencedInstanceSequence: instances },
    ],
  }
}

function validInstances({ instances }: SourceIdentity): Dataset[] {
  const valid = instances.filter((instance) => isUid(instance.sopInstanceUid))
  return [
    ...new Map(valid.map((instance) => [instance.sopInstanceUid, instanceReference(instance)])).values(),
  ]
}

function instanceReference(instance: SourceIdentity['instances'][number]): Dataset {
  return { ReferencedSOPClassUID: instance.sopClassUid, ReferencedSOPInstanceUID: instance.sopInstanceUid }
}

const perfusionAnalysis: CodedConcept = {
  value: '129104',
  scheme: 'DCM',
  meaning: 'Perfusion image analysis',
}
const sourceForProcessing: CodedConcept = {
  value: '121322',
  scheme: 'DCM',
  meaning: 'Source image for image processing operation',
}

/** Shared functional groups: how a slice lies and is spaced. `magnification`: pixels written per voxel of the grid. */
export function planeGroups(geometry: Geometry, magnification = 1): Dataset {
  const { direction, spacing } = geometry
  const between = stackSpacing(geometry)
  return {
    PlaneOrientationSequence: [
      { ImageOrientationPatient: [...direction[0], ...direction[1]].map(decimalString) },
    ],
    PixelMeasuresSequence: [
      {
        SliceThickness: decimalString(between),
        SpacingBetweenSlices: decimalString(between),
        PixelSpacing: [spacing[1] / magnification, spacing[0] / magnification].map(decimalString),
      },
    ],
  }
}

/** Where the centre of a frame's first pixel lies (LPS, mm). */
export function planePosition(position: Vec3): Dataset {
  return { PlanePositionSequence: [{ ImagePositionPatient: position.map(decimalString) }] }
}

/** Functional groups of one frame: where slice `slice` lies, its place in the stack, and the images it comes from. */
export function frameGroups(source: SourceIdentity, slice: number, position: Vec3, slices: number): Dataset {
  return {
    FrameContentSequence: [{ DimensionIndexValues: [slice + 1] }],
    ...planePosition(position),
    ...frameDerivation(source, slice, slices, perfusionAnalysis),
  }
}

/** The image that slice `slice` of a frame was made from, and by what. */
export function frameDerivation(
  source: SourceIdentity,
  slice: number,
  slices: number,
  derivation: CodedConcept,
): Dataset {
  const image = source.instances.length === slices ? source.instances[slice] : undefined
  return {
    DerivationImageSequence: [
      {
        DerivationCodeSequence: [code(derivation)],
        ...(image && isUid(image.sopInstanceUid)
          ? {
              SourceImageSequence: [
                {
                  ...instanceReference(image),
                  ...(image.frame === null ? {} : { ReferencedFrameNumber: image.frame }),
                  SpatialLocationsPreserved: 'YES',
                  PurposeOfReferenceCodeSequence: [code(sourceForProcessing)],
                },
              ],
            }
          : { SourceImageSequence: [] }),
      },
    ],
  }
}

const IMAGE_POSITION_PATIENT = 0x00200032
const PLANE_POSITION_SEQUENCE = 0x00209113

/**
 * Frames are ordered by one dimension: their position along the stack. Only slices that stand square on each other are
 * called a 3-D volume; those of a tilted gantry are not.
 */
export function dimensionModules(geometry: Geometry): Dataset {
  const organisation = newUid()
  return {
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: organisation }],
    ...(isSheared(geometry) ? {} : { DimensionOrganizationType: '3D' }),
    DimensionIndexSequence: [
      {
        DimensionOrganizationUID: organisation,
        DimensionIndexPointer: IMAGE_POSITION_PATIENT,
        FunctionalGroupPointer: PLANE_POSITION_SEQUENCE,
        DimensionDescriptionLabel: 'Image Position (Patient)',
      },
    ],
  }
}

/**
 * True for what can serve as a reference: dots and digits, not too long. Scanners write UIDs with leading zeros, against
 * the standard; an object that refers to them must keep them, or it is lost to its study.
 */
export function isUid(uid: string): boolean {
  return /^[0-9.]{3,64}$/.test(uid)
}

function matching(value: string, pattern: RegExp): string {
  return pattern.test(value) ? value : ''
}
