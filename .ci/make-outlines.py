#!/usr/bin/env python3
"""Converts Natural Earth into the outlines that src/news/map.rs embeds, and the font that it writes with.

usage: make-outlines.py COUNTRIES_JSON FONTS CONFIG

  COUNTRIES_JSON  countries-50m.json of npm world-atlas 2.0.2 (Natural Earth 4.1, public domain; the package is ISC)
  FONTS           folder with NotoSans-Regular.ttf and NotoSans-Bold.ttf (Debian fonts-noto-core 20201225, SIL OFL 1.1)
  CONFIG          config

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz      # package/countries-50m.json
    apt-get download fonts-noto-core && dpkg-deb -x fonts-noto-core_*.deb fonts
    pip install pycountry fonttools
    .ci/make-outlines.py package/countries-50m.json fonts/usr/share/fonts/truetype/noto config

It writes CONFIG/map/outlines.bin and CONFIG/font/*.ttf. The outlines say where land is and where borders run between two
codes. Which border is disputed is not in them: that stands in CONFIG/map/disputed.txt, by hand. Whose a place is is never
taken from here.

Format: "DBO1"; the number of rings of land, each as points; the number of borders, each as two codes of two letters and
points. Numbers are LEB128; points are a count, then differences of longitude and latitude in steps of 0.01 degrees, zigzag.
"""
import json, os, subprocess, sys
import pycountry

STEPS_PER_DEGREE = 100
# Triangles of less than this (in square degrees) are cut off an outline; at the closest view they are some pixels wide.
AREA_MIN = 0.0005
# Rings of less land than this are islets that no locator map shows.
ISLET_MIN = 0.002
# What Natural Earth draws apart and ISO 3166-1 has no code for: user-assigned codes.
UNCODED = {"Kosovo": "XK", "Somaliland": "XS", "N. Cyprus": "XC", "Siachen Glacier": "XG", "Indian Ocean Ter.": "XI"}
LETTERS = "U+0020-007E U+00A0-017F U+0218-021B U+1E80-1E85 U+0400-045F U+0490-0491 U+2010-2026 U+2191".split()


def decode(topology):
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        yield points


def area(a, b, c):
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2


def simplify(points):
    """Visvalingam and Whyatt: the least triangle goes first. Ends stay, so that arcs still meet."""
    points = list(points)
    while len(points) > (4 if points[0] == points[-1] else 2):
        least, index = min((area(*points[i - 1:i + 2]), i) for i in range(1, len(points) - 1))
        if least >= AREA_MIN:
            break
        del points[index]
    return points


def rings_of(geometry):
    kind, arcs = geometry["type"], geometry.get("arcs", [])
    if kind == "GeometryCollection":
        return [ring for inner in geometry["geometries"] for ring in rings_of(inner)]
    return arcs if kind == "Polygon" else [ring for polygon in arcs for ring in polygon]


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def encode(points):
    steps = [(round(x * STEPS_PER_DEGREE), round(y * STEPS_PER_DEGREE)) for x, y in points]
    steps = [step for i, step in enumerate(steps) if i == 0 or step != steps[i - 1]]
    out, (px, py) = [varint(len(steps))], (0, 0)
    for x, y in steps:
        out += [varint((d << 1) ^ (d >> 63)) for d in (x - px, y - py)]
        px, py = x, y
    return b"".join(out)


def code(geometry):
    if "id" in geometry:
        found = pycountry.countries.get(numeric=geometry["id"])
        return found.alpha_2 if found else "ZZ"
    return UNCODED[geometry["properties"]["name"]]


def main(countries_json, fonts, config):
    topology = json.load(open(countries_json))
    arcs = [simplify(points) for points in decode(topology)]
    directed = lambda arc: arcs[arc] if arc >= 0 else arcs[~arc][::-1]
    whole = lambda ring: [point for i, arc in enumerate(ring) for point in directed(arc)[1 if i else 0:]]
    land = [whole(ring) for ring in rings_of(topology["objects"]["land"])]
    shoelace = lambda ring: abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:]))) / 2
    land = [ring for ring in land if shoelace(ring) >= ISLET_MIN]
    owners = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        for ring in rings_of(geometry):
            for arc in ring:
                owners.setdefault(arc if arc >= 0 else ~arc, set()).add(code(geometry))
    borders = [(sorted(codes), arcs[arc]) for arc, codes in sorted(owners.items()) if len(codes) == 2]
    out = [b"DBO1", varint(len(land))] + [encode(ring) for ring in land] + [varint(len(borders))]
    out += ["".join(codes).encode() + encode(points) for codes, points in borders]
    os.makedirs(f"{config}/map", exist_ok=True)
    os.makedirs(f"{config}/font", exist_ok=True)
    with open(f"{config}/map/outlines.bin", "wb") as file:
        file.write(b"".join(out))
    print(len(land), "rings", len(borders), "borders", sum(map(len, land)), "points", sum(map(len, out)), "bytes")
    for name in ["NotoSans-Regular", "NotoSans-Bold"]:
        subprocess.run(["pyftsubset", f"{fonts}/{name}.ttf", f"--output-file={config}/font/{name}.ttf",
                        f"--unicodes={','.join(LETTERS)}", "--no-hinting", "--layout-features=",
                        "--drop-tables+=GSUB,GPOS,GDEF,STAT,meta"], check=True)


main(*sys.argv[1:])
