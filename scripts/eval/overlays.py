#!/usr/bin/env python3
"""Draws the overlays of camera apps, stickers, frames and gallery apps on pairs of photos.

Writes OUT_DIR/<kind>/<scene>/{1,2}.jpg with one manifest.csv per kind, so that `injeung eval
OUT_DIR/<kind>` measures that kind. The group `fit` is for fitting a model. The group `check` is for
measuring it only. The groups share no font, text or kind, except the kind `plain`. All first photos
of a kind have the overlay of one day, all second photos that of another day. Thus non-matching
pairs share it too.

FONT_DIR contains, at any depth, the fonts of the Debian packages fonts-noto-cjk, fonts-lato and
fonts-nanum-extra (group `fit`), fonts-woowa-bm and fonts-nanum (group `check`), all OFL. It can be
/usr/share/fonts, or the target of `apt-get download` and `dpkg -x`.
"""
import argparse
import csv
import math
import os
import random
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

# Layers are drawn at this multiple of the output size and reduced, which smooths their edges.
FINE = 2
SANS, SANS_THIN, SERIF = 'NotoSansCJK-Bold.ttc', 'NotoSansCJK-Regular.ttc', 'NotoSerifCJK-Bold.ttc'
LATO, LATO_LIGHT, PEN = 'Lato-Black.ttf', 'Lato-Light.ttf', 'NanumPen.ttf'
DOHYEON, JUA, HANNA = 'BMDOHYEON_ttf.ttf', 'BMJUA_ttf.ttf', 'BMHANNAPro.ttf'
BRUSH, ROUND, MYEONGJO = 'BMYEONSUNG_ttf.ttf', 'NanumSquareRoundB.ttf', 'NanumMyeongjoBold.ttf'
FONTS, KINDS = {}, {'fit': {}, 'check': {}}

@lru_cache(maxsize=None)
def load_font(name, size):
    if name not in FONTS:
        raise SystemExit(f'overlays.py: failed to find the font {name} in FONT_DIR')
    # Face 1 of a Noto collection has the Korean forms.
    return ImageFont.truetype(FONTS[name], size, index=1 if name.endswith('.ttc') else 0)

