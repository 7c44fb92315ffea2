#!/usr/bin/env python3
"""Draws photographs of things that repeat: text, keys, tiles, spines, slats and bricks.

Writes OUT_DIR/<kind>/<scene>/{1,2}.jpg with one manifest.csv per kind, so that `injeung eval
OUT_DIR/<kind>` measures that kind. The two photos of a scene show one thing and match. Two scenes of
a kind consist of the same patches in the same rows, but show different things and do not match. The
group `fit` is for fitting a model. The group `check` is for measuring it only, and its camera also
rotates by up to 10 degrees and changes the scale by 0.8 to 1.2. The groups share no font, words or
kind.

FONT_DIR is the same as for overlays.py.
"""
import argparse
import calendar as months
import csv
import math
import os
import random
import re
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS, KINDS = {}, {'fit': {}, 'check': {}}

@lru_cache(maxsize=None)
def load_font(name, size):
    if name not in FONTS:
        raise SystemExit(f'repetition.py: failed to find the font {name} in FONT_DIR')
    # Face 1 of a Noto collection has the Korean forms.
    return ImageFont.truetype(FONTS[name], size, index=1 if name.endswith('.ttc') else 0)

def kind(group, close=False, table=(0, 0, 0)):
    """Registers a function that draws the thing of one scene. `close` things fill the photo, others are on a table."""
    def register(draw):
        KINDS[group][draw.__name__.replace('_', '-')] = (draw, close, table)
        return draw
    return register

def canvas(w, h, fill):
    image = Image.new('RGB', (w, h), fill)
    # Mode RGBA blends translucent fills into the RGB picture.
    return image, ImageDraw.Draw(image, 'RGBA')

def disc(d, x, y, r, fill=None, outline=None, width=0):
    d.ellipse([x - r, y - r, x + r, y + r], fill, outline, width)

def shade(colour, amount):
    return tuple(max(0, min(255, round(v + amount))) for v in colour)

