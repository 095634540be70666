"""Reads a phantom study with pydicom and nibabel: python3 phantom_reference.py STUDY. Prints JSON: the largest
difference between the affine of the truth and the one the DICOM tags give (RAS mm), the times (s), the mean venous
enhancement over the voxels of truth/vof.nii.gz, and what truth.json says it is."""

import json
import sys
from pathlib import Path

import nibabel
import numpy as np
import pydicom


def seconds(value):
    value = str(value)[-13:]
    return int(value[:2]) * 3600 + int(value[2:4]) * 60 + float(value[4:])


def planes(data):
    """(time, position, orientation, spacing, pixels in real units) of every plane of a file."""
    if "PerFrameFunctionalGroupsSequence" not in data:
        pixels = data.pixel_array * float(data.get("RescaleSlope", 1)) + float(data.get("RescaleIntercept", 0))
        yield seconds(data.AcquisitionTime), data.ImagePositionPatient, data.ImageOrientationPatient, data.PixelSpacing, pixels
        return
    shared = data.SharedFunctionalGroupsSequence[0]
    rescale = shared.PixelValueTransformationSequence[0]
    for group, frame in zip(data.PerFrameFunctionalGroupsSequence, data.pixel_array):
        yield (
            seconds(group.FrameContentSequence[0].FrameAcquisitionDateTime),
            group.PlanePositionSequence[0].ImagePositionPatient,
            shared.PlaneOrientationSequence[0].ImageOrientationPatient,
            shared.PixelMeasuresSequence[0].PixelSpacing,
            frame * float(rescale.RescaleSlope) + float(rescale.RescaleIntercept),
        )


study = Path(sys.argv[1])
found = []
for path in sorted((study / "dicom").rglob("*")):
    if path.is_file():
        found += list(planes(pydicom.dcmread(path)))

normal = np.cross(*np.reshape(np.array(found[0][2], float), (2, 3)))
along = sorted({round(float(np.dot(normal, plane[1])), 4) for plane in found})
times = sorted({plane[0] for plane in found})
rows, columns = found[0][4].shape
volume = np.zeros((len(times), len(along), rows, columns))
origin = {}
for time, position, _, _, pixels in found:
    slice_index = along.index(round(float(np.dot(normal, position)), 4))
    volume[times.index(time), slice_index] = pixels
    origin[slice_index] = np.array(position, float)

_, _, orientation, spacing, _ = found[0]
affine = np.eye(4)
affine[:3, 0] = np.array(orientation[:3], float) * float(spacing[1])
affine[:3, 1] = np.array(orientation[3:], float) * float(spacing[0])
affine[:3, 2] = (origin[len(along) - 1] - origin[0]) / (len(along) - 1)
affine[:3, 3] = origin[0]
affine = np.diag([-1, -1, 1, 1]) @ affine

vof = nibabel.load(study / "truth" / "vof.nii.gz")
inside = np.asarray(vof.dataobj).transpose(2, 1, 0) > 0
curve = volume[:, inside].mean(axis=1)
truth = json.loads((study / "truth" / "truth.json").read_text())
print(
    json.dumps(
        {
            "worstAffine": float(np.abs(affine - vof.affine).max()),
            "times": [round(time - times[0], 6) for time in times],
            "vof": list(curve - curve[0]),
            "truth": [value * truth["vof"]["meanShareOfVessel"] for value in truth["vof"]["curve"]],
        }
    )
)