class Canvas:
    """Transparent layer with the units of the output picture. Shapes replace what is below them."""

    def __init__(self, w, h, fill=(0, 0, 0, 0)):
        self.image = Image.new('RGBA', (round(w * FINE), round(h * FINE)), fill)
        self.draw = ImageDraw.Draw(self.image)

    def text(self, x, y, text, font, size, fill='white', anchor='la', edge=0, edge_fill=None):
        self.draw.text((x * FINE, y * FINE), text, fill, load_font(font, round(size * FINE)),
                       anchor=anchor, stroke_width=edge * FINE, stroke_fill=edge_fill)

    def shadowed(self, x, y, text, font, size, fill='white', anchor='la'):
        self.text(x + 2, y + 3, text, font, size, (0, 0, 0, 150), anchor)
        self.text(x, y, text, font, size, fill, anchor)

    def box(self, x, y, w, h, fill=None, radius=0, outline=None, width=0):
        self.draw.rounded_rectangle([x * FINE, y * FINE, (x + w) * FINE - 1, (y + h) * FINE - 1], radius * FINE, fill,
                                    outline, width * FINE)

    def hole(self, x, y, w, h, radius=0):
        """Clears the place of the photo, and returns it."""
        self.box(x, y, w, h, (0, 0, 0, 0), radius)
        return x, y, w, h

    def disc(self, x, y, r, fill=None, outline=None, width=0):
        self.draw.ellipse([v * FINE for v in (x - r, y - r, x + r, y + r)], fill, outline, width * FINE)

    def arc(self, x, y, r, start, end, fill, width):
        self.draw.arc([v * FINE for v in (x - r, y - r, x + r, y + r)], start, end, fill, width * FINE)

    def line(self, points, fill, width):
        self.draw.line([(x * FINE, y * FINE) for x, y in points], fill, width * FINE, 'curve')

    def poly(self, points, fill):
        self.draw.polygon([(x * FINE, y * FINE) for x, y in points], fill)

    def sprite(self, other, x, y, scale=1.0, angle=0.0, keep_holes=False):
        """Draws another canvas, scaled, and turned about its centre."""
        image = other.image.resize([round(v * scale) for v in other.image.size])
        turned = image.rotate(angle, Image.Resampling.BICUBIC, expand=True)
        at = (round(x * FINE) + (image.width - turned.width) // 2, round(y * FINE) + (image.height - turned.height) // 2)
        if keep_holes:
            self.image.paste(turned, at)
        else:
            below = Image.new('RGBA', self.image.size)
            below.paste(turned, at)
            self.image.alpha_composite(below)

def kind(group, w=1080, h=1440, quality=90):
    """Registers a function that draws the layer of one day, and returns the photo's place in it."""
    def register(draw):
        KINDS[group][draw.__name__.replace('_', '-')] = (draw, w, h, quality)
        return draw
    return register

def star(c, x, y, r, fill, points=5, inner=0.45):
    c.poly([(x + r * k * math.sin(a), y - r * k * math.cos(a)) for i in range(2 * points)
            for a, k in [(math.pi * i / points, 1 if i % 2 == 0 else inner)]], fill)

def flower(c, x, y, r, fill, middle=(250, 205, 70), petals=6):
    for i in range(petals):
        a = 2 * math.pi * i / petals
        c.disc(x + r * .6 * math.sin(a), y + r * .6 * math.cos(a), r * .4, fill)
    c.disc(x, y, r * .33, middle)

def heart(c, x, y, r, fill):
    c.disc(x - r * .45, y - r * .3, r * .5, fill)
    c.disc(x + r * .45, y - r * .3, r * .5, fill)
    c.poly([(x - r * .9, y - r * .08), (x + r * .9, y - r * .08), (x, y + r)], fill)

def face(c, x, y, r, fill, ink=(70, 45, 20), smile=(20, 160)):
    c.disc(x, y, r, fill, (255, 255, 255), round(r * .09))
    for side in (-1, 1):
        c.disc(x + side * r * .36, y - r * .2, r * .12, ink)
    c.arc(x, y + r * .05, r * .5, *smile, ink, round(r * .1))

# ---- group fit: Saturday, 14 March 2026 at 07:12, and Thursday, 19 March at 06:58 ----------------
FIT = [('07:12', '2026.03.14', '토요일'), ('06:58', '2026.03.19', '목요일')]
SEGMENTS = {'0': 'abcdef', '1': 'bc', '2': 'abged', '3': 'abgcd', '4': 'fgbc', '5': 'afgcd',
            '6': 'afgedc', '7': 'abc', '8': 'abcdefg', '9': 'abcdfg'}
SEGMENT_ENDS = {'a': (0, 0, 1, 0), 'b': (1, 0, 1, 1), 'c': (1, 1, 1, 2), 'd': (0, 2, 1, 2),
                'e': (0, 1, 0, 2), 'f': (0, 0, 0, 1), 'g': (0, 1, 1, 1)}

def seven_segment_text(c, x, y, text, size, fill, width):
    for char in text:
        for segment in SEGMENTS.get(char, ''):
            x0, y0, x1, y1 = [v * size for v in SEGMENT_ENDS[segment]]
            c.line([(x + x0 + (x1 > x0) * width * .6, y + y0 + (y1 > y0) * width * .6),
                    (x + x1 - (x1 > x0) * width * .6, y + y1 - (y1 > y0) * width * .6)], fill, width)
        if char == ':':
            for dot in (.6, 1.4):
                c.disc(x + size * .2, y + size * dot, width * .7, fill)
        x += size * {':': .75, ' ': .7}.get(char, 1.55)

@kind('fit')
def seven_segment(c, day, rng):
    text = f'{FIT[day][1][2:].replace(".", " ")}  {FIT[day][0]}'
    seven_segment_text(c, 470, 1345, text, 27, (120, 40, 0, 160), 11)
    seven_segment_text(c, 470, 1345, text, 27, (255, 140, 30), 6)

@kind('fit', 1440, 1080, 88)
def info_bar(c, day, rng):
    c.box(0, 850, 1440, 230, (15, 20, 30, 165))
    c.box(24, 874, 250, 182, (232, 236, 224), 14)
    for x, y, v, w in ((24, 930, 274, 960), (24, 1010, 274, 985), (90, 876, 130, 1054), (200, 876, 190, 1054)):
        c.line([(x, y), (v, w)], (255, 205, 110), 9)
    c.box(138, 886, 48, 36, (150, 205, 240))
    c.disc(150, 950, 17, (220, 50, 50))
    c.poly([(134, 956), (166, 956), (150, 984)], (220, 50, 50))
    c.text(300, 868, '경기도 성남시 분당구 정자일로 95', SANS, 42)
    c.text(300, 930, ('위도 37.359412  경도 127.105377', '위도 37.359438  경도 127.105341')[day], SANS_THIN, 34)
    c.text(300, 990, f'{FIT[day][1]} {FIT[day][2]} {FIT[day][0]} GMT+09:00', SANS_THIN, 34)
    c.disc(1190, 935, 32, (255, 200, 60))
    for i in range(8):
        a = i * math.pi / 4
        c.line([(1190 + r * math.cos(a), 935 + r * math.sin(a)) for r in (42, 56)], (255, 200, 60), 6)
    c.text(1270, 880, ('9°', '4°')[day], LATO, 92)
    c.text(1140, 1005, ('습도 41 %  바람 2 m/s', '습도 58 %  바람 1 m/s')[day], SANS_THIN, 26)

@kind('fit', 1200, 1600, 86)
def outline_date(c, day, rng):
    for y, text, size in ((700, FIT[day][0], 330), (930, FIT[day][1], 150)):
        c.text(600, y, text, SERIF, size, anchor='mm', edge=4, edge_fill='white')
        c.text(600, y, text, SERIF, size, (0, 0, 0, 0), anchor='mm')
    c.line([(330, 1045), (870, 1045)], 'white', 4)

@kind('fit', 1080, 1320, 92)
def polaroid(c, day, rng):
    c.box(0, 0, 1080, 1320, (214, 196, 172))
    c.box(48, 48, 992, 1242, (120, 105, 88), 6)
    c.box(40, 40, 992, 1242, (250, 248, 242), 6)
    for x, y, angle in ((-40, 30, 40), (880, 34, -38)):
        c.sprite(Canvas(240, 60, (235, 215, 150, 225)), x, y, angle=angle)
    c.text(540, 1160, ('셋째 주 시작, 물 한 잔', '비 오는 날에도 물 한 잔')[day], PEN, 104, (45, 45, 60), 'mm')
    c.text(980, 1245, FIT[day][1], PEN, 56, (170, 70, 70), 'rm')
    return c.hole(96, 100, 880, 960)

@kind('fit')
def tiled_upright(c, day, rng):
    for row in range(13):
        for x in range(-180 * (row % 2), 1080, 360):
            c.text(x + 40, row * 115 + 40, 'habit.daily', LATO, 42, (255, 255, 255, 105))
            c.disc(x + 24, row * 115 + 67, 9, (255, 255, 255, 105))

@kind('fit', 1080, 1080, 90)
def pattern_border(c, day, rng):
    c.box(0, 0, 1080, 1080, (196, 226, 214))
    spots = [(x, y) for i in range(15) for x, y in
             ((36 + i * 72, 36), (36 + i * 72, 1044), (36, 36 + i * 72), (1044, 36 + i * 72))]
    for x, y in spots:
        which = (x + y) // 72 % 3
        if which == 0:
            star(c, x, y, 29, (255, 190, 60))
        elif which == 1:
            flower(c, x, y, 30, (255, 255, 255), (240, 120, 130))
        else:
            c.disc(x, y, 15, (90, 160, 150))
    return c.hole(78, 78, 924, 924, 36)

@kind('fit', 1080, 2340, 90)
def messenger(c, day, rng):
    c.box(0, 0, 1080, 2340, (205, 220, 205))
    c.box(0, 0, 1080, 220, (245, 248, 245))
    c.text(50, 30, FIT[day][0], LATO, 38, 'black')
    c.box(950, 38, 76, 34, None, 8, 'black', 4)
    c.box(956, 44, (50, 30)[day], 22, 'black', 4)
    c.line([(76, 125), (46, 155), (76, 185)], 'black', 7)
    c.text(120, 125, '아침 물 한 잔 모임  24', SANS, 44, 'black')
    c.box(380, 260, 320, 60, (165, 185, 165), 30)
    c.text(540, 290, f'{FIT[day][1]} {FIT[day][2][0]}', SANS_THIN, 32, 'white', 'mm')
    for y, text, w in ((350, ('다들 일어나셨나요?', '오늘은 조금 춥네요')[day], 420), (1830, ('우와 부지런하시다', '저도 지금 마셔요!')[day], 400)):
        c.disc(80, y + 45, 42, (110, 150, 190))
        face(c, 80, y + 45, 34, (255, 225, 190))
        c.text(140, y, '지우', SANS_THIN, 30, (80, 80, 80))
        c.box(140, y + 45, w, 86, 'white', 26)
        c.text(166, y + 58, text, SANS_THIN, 42, 'black')
    c.box(480, 1660, 560, 90, (130, 215, 120), 26)
    c.text(510, 1675, ('오늘도 인증합니다', '닷새째 인증합니다')[day], SANS_THIN, 44, 'black')
    c.text(465, 1700, FIT[day][0], LATO, 28, (90, 110, 90), 'rm')
    c.box(0, 2150, 1080, 190, 'white')
    c.box(120, 2180, 760, 90, (238, 238, 238), 45)
    c.text(160, 2196, '메시지 입력', SANS_THIN, 38, (150, 150, 150))
    c.line([(60, 2195), (60, 2255)], 'black', 6)
    c.line([(30, 2225), (90, 2225)], 'black', 6)
    c.poly([(940, 2190), (1020, 2225), (940, 2260), (955, 2225)], (60, 150, 60))
    return c.hole(240, 570, 800, 1060, 40)

@kind('fit', 1080, 2340, 85)
def social_dark(c, day, rng):
    c.box(0, 0, 1080, 2340, (14, 14, 18))
    c.text(60, 36, ('7:15', '7:03')[day], LATO, 38)
    c.text(1020, 36, ('5G 82%', '5G 64%')[day], LATO, 34, anchor='ra')
    c.text(60, 130, 'momento', LATO, 72)
    heart(c, 890, 172, 30, (240, 240, 240))
    c.poly([(970, 146), (1030, 160), (990, 205)], (240, 240, 240))
    c.disc(90, 330, 54, None, (230, 80, 150), 7)
    face(c, 90, 330, 42, (120, 180, 250))
    c.text(165, 285, 'haru_every.day', SANS, 38)
    c.text(165, 336, '한강공원', SANS_THIN, 30, (170, 170, 175))
    for i in range(3):
        c.disc(980 + i * 22, 330, 6, 'white')
    heart(c, 80, 1905, 34, (240, 60, 80))
    c.disc(180, 1900, 30, None, 'white', 6)
    c.poly([(250, 1872), (320, 1886), (272, 1938)], 'white')
    c.line([(980, 1870), (980, 1935), (1005, 1912), (1030, 1935), (1030, 1870), (980, 1870)], 'white', 6)
    for i, text in enumerate((f'좋아요 {(128, 97)[day]}개', ('haru_every.day 봄은 아직', 'haru_every.day 벌써 닷새')[day],
                              '#매일인증 #갓생 #아침루틴', ('2시간 전', '15분 전')[day])):
        c.text(50, 1970 + i * 58, text, SANS if i == 0 else SANS_THIN, 36, (240, 240, 240))
    c.line([(0, 2225), (1080, 2225)], (50, 50, 55), 2)
    for i in range(5):
        c.box(86 + i * 216, 2250, 48, 48, 'white' if i == 0 else None, 12, 'white', 5)
    return c.hole(0, 410, 1080, 1440)

@kind('fit', 1200, 1600, 92)
def stickers(c, day, rng):
    spots = [(180, 220), (1010, 260), (930, 760), (200, 900), (1010, 1360), (250, 1400), (620, 1450)]
    for i, (x, y) in enumerate(spots):
        # The user puts the last two stickers where there is room.
        x, y = (x, y) if i < 5 else (x + rng.randint(-70, 70), y + rng.randint(-60, 60))
        if i % 4 == 0:
            face(c, x, y, 105, (255, 214, 70))
        elif i % 4 == 1:
            heart(c, x, y, 118, 'white')
            heart(c, x, y, 100, (240, 70, 95))
        elif i % 4 == 2:
            star(c, x, y, 130, 'white')
            star(c, x, y, 105, (120, 110, 230))
        else:
            flower(c, x, y, 115, (250, 160, 200))
    c.text(620, 190, ('굿모닝', '상쾌한 아침')[day], SANS, 100, (255, 90, 60), 'mm', 9, 'white')

@kind('fit', 1080, 1440, 88)
def progress_badge(c, day, rng):
    c.disc(830, 250, 205, (20, 28, 45, 190))
    c.arc(830, 250, 180, 0, 360, (70, 80, 100), 26)
    c.arc(830, 250, 180, -90, (196, 243)[day], (90, 230, 150), 26)
    c.text(830, 232, ('7,964', '9,251')[day], LATO, 104, anchor='mm')
    c.text(830, 325, '/ 10,000 걸음', SANS_THIN, 36, (200, 210, 220), 'mm')
    c.box(630, 490, 400, 84, (20, 28, 45, 190), 42)
    c.text(830, 532, ('5.4 km · 311 kcal', '6.3 km · 364 kcal')[day], SANS, 36, anchor='mm')

@kind('fit', 1080, 1440, 90)
def qr_badge(c, day, rng):
    c.box(40, 40, 290, 350, 'white', 20)
    code = random.Random('code')
    cells = [[code.random() < .5 for _ in range(25)] for _ in range(25)]
    for _ in range(120):
        cells[rng.randrange(25)][rng.randrange(25)] ^= True
    for row, line in enumerate(cells):
        for column, dark in enumerate(line):
            if dark and not any(row // 8 == i and column // 8 == j for i, j in ((0, 0), (0, 2), (2, 0))):
                c.box(60 + column * 10, 60 + row * 10, 9.5, 9.5, 'black')
    for x, y in ((60, 60), (240, 60), (60, 240)):
        c.box(x, y, 70, 70, 'black')
        c.box(x + 10, y + 10, 50, 50, 'white')
        c.box(x + 20, y + 20, 30, 30, 'black')
    c.text(185, 350, f'No. {(48213, 48977)[day]}', LATO, 36, 'black', 'mm')
    star(c, 900, 1270, 150, (40, 90, 200), 16, .86)
    c.disc(900, 1270, 105, None, 'white', 5)
    c.text(900, 1245, '확인', SANS, 64, anchor='mm')
    c.text(900, 1310, FIT[day][1][5:], LATO, 40, anchor='mm')

@kind('fit', 1080, 1080, 87)
def logo_centre(c, day, rng):
    ink = (255, 255, 255, 102)
    c.disc(540, 500, 250, None, ink, 26)
    c.poly([(540, 320), (660, 620), (540, 555), (420, 620)], ink)
    c.text(540, 830, 'TRAILMATE', LATO, 110, ink, 'mm')
    c.text(540, 920, 'EVERY STEP COUNTS', LATO_LIGHT, 44, ink, 'mm')

# ---- group check: Wednesday, 2 September 2026 at 21:05, and Saturday, 5 September at 20:41 -------
CHECK = [('21:05', '9월 2일 수요일'), ('20:41', '9월 5일 토요일')]

def mascot():
    """Bear with a ribbon that carries a text; 340 x 340."""
    c = Canvas(340, 340)
    for x in (95, 245):
        c.disc(x, 70, 52, (150, 100, 65), 'white', 8)
    c.disc(170, 150, 130, (150, 100, 65), 'white', 8)
    c.disc(170, 195, 58, (240, 215, 185))
    c.disc(170, 172, 20, (50, 30, 20))
    for x in (120, 220):
        c.disc(x, 135, 14, (50, 30, 20))
    c.poly([(10, 250), (330, 250), (300, 290), (330, 330), (10, 330), (40, 290)], (235, 75, 60))
    c.text(170, 290, '참 잘했어요', JUA, 52, anchor='mm')
    return c

def stamp(day):
    """Day over clock with a bar at its left; 560 x 300."""
    c = Canvas(560, 300)
    c.box(6, 14, 14, 270, (80, 220, 255))
    c.shadowed(44, 0, CHECK[day][1], ROUND, 58)
    c.shadowed(40, 66, CHECK[day][0], DOHYEON, 160)
    c.shadowed(44, 232, '@ 우리집 운동방', ROUND, 46, (255, 240, 150))
    return c

@kind('check', 1080, 1440, 90)
def moved(c, day, rng):
    """The overlay is at another position on the second photo."""
    x, y = ((60, 90), (640, 1010))[day]
    c.sprite(mascot(), x, y)
    c.shadowed(x + 170, y + 350, CHECK[day][1], JUA, 50, (255, 255, 255), 'ma')

@kind('check', 1200, 1600, 88)
def rescaled(c, day, rng):
    """The overlay has 0.7 of its size on the second photo, as from another phone."""
    c.sprite(stamp(day), 60, (1260, 1350)[day], (1, .7)[day])
    c.sprite(mascot(), (850, 940)[day], (60, 60)[day], (.9, .63)[day])

def gallery_screen(day):
    """Screen of a gallery app, and the photo's place in it."""
    c = Canvas(1080, 2000, (252, 250, 246))
    c.text(60, 50, CHECK[day][1], DOHYEON, 60, 'black')
    c.text(60, 126, f'오후 {CHECK[day][0]}', ROUND, 36, (120, 120, 120))
    star(c, 990, 100, 36, (255, 180, 0))
    for i, text in enumerate(('공유', '편집', '즐겨찾기', '삭제')):
        c.disc(150 + i * 260, 1810, 36, None, (60, 90, 200), 6)
        c.line([(150 + i * 260, 1792), (150 + i * 260, 1828)], (60, 90, 200), 6)
        c.text(150 + i * 260, 1890, text, ROUND, 36, (60, 90, 200), 'mm')
    return c, c.hole(0, 230, 1080, 1440)

@kind('check', 1080, 2340, 86)
def nested(c, day, rng):
    """A screenshot of a screenshot; the inner one is smaller on the second photo."""
    inner, hole = gallery_screen(day)
    scale, x, y = ((.90, 54, 250), (.76, 130, 330))[day]
    c.box(0, 0, 1080, 2340, (38, 34, 60))
    c.text(60, 40, ('9:12', '8:50')[day], ROUND, 40)
    c.text(540, 160, '인증 게시판', HANNA, 66, (255, 214, 90), 'mm')
    c.sprite(inner, x, y, scale, keep_holes=True)
    c.box(60, 2120, 960, 120, (255, 214, 90), 30)
    c.text(540, 2180, '이 사진 올리기', HANNA, 60, (38, 34, 60), 'mm')
    # One pixel larger on each side, since the place is not a whole number of pixels.
    return x - 1, round(y + hole[1] * scale) - 1, round(hole[2] * scale) + 2, round(hole[3] * scale) + 2

@kind('check', 1440, 1080, 90)
def one_sided(c, day, rng):
    """Only the second photo has the overlay."""
    if day == 1:
        c.box(0, 0, 1440, 150, (250, 110, 60))
        c.text(50, 32, '하루 만 보 걷기 17일차', DOHYEON, 84)
        c.sprite(mascot(), 1060, 700)
        c.sprite(stamp(day), 60, 740)

@kind('check', 1080, 1440, 87)
def faint_text(c, day, rng):
    c.text(540, 560, CHECK[day][0], ROUND, 300, (255, 255, 255, 95), 'mm')
    c.text(540, 760, CHECK[day][1], BRUSH, 120, (255, 255, 255, 95), 'mm')
    c.text(540, 890, ('천천히, 그러나 꾸준히', '오늘의 나를 칭찬해')[day], BRUSH, 90, (255, 255, 255, 95), 'mm')

@kind('check', 1200, 1600, 90)
def tiled_diagonal(c, day, rng):
    tile, pale, dark = Canvas(2100, 2100), (255, 255, 255, 125), (20, 20, 30, 90)
    for row in range(14):
        for x in range(-220 * (row % 2), 2100, 440):
            y = row * 150
            tile.text(x + 70, y, '습관공방', HANNA, 66, pale, edge=2, edge_fill=dark)
            tile.disc(x + 30, y + 32, 26, pale, dark, 4)
            tile.line([(x + 18, y + 34), (x + 28, y + 44), (x + 44, y + 20)], dark, 6)
    c.sprite(tile, -450, -250, angle=30)

@kind('check', 1080, 1350, 90)
def collage(c, day, rng):
    """Frame that covers more than half of the picture."""
    c.box(0, 0, 1080, 1350, (255, 240, 205))
    for i in range(24):
        for j in range(30):
            if (i + j) % 2 == 0:
                c.box(i * 45, j * 45, 45, 45, (250, 205, 120))
    c.box(50, 60, 980, 170, (60, 110, 90), 30)
    c.text(540, 145, '나의 운동 기록장', JUA, 110, anchor='mm')
    for i, (name, value) in enumerate((('시간', ('42분', '38분')[day]), ('거리', ('6.1', '5.7')[day]), ('세트', ('4', '5')[day]))):
        c.box(50, 280 + i * 240, 240, 210, 'white', 24, (60, 110, 90), 6)
        c.text(170, 330 + i * 240, name, ROUND, 44, (60, 110, 90), 'mm')
        c.text(170, 415 + i * 240, value, DOHYEON, 84, (230, 90, 70), 'mm')
    c.box(50, 1030, 980, 270, 'white', 24, (60, 110, 90), 6)
    note = (('스쿼트 100개와 계단 오르기', '무릎이 조금 뻐근하다'), ('철봉 매달리기와 가벼운 달리기', '지난번보다 숨이 덜 찼다'))[day]
    for i, text in enumerate((CHECK[day][1], *note)):
        c.text(90, 1055 + i * 76, text, BRUSH, 58, (70, 60, 50))
    c.box(320, 270, 720, 740, 'white', 12)
    hole = c.hole(340, 290, 680, 700)
    for x, y, r in ((350, 300, 70), (1000, 310, 55), (990, 980, 80), (345, 960, 50)):
        flower(c, x, y, r, (240, 140, 150), (255, 235, 150), 5)
    c.sprite(mascot(), 800, 1000, .8, 8)
    return hole

@kind('check', 1080, 1620, 88)
def caption_block(c, day, rng):
    c.box(50, 60, 980, 620, (255, 255, 255, 205), 30)
    c.text(100, 95, ('구월의 둘째 날', '다시 토요일')[day], MYEONGJO, 84, (60, 30, 90))
    lines = ('퇴근길에 강변을 따라 걸었다./바람이 선선해서 생각보다/멀리까지 다녀올 수 있었다./내일은 삼십 분 일찍 나와서/노을을 끝까지 보고 싶다.',
             '장을 보고 돌아와 불을 켰다./책상 위부터 하나씩 치우니/머릿속도 조금 맑아진 기분./읽다 만 소설을 펼쳐 놓고/차 한 잔으로 하루를 닫는다.')
    for i, text in enumerate(lines[day].split('/')):
        c.text(100, 220 + i * 84, text, MYEONGJO, 58, (40, 40, 40))

DOTS = {'0': 'e99999e', '1': '2622227', '2': 'e11e88f', '4': '999f111', '5': 'f88e11e', ':': '0040400'}

@kind('check', 1080, 1440, 91)
def corner_clock(c, day, rng):
    c.box(400, 50, 640, 330, (10, 10, 10, 215), 40)
    x = 440
    for char in CHECK[day][0]:
        wide = 2 if char == ':' else 4
        for row, bits in enumerate(DOTS[char]):
            for column in range(wide):
                lit = int(bits, 16) >> (3 - column) & 1
                c.disc(x + column * 29, 92 + row * 31, 13, (120, 255, 190) if lit else (45, 55, 50))
        x += wide * 29 + 16
    c.text(720, 340, CHECK[day][1], DOHYEON, 48, (120, 255, 190), 'mm')

@kind('check', 1440, 1080, 85)
def letterbox(c, day, rng):
    c.box(0, 0, 1440, 150, 'black')
    c.box(0, 930, 1440, 150, 'black')
    c.text(720, 75, '하루 한 편 · 나의 저녁', MYEONGJO, 58, (235, 225, 200), 'mm')
    c.text(720, 980, ('첫 장면은 언제나 여기서 시작된다', '그날 밤에는 아무도 서두르지 않았다')[day], BRUSH, 58, anchor='mm')
    c.text(720, 1042, f'{CHECK[day][1]}  {CHECK[day][0]}', ROUND, 30, (170, 170, 170), 'mm')

@kind('check', 1080, 1440, 90)
def tripod(c, day, rng):
    """The second photo is the first one, with other light and noise."""

@kind('check', 1080, 1440, 90)
def tripod_stamp(c, day, rng):
    """As `tripod`, with the time stamp of the day."""
    c.sprite(stamp(day), 50, 1090)

@kind('fit')
@kind('check')
def plain(c, day, rng):
    """No overlay."""

def once_more(photo, rng):
    """The photo as a camera on a tripod takes it again: noise, up to 6 % of brightness."""
    brightness = rng.choice((-1, 1)) * rng.uniform(.02, .06)
    pixels = np.asarray(ImageEnhance.Brightness(photo).enhance(1 + brightness), dtype=np.float32)
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, 2, pixels.shape)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))

