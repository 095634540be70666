"""What pydicom makes of DICOM files: reads paths from stdin, one a line, and prints one JSON object a line.

Each image's pixels go to OUT/<number>.bin as little-endian float64, frames one after the other, in modality units
(stored value x slope + intercept of the frame).
"""

import json
import os
import sys
import warnings

import numpy
import pydicom

warnings.filterwarnings("ignore")
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


def number(item, keyword, fallback):
    value = getattr(item, keyword, None)
    return float(value) if value not in (None, "") else fallback


def rescale(dataset, frame):
    """Slope and intercept of a frame: its functional groups, the shared ones, the data set."""
    groups = []
    if "PerFrameFunctionalGroupsSequence" in dataset and frame < len(dataset.PerFrameFunctionalGroupsSequence):
        groups.append(dataset.PerFrameFunctionalGroupsSequence[frame])
    if "SharedFunctionalGroupsSequence" in dataset and len(dataset.SharedFunctionalGroupsSequence):
        groups.append(dataset.SharedFunctionalGroupsSequence[0])
    for group in groups:
        if "PixelValueTransformationSequence" in group:
            item = group.PixelValueTransformationSequence[0]
            return number(item, "RescaleSlope", 1.0), number(item, "RescaleIntercept", 0.0)
    return number(dataset, "RescaleSlope", 1.0), number(dataset, "RescaleIntercept", 0.0)


def tiles(picture, count):
    """The slices of a Siemens mosaic, left to right, then down."""
    across = int(numpy.ceil(numpy.sqrt(count)))
    rows, columns = picture.shape[0] // across, picture.shape[1] // across
    grid = picture.reshape(across, rows, across, columns).swapaxes(1, 2)
    return grid.reshape(-1, rows, columns)[:count]


def read(path, out):
    dataset = pydicom.dcmread(path, force=False)
    if not any(keyword in dataset for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        return {"image": False}
    pixels = dataset.pixel_array
    if dataset.get("SamplesPerPixel", 1) != 1:
        return {"image": False}
    frames = pixels[numpy.newaxis] if pixels.ndim == 2 else pixels
    if "MOSAIC" in dataset.get("ImageType", []) and (0x0019, 0x100A) in dataset:
        frames = tiles(frames[0], dataset[0x0019, 0x100A].value)
    with open(out, "wb") as file:
        for index, frame in enumerate(frames):
            slope, intercept = rescale(dataset, index)
            file.write((frame.astype("<f8") * slope + intercept).tobytes())
    return {"image": True, "frames": len(frames), "rows": frames.shape[1], "columns": frames.shape[2]}


def main():
    directory = sys.argv[1]
    for line_number, line in enumerate(sys.stdin):
        path = line.rstrip("\n")
        try:
            result = read(path, os.path.join(directory, f"{line_number}.bin"))
        except BaseException as error:  # any refusal counts, RecursionError too
            result = {"error": f"{type(error).__name__}: {error}"[:200]}
        print(json.dumps({"file": path, **result}), flush=True)


if __name__ == "__main__":
    main()
