"""elastix' default rigid registration of frames to the first, as itk-elastix gives it: processor seconds and transforms.

usage: elastix_rigid.py frames.raw nx ny nz spacing_x spacing_y spacing_z frame...
frames.raw holds int16 volumes, x fastest. Prints JSON: [{"frame", "seconds", "matrix" (rows), "offset"}], world = index x spacing.
"""
import json
import sys
import time

import itk
import numpy as np

path, nx, ny, nz = sys.argv[1], *map(int, sys.argv[2:5])
spacing = [float(value) for value in sys.argv[5:8]]
frames = np.fromfile(path, np.int16).reshape(-1, nz, ny, nx)
itk.MultiThreaderBase.SetGlobalDefaultNumberOfThreads(1)


def image(frame):
    view = itk.image_from_array(frames[frame].astype(np.float32))
    view.SetSpacing(spacing)
    return view


results = []
for frame in map(int, sys.argv[8:]):
    parameters = itk.ParameterObject.New()
    parameters.AddParameterMap(itk.ParameterObject.GetDefaultParameterMap("rigid"))
    parameters.SetParameter("WriteResultImage", "false")
    fixed, moving = image(0), image(frame)
    start = time.process_time()
    method = itk.ElastixRegistrationMethod.New(fixed, moving, parameter_object=parameters, log_to_console=False)
    method.UpdateLargestPossibleRegion()
    seconds = time.process_time() - start
    found = method.GetTransformParameterObject().GetParameterMap(0)
    a, b, c, *shift = [float(value) for value in found["TransformParameters"]]
    centre = np.array([float(value) for value in found["CenterOfRotationPoint"]])
    ca, sa, cb, sb, cc, sc = np.cos(a), np.sin(a), np.cos(b), np.sin(b), np.cos(c), np.sin(c)
    x = np.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]])
    y = np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
    z = np.array([[cc, -sc, 0], [sc, cc, 0], [0, 0, 1]])
    turn = z @ y @ x if found["ComputeZYX"][0] == "true" else z @ x @ y
    offset = centre + np.array(shift) - turn @ centre
    results.append({"frame": frame, "seconds": seconds, "matrix": turn.tolist(), "offset": offset.tolist()})
json.dump(results, sys.stdout)