def open_photo(path, size, shift=(0, 0)):
    """The photo cropped to a size, `shift` pixels from the middle."""
    photo = ImageOps.exif_transpose(Image.open(path)).convert('RGB')
    larger = ImageOps.fit(photo, (size[0] + 4, size[1] + 4), Image.Resampling.LANCZOS)
    return larger.crop((2 + shift[0], 2 + shift[1], 2 + shift[0] + size[0], 2 + shift[1] + size[1]))

def choose_scenes(photos, seed, all_strata):
    """Rows of scenes with two photos: one ordinary scene per site, and all scenes of other strata.

    Food scenes have one site, so that one per site would leave a single one of them."""
    scenes, groups = {}, {}
    for row in csv.DictReader(open(photos / 'manifest.csv', newline='', encoding='utf-8')):
        scenes.setdefault(row['scene_id'], []).append(row)
    for scene, rows in sorted(scenes.items()):
        ordinary = rows[0]['stratum'] == 'ordinary'
        if len(rows) > 1 and (ordinary or all_strata):
            groups.setdefault(ordinary and rows[0]['site'] or scene, []).append(rows)
    rng = random.Random(seed)
    chosen = [rng.choice(group) for _, group in sorted(groups.items())]
    rng.shuffle(chosen)
    return chosen

