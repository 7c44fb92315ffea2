"""Simulates photos of a screen that shows a photo.

    screens.py PHOTOS OUT [--most N]

OUT/<kind>/<scene>.jpg: the first photo of every N-th scene. No photo of a real screen is used. Each step is computed in
linear light: the screen's pixels emit in stripes of red, green and blue with dark gaps; the camera sees them turned and
tilted, blurred by its lens, through a Bayer mosaic with noise; it interpolates the colours, sharpens and encodes a JPEG.
"""

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np

# Side of the camera's picture, in pixels, a part of what a phone takes.
SIDE = 768
# Samples per side of a screen's pixel, and of the camera's.
EMITTED, SEEN = 6, 3

# Camera pixels per screen pixel, blur of the lens as the standard deviation in camera pixels, quality of the JPEG, and
# the share to which the picture is reduced.
KINDS = {
    "monitor": ((1.6, 2.4), (0.45, 0.7), 92, 1.0),
    "phone": ((2.4, 3.6), (0.5, 0.9), 92, 1.0),
    "fine": ((0.8, 1.5), (0.45, 0.7), 92, 1.0),
    "soft": ((1.6, 2.8), (1.0, 1.3), 85, 1.0),
    "reduced": ((1.6, 2.8), (0.5, 0.7), 80, 0.5),
}


def emission(shown):
    """Linear light of a screen, EMITTED samples per pixel, from its pixels in BGR."""
    linear = (shown.astype(np.float32) / 255) ** 2.2
    light = np.repeat(np.repeat(linear, EMITTED, 0), EMITTED, 1)
    rows, columns = np.arange(light.shape[0]) % EMITTED, np.arange(light.shape[1]) % EMITTED
    light[rows == EMITTED - 1] = 0
    for channel, stripe in ((2, 0), (1, 1), (0, 2)):
        light[:, columns // (EMITTED // 3) != stripe, channel] = 0
    # Stripes and gaps take 13 of 18 parts of the light.
    return light * 3.6


def seen(light, scale, blur, rng):
    """What the sensor gets: SIDE pixels a side, linear."""
    size = SIDE * SEEN
    step = EMITTED / (scale * SEEN)
    angle, tilt = np.radians(rng.uniform(-12, 12)), rng.uniform(-0.12, 0.12, 2) / size
    centre = np.array([light.shape[1], light.shape[0]]) / 2
    turn = step * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    to_screen = np.eye(3)
    to_screen[:2, :2] = turn
    to_screen[:2, 2] = centre
    to_screen[2, :2] = tilt
    to_screen = to_screen @ np.array([[1, 0, -size / 2], [0, 1, -size / 2], [0, 0, 1.0]])
    if step > 1:
        light = cv2.GaussianBlur(light, (0, 0), 0.5 * step)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    picture = cv2.warpPerspective(light, to_screen, (size, size), flags=flags, borderMode=cv2.BORDER_REFLECT)
    picture = cv2.GaussianBlur(picture, (0, 0), blur * SEEN)
    return cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def developed(picture, rng):
    """The camera's 8-bit picture of linear light: mosaic, noise, interpolated colours, gamma and sharpening."""
    # Exposed so that one in a hundred samples is white.
    picture = picture / max(np.percentile(picture, 99), 1e-3)
    mosaic = picture[:, :, 1].copy()
    mosaic[0::2, 0::2] = picture[0::2, 0::2, 2]
    mosaic[1::2, 1::2] = picture[1::2, 1::2, 0]
    noise = np.sqrt(np.maximum(mosaic, 0) * 2e-4 + 1e-5)
    mosaic = np.clip(mosaic + noise * rng.standard_normal(mosaic.shape), 0, 1)
    colours = cv2.cvtColor((mosaic * 65535).astype(np.uint16), cv2.COLOR_BayerRGGB2BGR)
    encoded = (colours.astype(np.float32) / 65535) ** (1 / 2.2)
    smooth = cv2.GaussianBlur(encoded, (0, 0), 1.0)
    return np.clip((encoded + 0.4 * (encoded - smooth)) * 255, 0, 255).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--most", type=int, default=12, help="number of scenes")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    with open(arguments.photos / "manifest.csv", newline="", encoding="utf-8") as file:
        first = {}
        for row in csv.DictReader(file):
            first.setdefault(row["scene_id"], row["file"])
    scenes = list(first.items())
    scenes = scenes[:: max(1, len(scenes) // arguments.most)][: arguments.most]
    for kind, (scales, blurs, quality, reduced) in KINDS.items():
        folder = arguments.out / kind
        folder.mkdir(parents=True, exist_ok=True)
        for nth, (scene, name) in enumerate(scenes):
            rng = np.random.default_rng([nth, sum(kind.encode())])
            scale = rng.uniform(*scales)
            photo = cv2.imread(str(arguments.photos / name))
            side = int(SIDE / scale * 1.6)
            fit = side / min(photo.shape[:2])
            area = cv2.INTER_AREA if fit < 1 else cv2.INTER_CUBIC
            photo = cv2.resize(photo, None, fx=fit, fy=fit, interpolation=area)
            photo = photo[(photo.shape[0] - side) // 2 :][:side, (photo.shape[1] - side) // 2 :][:, :side]
            picture = developed(seen(emission(photo), scale, rng.uniform(*blurs), rng), rng)
            if reduced < 1:
                picture = cv2.resize(picture, None, fx=reduced, fy=reduced, interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(folder / f"{scene}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, quality])


if __name__ == "__main__":
    main()
