"""The network of a model folder in Keras: reads one order a line (JSON) and answers with one line (JSON).

{"do": "open", "model": FOLDER}               the folder's weights in the same network, built here
{"do": "predict", "input": FILE, "shape": […]}          one batch of float32 through it; writes "output"
{"do": "train", "input": FILE, "shape": […], "target": FILE}  one step of stochastic gradient descent with momentum

"seconds" is the time from an array in memory to an array in memory, or to the loss.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import numpy
import keras
import tensorflow
from keras import layers

compiled = os.environ.get("UMBRA_BENCH_XLA") == "1"


def perfusion_unet(depth, width, time_points, maps):
    """Layer by layer as src-main/engine/networks/perfusionUnet.ts, with its layer names."""

    def stage(features, filters, name):
        for part in "ab":
            features = layers.Conv2D(filters, 3, padding="same", name=f"{name}_{part}")(features)
            features = layers.BatchNormalization(name=f"{name}_{part}_norm")(features)
            features = layers.ReLU()(features)
        return features

    frames = features = keras.Input((None, None, time_points))
    skips = []
    for level in range(depth):
        skips.append(stage(features, width * 2**level, f"down{level + 1}"))
        features = layers.AveragePooling2D(2)(skips[-1])
    features = stage(features, width * 2**depth, "bottleneck")
    for level in reversed(range(depth)):
        name, filters = f"up{level + 1}", width * 2**level
        features = layers.UpSampling2D(2)(features)
        features = layers.Conv2D(filters, 2, padding="same", name=f"{name}_narrow")(features)
        features = stage(layers.Concatenate()([skips[level], features]), filters, name)
    features = layers.Conv2D(maps, 1, activation="sigmoid", name="maps")(features)
    return keras.Model(frames, features)


def read_weights(folder):
    """{layer: [array, …]} of a folder in the TensorFlow.js layers format."""
    manifest = json.loads((folder / "model.json").read_text())["weightsManifest"][0]["weights"]
    values = numpy.fromfile(folder / "weights.bin", numpy.float32)
    weights, start = {}, 0
    for entry in manifest:
        size = int(numpy.prod(entry["shape"]))
        layer = entry["name"].rsplit("/", 1)[0]
        weights.setdefault(layer, []).append(values[start : start + size].reshape(entry["shape"]))
        start += size
    return weights


def open_model(model):
    folder = Path(model)
    spec = json.loads((folder / "umbra-model.json").read_text())
    network = perfusion_unet(
        spec["network"]["depth"],
        spec["network"]["width"],
        spec["input"]["timePoints"],
        len(spec["outputs"]),
    )
    for layer, weights in read_weights(folder).items():
        network.get_layer(layer).set_weights(weights)
    optimiser = keras.optimizers.SGD(0.01, momentum=0.9)
    network.compile(optimiser, "mse", jit_compile=compiled)
    return network


def main():
    # What the libraries print must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    network = None
    for line in sys.stdin:
        order = json.loads(line)
        answer = {}
        if order["do"] == "open":
            network = open_model(order["model"])
            answer["version"] = tensorflow.__version__
            answer["parameters"] = network.count_params()
        else:
            frames = numpy.fromfile(order["input"], numpy.float32).reshape(order["shape"])
        if order["do"] == "predict":
            start, cpu = time.perf_counter(), time.process_time()
            output = network.predict_on_batch(frames)
            answer["seconds"] = time.perf_counter() - start
            answer["cpu"] = time.process_time() - cpu
            output.astype(numpy.float32).tofile(order["output"])
        if order["do"] == "train":
            shape = [*order["shape"][:3], -1]
            target = numpy.fromfile(order["target"], numpy.float32).reshape(shape)
            start, cpu = time.perf_counter(), time.process_time()
            answer["loss"] = float(network.train_on_batch(frames, target))
            answer["seconds"] = time.perf_counter() - start
            answer["cpu"] = time.process_time() - cpu
        answers.write(json.dumps(answer) + "\n")


main()