def write_kind(name, draw, w, h, quality, scenes, photos, out, seed):
    layers = []
    for day in (0, 1):
        c = Canvas(w, h)
        place = draw(c, day, random.Random(f'{seed}/{name}/{day}')) or (0, 0, w, h)
        layers.append((c.image.reduce(FINE), place))
    out.mkdir(parents=True, exist_ok=True)
    with open(out / 'manifest.csv', 'w', newline='', encoding='utf-8') as file:
        manifest = csv.writer(file, lineterminator='\n')
        manifest.writerow(['scene_id', 'file', 'site', 'stratum'])
        for rows in scenes:
            scene = rows[0]['scene_id']
            rng = random.Random(f'{seed}/{name}/{scene}')
            (out / scene).mkdir(exist_ok=True)
            for day, (layer, (x, y, width, height)) in enumerate(layers):
                again = day == 1 and name.startswith('tripod')
                shift = (rng.randint(-2, 2), rng.randint(-2, 2)) if again else (0, 0)
                photo = open_photo(photos / rows[0 if again else day]['file'], (width, height), shift)
                picture = Image.new('RGBA', (w, h))
                picture.paste(once_more(photo, rng) if again else photo, (x, y))
                picture.alpha_composite(layer)
                picture.convert('RGB').save(out / scene / f'{day + 1}.jpg', quality=quality)
                manifest.writerow([scene, f'{scene}/{day + 1}.jpg', rows[0]['site'], rows[0]['stratum']])

def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('photo_set', type=Path, help='folder with manifest.csv, such as ../shared/photos')
    parser.add_argument('out_dir', type=Path)
    parser.add_argument('font_dir', type=Path)
    parser.add_argument('--group', choices=sorted(KINDS), required=True)
    parser.add_argument('--scenes', type=int, default=40, help='maximum number of scenes (default 40; ../shared/photos has 36, and 75 of all strata)')
    parser.add_argument('--seed', type=int, default=20260314)
    parser.add_argument('--all-strata', action='store_true', help='include food and extreme scenes')
    args = parser.parse_args()
    for folder, _, files in os.walk(args.font_dir):
        FONTS.update({file: os.path.join(folder, file) for file in files})
    scenes = choose_scenes(args.photo_set, args.seed, args.all_strata)[:args.scenes]
    for name, (draw, w, h, quality) in KINDS[args.group].items():
        write_kind(name, draw, w, h, quality, scenes, args.photo_set, args.out_dir / name, args.seed)
    print(len(scenes), 'scenes,', ', '.join(KINDS[args.group]))

if __name__ == '__main__':
    main()