def grain(image, rng, amount, size):
    """Adds unevenness of brightness with a standard deviation, in spots of about `size` pixels."""
    w, h = image.size
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, amount, (h // size + 2, w // size + 2)).astype(np.float32)
    uneven = cv2.resize(noise, (w, h), interpolation=cv2.INTER_CUBIC)[..., None]
    return Image.fromarray(np.clip(np.asarray(image) + uneven, 0, 255).astype(np.uint8))

def prose(rng, words, count):
    text, left = [], 0
    for _ in range(count):
        word = rng.choice(words)
        if left == 0:
            word, left = word.capitalize(), rng.randint(5, 14)
        left -= 1
        text.append(word + ('.' if left == 0 else ',' if rng.random() < .08 else ''))
    return text[:-1] + [text[-1].rstrip('.,') + '.']

def justified(d, rng, words, box, font, leading, ink, indent):
    """Fills a box with paragraphs."""
    x, y, w, h = box
    bottom = y + h
    while True:
        text, start = prose(rng, words, rng.randint(25, 80)), indent
        while text:
            if y + leading > bottom:
                return
            n = 1
            while n < len(text) and font.getlength(' '.join(text[:n + 1])) <= w - start:
                n += 1
            line, text = text[:n], text[n:]
            free = w - start - sum(map(font.getlength, line))
            gap = free / (n - 1) if text and n > 1 else font.getlength(' ')
            at = x + start
            for word in line:
                d.text((at, y), word, ink, font)
                at += font.getlength(word) + gap
            y, start = y + leading, 0

# ---- group fit ----------------------------------------------------------------------------------
ENGLISH = '''the the the of of and and a a to to in was he she it that had with her his for as at on but not they from
were by which when there been one all would who out up into then more some could them time man house door window light
evening morning river garden street winter letter brother mother captain stranger silence shadow carriage kitchen
answered remembered whispered walked waited listened looked turned opened nothing something always perhaps against
before beneath without narrow distant bright quiet broken slowly almost enough thought harbour lantern afternoon'''.split()
NOUNS = '바다 언덕 겨울 편지 창문 골목 어머니 기차 등대 새벽 강물 노래 그림자 마을 아이 나무 하늘 바람 저녁 우산 등불 지붕 구름 항구 돌담 숲길'.split()
VERBS = '걸었다 보았다 기다렸다 돌아왔다 말했다 멈추었다 웃었다 떠올렸다 지나갔다 들었다 열었다 알았다'.split()
KOREAN = [noun + particle for noun in NOUNS for particle in ('의', '에서', '까지', '처럼', '만')] + VERBS * 3 + '그리고 천천히 다시 오래 아무 작은 낡은 먼 그 한'.split() * 3
SERIF, SERIF_BOLD, SANS, SANS_BOLD = 'NotoSerifCJK-Regular.ttc', 'NotoSerifCJK-Bold.ttc', 'NotoSansCJK-Regular.ttc', 'NotoSansCJK-Bold.ttc'

@kind('fit', table=(128, 112, 98))
def novel(rng, number):
    image, d = canvas(1300, 1900, (247, 242, 228))
    d.text((650, 90), 'THE HARBOUR AT EVENING', (60, 55, 50), load_font(SERIF, 26), anchor='ma')
    justified(d, rng, ENGLISH, (150, 170, 1000, 1560), load_font(SERIF, 35), 52, (40, 36, 34), 50)
    d.text((650, 1800), str(112 + number), (60, 55, 50), load_font(SERIF, 28), anchor='ma')
    return image

@kind('fit', table=(60, 72, 84))
def notes(rng, number):
    image, d = canvas(1350, 1850, (250, 249, 240))
    for y in range(190, 1850, 70):
        d.line([(0, y), (1350, y)], (160, 190, 225), 3)
    d.line([(190, 0), (190, 1850)], (225, 120, 120), 4)
    for y in (250, 925, 1600):
        disc(d, 70, y, 26, (60, 72, 84))
    ink, y = rng.choice([(30, 40, 120), (35, 35, 40)]), 190
    d.text((230, 100), f'{rng.randint(1, 12)}월 {rng.randint(1, 28)}일 {rng.choice(NOUNS)}', ink, load_font('NanumPen.ttf', 84))
    while y < 1720:
        y, x, start = y + 70, 230 + rng.randint(-8, 12), rng.random()
        if start < .15:
            continue
        if start < .5:
            d.rectangle([x, y - 44, x + 34, y - 10], None, ink, 4)
            if rng.random() < .6:
                d.line([(x + 6, y - 30), (x + 16, y - 16), (x + 42, y - 52)], ink, 5)
            x += 56
        end = x + rng.randint(450, 980)
        while x < end:
            word = rng.choice([rng.choice(KOREAN), rng.choice(NOUNS), rng.choice(KOREAN), f'{rng.randint(1, 12)}시', f'{rng.randint(2, 90)}개'])
            font, low = load_font('NanumPen.ttf', rng.randint(60, 68)), y - 6 + rng.randint(-5, 5)
            d.text((x, low), word, ink, font, anchor='ls')
            if rng.random() < .06:
                d.line([(x, low + 8), (x + font.getlength(word), low + 6)], (210, 60, 60), 5)
            x += font.getlength(word) + rng.randint(16, 30)
    return image

@kind('fit', close=True)
def text_close(rng, number):
    image, d = canvas(1500, 2000, (238, 233, 220))
    justified(d, rng, KOREAN, (-60, 20 - rng.randint(0, 60), 1620, 2100), load_font(SERIF, 56), 100, (30, 28, 28), 60)
    return grain(image, rng, 2, 60)

LAYOUTS = ['QWERTYUIOP[]ASDFGHJKL;\'ZXCVBNM,./', 'AZERTYUIOP^$QSDFGHJKLMùWXCVBN,;:!', 'QWERTZUIOPÜ+ASDFGHJKLÖÄYXCVBNM,.-',
           '\',.PYFGCRL/=AOEUIDHTNS-;QJKXBMWVZ', 'QWFPGJLUY;[]ARSTDHNEIO\'ZXCVBKM,./']
CAPS = [((45, 47, 52), (225, 225, 225)), ((232, 230, 224), (60, 60, 70)), ((96, 104, 120), (245, 245, 245)), ((214, 204, 182), (90, 60, 40))]

@kind('fit', table=(150, 140, 126))
def keyboard(rng, number):
    image, d = canvas(1800, 800, rng.choice([(30, 30, 34), (190, 188, 184)]))
    letters, font = rng.choice(LAYOUTS), rng.choice(['Lato-Bold.ttf', 'Lato-Medium.ttf', 'Lato-Black.ttf', SANS_BOLD])
    cap_pair = rng.choice(CAPS), rng.choice(CAPS)
    rows = [['Esc', *(f'F{i}' for i in range(1, 13)), ('Delete', 2)], [*'`1234567890-=', ('Backspace', 2)],
            [('Tab', 1.5), *letters[:12], ('\\', 1.5)], [('Caps', 1.75), *letters[12:23], ('Enter', 2.25)],
            [('Shift', 2.25), *letters[23:33], ('Shift', 2.75)],
            [*((name, 1.25) for name in ('Ctrl', 'Win', 'Alt')), ('', 6.25), *((name, 1.25) for name in ('Alt', 'Fn', 'Menu', 'Ctrl'))]]
    for r, row in enumerate(rows):
        x, y = 60, 64 + r * 112
        for entry in row:
            label, units = (entry, 1) if isinstance(entry, str) else entry
            (cap, ink), end, size = cap_pair[r == 0 or units > 1], x + units * 112, 36 if len(label) == 1 else 24
            if rng.random() < .17:
                cap, ink = rng.choice([(220, 70, 60), (240, 180, 40), (60, 150, 210), (80, 170, 110), (230, 130, 170)]), rng.choice([(255, 255, 255), (30, 30, 40)])
                label, size = (rng.choice('★♥♠♣●◆▲♪☎'), 60) if rng.random() < .6 else (label, size)
            d.rounded_rectangle([x + 4, y + 4, end - 4, y + 108], 14, shade(cap, -38))
            d.rounded_rectangle([x + 14, y + 8, end - 14, y + 92], 12, cap)
            if size == 60:
                d.text(((x + end) / 2, y + 50), label, ink, load_font(SANS_BOLD, size), anchor='mm')
            else:
                d.text((x + 26, y + 14), label, ink, load_font(font, size))
            x = end
    return image

def litter(d, rng, x, y):
    """Ring, stain, leaf or stone on the floor."""
    which, turn, r = rng.randrange(4), rng.uniform(0, 6.3), rng.randint(22, 60)
    if which == 0:
        disc(d, x, y, r, None, rng.choice([(120, 80, 40, 130), (120, 80, 40, 130), (200, 60, 90), (40, 40, 50), (60, 110, 180)]), 11)
    elif which == 1:
        for _ in range(rng.randint(4, 9)):
            disc(d, x + rng.gauss(0, r * .7), y + rng.gauss(0, r * .7), rng.randint(6, 34), (95, 75, 55, 75))
    else:
        if which == 2:
            outline = [(1.5 * math.cos(a), .5 * math.sin(a) * abs(math.sin(a))) for a in np.linspace(0, 2 * math.pi, 30)]
        else:
            outline = [(s * math.cos(a), s * math.sin(a)) for a in np.linspace(0, 5.4, rng.randint(5, 8)) for s in [rng.uniform(.6, 1)]]
        shape = [(x + r * (u * math.cos(turn) - v * math.sin(turn)), y + r * (u * math.sin(turn) + v * math.cos(turn))) for u, v in outline]
        d.polygon([(u + 6, v + 8) for u, v in shape], (40, 40, 40, 90))
        d.polygon(shape, rng.choice([[(110, 140, 50), (180, 110, 40), (150, 60, 40)], [(120, 118, 112), (90, 80, 72), (170, 160, 150)]][which - 2]))

@kind('fit', close=True)
def tiles(rng, number):
    image, d = canvas(1500, 2000, (150, 145, 138))
    for x in range(0, 1500, 250):
        for y in range(0, 2000, 250):
            d.rectangle([x + 5, y + 5, x + 244, y + 244], shade((218, 214, 204), rng.gauss(0, 2)))
            for start, u, v in ((0, 5, 5), (90, 244, 5), (180, 244, 244), (270, 5, 244)):
                d.pieslice([x + u - 80, y + v - 80, x + u + 80, y + v + 80], start, start + 90, (120, 140, 160))
            d.polygon([(x + 125, y + 60), (x + 190, y + 125), (x + 125, y + 190), (x + 60, y + 125)], None, (150, 120, 105), 8)
            disc(d, x + 125, y + 125, 22, (120, 140, 160))
    for _ in range(rng.randint(16, 22)):
        litter(d, rng, rng.randint(130, 1370), rng.randint(130, 1870))
    return grain(image, rng, 2, 40)

def spine(rng, w, h, colour, title, author, font):
    """Book spine with the text from top to bottom."""
    image, d = canvas(h, w, colour)
    ink = (250, 245, 230) if sum(colour) < 400 else (40, 35, 45)
    if rng.random() < .5:
        for x in (24, h - 70):
            d.rectangle([x, 0, x + rng.choice([6, 14]), w], ink)
    size = min(w * 6 // 10, 48)
    while load_font(font, size).getlength(title) > h - 190:
        size -= 2
    d.text((54, w / 2), title, ink, load_font(font, size), anchor='lm')
    if w > 46:
        d.text((h - 78, w / 2), author, ink, load_font(SANS, 20), anchor='rm')
    disc(d, h - 30, w / 2, min(14, w / 4), None, ink, 4)
    for i in range(6):
        d.line([(0, i), (h, i)], (0, 0, 0, 90 - 15 * i))
        d.line([(0, w - 1 - i), (h, w - 1 - i)], (0, 0, 0, 110 - 18 * i))
    return image.transpose(Image.Transpose.ROTATE_270)

@kind('fit', close=True)
def shelf(rng, number):
    image, d = canvas(1500, 2000, (52, 40, 32))
    for floor in range(480, 2001, 500):
        x, same = 0, 0
        while x < 1500:
            if same == 0:
                same = rng.choice([1, 1, 1, 1, 4])
                colour = rng.choice([(165, 40, 45), (30, 70, 120), (235, 228, 210), (40, 95, 70), (225, 165, 50), (60, 55, 60), (240, 240, 238), (120, 90, 140), (200, 110, 70)])
                w, h, font = rng.randint(40, 92), rng.randint(330, 445), rng.choice(['Lato-Bold.ttf', 'Lato-Light.ttf', SERIF_BOLD, SANS_BOLD])
            same -= 1
            noun = rng.choice(NOUNS) + rng.choice(['의 ', '와 ', ' ']) + rng.choice(NOUNS)
            title = noun if font in (SERIF_BOLD, SANS_BOLD) else 'The ' + ' '.join(rng.sample(ENGLISH[42:], 2)).title()
            image.paste(spine(rng, w, h, shade(colour, rng.randint(-8, 8)), title, rng.choice('김이박최정강윤') + rng.choice(['지우', '하늘', '서연', '민호', '은수']), font), (x, floor - h))
            x += w + rng.choice([0, 1, 2, 2, 30 if same == 0 else 0])
        d.rectangle([0, floor, 1500, floor + 32], (150, 108, 70))
        d.rectangle([0, floor + 26, 1500, floor + 48], (20, 14, 10, 130))
    return image

# ---- group check --------------------------------------------------------------------------------
TOPICS = '경제 도시 정책 교통 환경 주민 연구 기술 시장 예산 학교 병원 전력 농가 수출 지역 안전 도로 청년 주택 조사 회의'.split()
REPORT = [topic + end for topic in TOPICS for end in ('이', '을', '과', '에', '으로')] + '밝혔다 전망된다 늘었다 줄었다 예정이다 나섰다 올해 지난달 약 또한 최근 모두 크게'.split() * 3
MYEONGJO, MYEONGJO_BOLD, CODE, SQUARE, BRUSH = 'NanumMyeongjo.ttf', 'NanumMyeongjoExtraBold.ttf', 'NanumGothicCoding.ttf', 'NanumSquareB.ttf', 'NanumBrush.ttf'

def landscape(rng, w, h):
    """View of hills, houses and the sun."""
    sky = rng.choice([(150, 190, 225), (225, 190, 160), (175, 180, 190)])
    image, d = canvas(w, h, sky)
    disc(d, rng.uniform(.1, .9) * w, rng.uniform(.1, .35) * h, .09 * h, (255, 240, 190))
    for layer in range(3):
        base, waves = (.5 + .17 * layer) * h, [(rng.uniform(.02, .09) * h, rng.uniform(2, 9), rng.uniform(0, 6)) for _ in range(3)]
        colour = shade((110, 130, 105), -28 * layer + rng.randint(-12, 12))
        d.polygon([(0, h)] + [(x, base + sum(a * math.sin(f * x / w + p) for a, f, p in waves)) for x in range(0, w + 9, 8)] + [(w, h)], colour)
        for _ in range(rng.randint(1, 4)):
            x, s, tall = rng.uniform(0, .9) * w, .1 * h, rng.uniform(.8, 2.6)
            d.rectangle([x, base - s * tall + s, x + s, base + s], rng.choice([(215, 205, 190), (170, 90, 75), (120, 130, 145)]))
            for i in range(int(tall * 2)):
                d.rectangle([x + .2 * s, base + .7 * s - i * .45 * s, x + .8 * s, base + .85 * s - i * .45 * s], (60, 65, 80))
    return image

@kind('check', table=(74, 88, 70))
def columns(rng, number):
    image, d = canvas(1400, 1900, (233, 231, 224))
    d.text((90, 70), '지역 생활 신문', (50, 50, 50), load_font(SQUARE, 34))
    d.text((1310, 70), f'{number + 3}면', (50, 50, 50), load_font(SQUARE, 34), anchor='ra')
    d.line([(90, 125), (1310, 125)], (50, 50, 50), 4)
    d.text((90, 160), ' '.join(rng.sample(TOPICS, 3)) + rng.choice([', 다시 본다', ' 어디로 가나', ' 논의 시작']), (25, 25, 25), load_font(MYEONGJO_BOLD, 76))
    box = (720, 300 + 330 * rng.randrange(3), 590, 400)
    image.paste(landscape(rng, *box[2:]), box[:2])
    d.text((720, box[1] + 412), ' '.join(prose(rng, REPORT, 5)), (90, 90, 90), load_font(SQUARE, 22))
    for area in ((90, 300, 590, 1520), (720, 300, 590, box[1] - 310), (720, box[1] + 470, 590, 1820 - box[1] - 470)):
        justified(d, rng, REPORT, area, load_font(MYEONGJO, 29), 44, (38, 38, 38), 30)
    return image

GOODS = '우유 두부 계란 식빵 바나나 사과 커피 라면 생수 치약 휴지 김치 만두 참치 양파 감자 고추장 요구르트 세제 과자'.split()

@kind('check', table=(168, 150, 128))
def receipt(rng, number):
    image, d = canvas(860, 1800, (246, 246, 244))
    font, ink, total = load_font(CODE, 38), (52, 50, 58), 0
    d.text((430, 60), '동네마트 중앙점', ink, load_font('NanumGothicCodingBold.ttf', 62), anchor='ma')
    d.text((60, 160), f'2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} {rng.randint(8, 22)}:{rng.randint(0, 59):02}   No.{rng.randint(1000, 9999)}', ink, font)
    d.text((60, 215), '-' * 39 + '\n품명', ink, font)
    d.text((560, 261), '수량', ink, font, anchor='ra')
    d.text((800, 261), '금액', ink, font, anchor='ra')
    y = 320
    for _ in range(rng.randint(19, 22)):
        price, count = rng.randint(8, 99) * 100, rng.choice([1, 1, 1, 2, 3])
        total += price * count
        d.text((60, y), f'{rng.choice(["국산", "유기농", "행사", ""])}{rng.choice(GOODS)} {rng.choice(["대", "소", "500g", "1L", "3입"])}', ink, font)
        d.text((560, y), str(count), ink, font, anchor='ra')
        d.text((800, y), f'{price * count:,}', ink, font, anchor='ra')
        y += 50
    d.text((60, y), '-' * 39, ink, font)
    d.text((60, y + 45), '합계', ink, load_font(CODE, 60))
    d.text((800, y + 45), f'{total:,}', ink, load_font(CODE, 60), anchor='ra')
    x = 130
    while x < 720:
        w = rng.choice([4, 4, 8, 12])
        d.rectangle([x, 1610, x + w, 1720], ink)
        x += w + rng.choice([4, 8, 12])
    return image

NAMES = 'index count buffer queue user token cache node total state reader limit offset parser value entry result config'.split()
LINES = ['let {a} = {b}.{c}({n});', 'let mut {a} = {b} + {n};', '{a}.push({b}.{c}());', '{a}.{b} = {c}[{n}];', 'return {a}.{b};', 'log("{a} {b}", {c});',
         '// {a} before the {b}', '{a} += {b} * {n};', 'assert({a} != {b});']
BLOCKS = ['if {a} > {n} {{', 'for {a} in {b}.{c}() {{', 'while {a} < {b} {{', 'match {a}.{b} {{', 'if {a}.{b}({c}) {{']
TOKENS = [(r'//.*', (110, 125, 110)), (r'"[^"]*"', (160, 200, 120)), (r'\b(?:let|mut|return|if|for|in|while|match|fn)\b', (200, 130, 220)),
          (r'\b\d+\b', (230, 160, 100)), (r'\w+(?=\()', (110, 180, 240)), (r'\w+', (215, 218, 225)), (r'\s+|[^\w\s]', (170, 175, 185))]

@kind('check', close=True)
def code_close(rng, number):
    image, d = canvas(2160, 2880, (30, 33, 40))
    font, depth, first = load_font(CODE, 54), 0, rng.randint(10, 800)
    for row in range(39):
        y, text = row * 75, ''
        if depth == 0:
            text, depth = 'fn {a}_{b}({c}, {d}) {{', 1
        elif rng.random() < .15 and row:
            depth -= 1
            text = '    ' * depth + '}}'
        elif rng.random() < .08:
            pass
        elif rng.random() < .25 and depth < 5:
            text, depth = '    ' * depth + rng.choice(BLOCKS), depth + 1
        else:
            text = '    ' * depth + rng.choice(LINES)
        text = text.format(**dict(zip('abcd', rng.sample(NAMES, 4))), n=rng.choice([0, 1, 2, 8, 16, 64, 100, 255, 1024]))
        d.text((330, y), str(first + row), (85, 92, 105), font, anchor='ra')
        x = 400
        for token in re.finditer('|'.join(f'({pattern})' for pattern, _ in TOKENS), text):
            d.text((x, y), token[0], TOKENS[token.lastindex - 1][1], font)
            x += font.getlength(token[0])
    return image

@kind('check', table=(205, 205, 196))
def calendar(rng, number):
    image, d = canvas(1800, 1350, (252, 252, 252))
    year, month = 2026 + number // 12, number % 12 + 1
    d.rectangle([0, 0, 1800, 170], (70, 110, 150))
    d.text((80, 85), f'{month}월', (255, 255, 255), load_font(SQUARE, 110), anchor='lm')
    d.text((1720, 85), str(year), (255, 255, 255), load_font(SQUARE, 64), anchor='rm')
    first, days = (months.monthrange(year, month)[0] + 1) % 7, months.monthrange(year, month)[1]
    for i, name in enumerate('일월화수목금토'):
        d.text((60 + i * 240 + 120, 205), name, (90, 90, 90), load_font(SQUARE, 34), anchor='mm')
    for cell in range(42):
        x, y, day = 60 + cell % 7 * 240, 240 + cell // 7 * 178, cell - first + 1
        d.rectangle([x, y, x + 240, y + 178], None, (150, 155, 160), 3)
        if not 1 <= day <= days:
            continue
        d.text((x + 14, y + 10), str(day), (200, 60, 60) if cell % 7 == 0 else (60, 60, 60), load_font(SQUARE, 40))
        ink = rng.choice([(30, 50, 130), (30, 50, 130), (190, 40, 50), (30, 110, 60)])
        if rng.random() < .2:
            d.rounded_rectangle([x + 8, y + 62, x + rng.choice([232, 232, 472]), y + 108], 10, (*rng.choice([(250, 215, 90), (150, 210, 240), (245, 170, 190)]), 190))
        for line in range(rng.choice([0, 0, 1, 1, 2])):
            text = rng.choice([f'{rng.choice(TOPICS)} {rng.randint(1, 12)}시', rng.choice(GOODS) + ' 사기', rng.choice(TOPICS) + ' 모임', f'{rng.randint(2, 9)}km 달림'])
            d.text((x + 16 + rng.randint(0, 20), y + 58 + line * 54), text, ink, load_font(BRUSH, 54))
        if rng.random() < .12:
            disc(d, x + 36, y + 32, 34, None, (220, 50, 50), 5)
        if rng.random() < .12:
            d.line([(x + 150, y + 60), (x + 175, y + 90), (x + 225, y + 20)], (30, 140, 80), 9)
    return image

def sill_object(d, rng, x, y):
    """Thing on a window sill, whose foot is at x, y."""
    which, colour = rng.randrange(3), rng.choice([(170, 80, 60), (60, 90, 120), (210, 190, 150), (70, 110, 80), (90, 70, 90)])
    if which == 0:
        for _ in range(rng.randint(9, 16)):
            u, v, s = x + rng.gauss(0, 130), y - 260 - abs(rng.gauss(160, 140)), rng.randint(50, 85)
            d.line([(x, y - 180), (u, v)], (70, 90, 50), 9)
            d.ellipse([u - s, v - s * .6, u + s, v + s * .6], shade((80, 130, 70), rng.randint(-30, 30)))
        d.polygon([(x - 125, y - 200), (x + 125, y - 200), (x + 90, y), (x - 90, y)], colour)
    elif which == 1:
        for i in range(rng.randint(3, 6)):
            w, h = rng.randint(130, 190), rng.randint(45, 75)
            d.rectangle([x - w, y - h, x + w, y], shade(colour, rng.randint(-60, 60)))
            d.text((x, y - h / 2), ' '.join(rng.sample(TOPICS, 2)), (245, 240, 225), load_font(SQUARE, 36), anchor='mm')
            y -= h
    else:
        h = rng.randint(260, 420)
        d.rounded_rectangle([x - 95, y - h, x + 95, y], 50, colour)
        d.rectangle([x - 45, y - h - 110, x + 45, y - h + 20], shade(colour, -20))
        d.rectangle([x - 95, y - h * .6, x + 95, y - h * .35], (240, 235, 220))
        d.text((x, y - h * .475), rng.choice(GOODS), (60, 50, 50), load_font(SQUARE, 52), anchor='mm')

@kind('check', close=True)
def blinds(rng, number):
    image = landscape(rng, 2160, 2880)
    d = ImageDraw.Draw(image, 'RGBA')
    for y in range(0, 2880, 100):
        for i in range(60):
            d.line([(0, y + i), (2160, y + i)], shade((228, 222, 208), -45 * abs(i - 18) / 42))
    for x in (330, 1080, 1830):
        d.line([(x, 0), (x, 2880)], (190, 182, 165), 10)
    d.rectangle([0, 2010, 2160, 2880], (205, 198, 186))
    d.rectangle([0, 2010, 2160, 2050], (235, 230, 220))
    for place in rng.sample(range(420, 1800, 340), 4):
        sill_object(d, rng, place + rng.randint(-60, 60), 2035 + rng.randint(0, 50))
    for _ in range(rng.randint(1, 3)):
        x, y = rng.randint(450, 1600), rng.randint(800, 1250)
        d.rectangle([x, y, x + 210, y + 170], rng.choice([(250, 230, 110), (250, 180, 190), (170, 220, 240)]))
        d.text((x + 105, y + 85), '\n'.join(rng.sample(TOPICS, 2)), (60, 60, 70), load_font(BRUSH, 76), anchor='mm')
    return grain(image, rng, 2, 50)

def graffiti(d, rng, x, y):
    colours = rng.sample([(240, 240, 240), (40, 40, 45), (240, 200, 40), (60, 150, 210), (220, 60, 140), (60, 170, 90)], 3)
    for _ in range(3):
        a, b, w, h = x + rng.randint(-420, 300), y + rng.randint(-380, 380), rng.randint(160, 420), rng.randint(120, 360)
        d.arc([a, b, a + w, b + h], rng.randint(0, 180), rng.randint(200, 400), (*colours[2], 220), rng.randint(14, 34))
    for line in range(2):
        d.text((x + rng.randint(-80, 80), y - 170 + 330 * line), rng.choice(GOODS + TOPICS) + rng.choice(['!', '', '?', '♡']), colours[0],
               load_font(rng.choice(['BMKIRANGHAERANG-TTF.ttf', 'BMDOHYEON_ttf.ttf', BRUSH]), rng.randint(300, 380)), anchor='mm', stroke_width=14, stroke_fill=colours[1])

def house_window(image, d, rng, x, y):
    w, h = rng.randint(520, 760), rng.randint(640, 860)
    frame, across, down = rng.choice([(235, 235, 230), (70, 50, 40), (60, 90, 80)]), rng.choice([1, 2, 3]), rng.choice([2, 3])
    image.paste(landscape(rng, w, h), (x - w // 2, y - h // 2))
    d.rectangle([x - w / 2, y - h / 2, x + w / 2, y + h / 2], (20, 25, 35, 90), frame, 34)
    for side in rng.choice([(-1,), (1,), (-1, 1), ()]):
        edge = x + side * w * .36
        d.rectangle([edge - w * .09, y - h / 2 + 34, edge + w * .09, y + h / 2 - 34], (200, 170, 140))
    for i in range(1, across + 1):
        d.line([(x - w / 2 + w * i / (across + 1), y - h / 2), (x - w / 2 + w * i / (across + 1), y + h / 2)], frame, 20)
    for i in range(1, down):
        d.line([(x - w / 2, y - h / 2 + h * i / down), (x + w / 2, y - h / 2 + h * i / down)], frame, 20)
    d.rectangle([x - w / 2 - 40, y + h / 2, x + w / 2 + 40, y + h / 2 + 56], (190, 186, 178))

@kind('check', close=True)
def bricks(rng, number):
    image, d = canvas(2160, 2880, (176, 168, 158))
    for row in range(30):
        for x in range(-130 * (row % 2), 2160, 260):
            d.rounded_rectangle([x + 7, row * 96 + 7, x + 253, row * 96 + 89], 6, shade((158, 88, 68), rng.gauss(0, 12)))
    image = grain(grain(image, rng, 5, 8), rng, 4, 90)
    d = ImageDraw.Draw(image, 'RGBA')
    x, y = rng.randint(900, 1260), rng.randint(1150, 1700)
    if number % 2 == 0:
        graffiti(d, rng, x, y)
    else:
        house_window(image, d, rng, x, y)
    return image

def photograph(picture, close, table, strong, seed):
    r = np.random.default_rng(random.Random(seed).getrandbits(32))
    h, w = picture.shape[:2]
    W, H = (1440, 1080) if w > h else (1080, 1440)
    # The factors let a close thing cover the corners of the photo whatever the camera does.
    size = max(W / w, H / h) * (1.65 if strong else 1.14) if close else min((W - 160) / w, (H - 160) / h)
    corners = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) * size / 2 + r.uniform(-45, 45, (4, 2))
    if strong:
        angle, scale = math.radians(r.uniform(-10, 10)), r.uniform(.8, 1.2)
        corners = corners @ np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]) * scale
    corners += (W / 2, H / 2)
    # The warp has twice the size of the photo, and its reduction smooths the edges.
    warp = cv2.getPerspectiveTransform(np.float32([[0, 0], [w, 0], [w, h], [0, h]]), np.float32(corners * 2))
    shot = cv2.warpPerspective(picture, warp, (W * 2, H * 2), dst=np.full((H * 2, W * 2, 3), table, np.uint8), borderMode=cv2.BORDER_TRANSPARENT)
    shot = cv2.resize(shot, (W, H), interpolation=cv2.INTER_AREA).astype(np.float32)
    (a, b), (c, e) = r.uniform(.75, 1, (2, 2)).astype(np.float32)
    x, y = np.linspace(0, 1, W, dtype=np.float32)[None, :, None], np.linspace(0, 1, H, dtype=np.float32)[:, None, None]
    light = (a * (1 - x) + b * x) * (1 - y) + (c * (1 - x) + e * x) * y
    return Image.fromarray(np.clip(shot * light + 4 * r.standard_normal(shot.shape, np.float32), 0, 255).astype(np.uint8))

def write_kind(name, draw, close, table, strong, scenes, out):
    out.mkdir(parents=True, exist_ok=True)
    with open(out / 'manifest.csv', 'w', newline='', encoding='utf-8') as file:
        manifest = csv.writer(file, lineterminator='\n')
        manifest.writerow(['scene_id', 'file', 'site', 'stratum'])
        for number in range(scenes):
            scene = f'{name}-{number:02}'
            (out / scene).mkdir(exist_ok=True)
            picture = np.asarray(draw(random.Random(scene), number))
            for k in (1, 2):
                photograph(picture, close, table, strong, f'{scene}/{k}').save(out / scene / f'{k}.jpg', quality=88)
                manifest.writerow([scene, f'{scene}/{k}.jpg', '', 'ordinary'])

def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('out_dir', type=Path)
    parser.add_argument('font_dir', type=Path)
    parser.add_argument('--group', choices=sorted(KINDS), required=True)
    parser.add_argument('--scenes', type=int, default=12, help='scenes per kind (default 12)')
    args = parser.parse_args()
    cv2.setNumThreads(1)
    for folder, _, files in os.walk(args.font_dir):
        FONTS.update({file: os.path.join(folder, file) for file in files})
    for name, (draw, close, table) in KINDS[args.group].items():
        write_kind(name, draw, close, table, args.group == 'check', args.scenes, args.out_dir / name)
    print(args.scenes, 'scenes,', ', '.join(KINDS[args.group]))

if __name__ == '__main__':
    main()
