#!/bin/bash
# Reads a small world of news (1,000 feeds, 20,000 pages, 690 MB) side by side with what is the least anybody could do, and
# with Python's readers. By hand, in this order, on one machine in one go, since only the ratios mean anything:
#
#   tests/bench/newsworld.sh [WORLD] [RUNS]
#
# Where others use the machine, the time of the cores says more than the clock.
#
# WORLD is a folder for the world (/tmp/newsworld; made when it is not there, 690 MB), RUNS how often our runs and curl's are
# repeated in turns (3). Needs ../shared/testbed, nginx, curl, GNU time, python3 with feedparser and trafilatura, and r2e;
# what is missing of the last two is left out, loudly. Serves on 127.0.0.1:18080.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
testbed=$here/../shared/testbed
world=${1:-/tmp/newsworld}
runs=${2:-3}
base=http://127.0.0.1:18080
PYTHON_PAGES=1000 # of which trafilatura's time a page is taken
RSS2EMAIL_FEEDS=60

cd "$here"
cargo build --release --quiet
cargo bench --quiet --no-run --bench pages
[ -f "$world/urls.txt" ] || python3 "$testbed/newsworld.py" "$world" > /dev/null
cp "$testbed/newsworld.nginx.conf" "$world/"
nginx -p "$world" -c newsworld.nginx.conf
work=$(mktemp -d)
feeds=$(wc -l < "$world/feeds.txt")
trap 'nginx -p "$world" -c newsworld.nginx.conf -s stop; rm -rf "$work"' EXIT

seconds() { # of a command, whose output goes to a file
    local start end
    start=$(date +%s.%N)
    /usr/bin/time -o "$work/cpu" -f '%U + %S' "$@" > "$work/out" 2> "$work/err" || { status=$?; [ $status -eq 3 ] || { tail -5 "$work/err" >&2; return $status; }; }
    end=$(date +%s.%N)
    echo "$end - $start" | bc
}

# Every address once, bodies thrown away; and once more on the condition that it changed, with the tag that nginx gives
# out: time and size of the file.
cat "$world/feeds.txt" "$world/urls.txt" > "$work/all.txt"
awk '{ print "url = \"" $0 "\"\noutput = \"/dev/null\"" }' "$work/all.txt" > "$work/curl.txt"
conditional() {
    while read -r url; do
        file=$world/${url#"$base/"}
        printf 'next\nurl = "%s"\noutput = "/dev/null"\nsilent\nheader = "If-None-Match: \\"%x-%x\\""\n' "$url" $(stat -c '%Y %s' "$file")
    done < "$1" | tail -n +2
}
conditional "$world/feeds.txt" > "$work/conditional.txt"

{
    printf '[store]\nurl = "sqlite:%s/world.db"\n' "$work"
    printf '[limits]\nallow_private = ["127.0.0.0/8"]\nfetches_max = 64\n'
    printf '[[host]]\nname = "127.0.0.1"\ngap = "0s"\nrequests_max = 64\n'
    nth=0
    while read -r url; do
        printf '[[source]]\nname = "Source %s"\nurl = "%s"\n' $nth "$url"
        nth=$((nth + 1))
    done < "$world/feeds.txt"
} > "$work/daybrief.toml"
ours=(/usr/bin/time -f '%M KB peak' -o "$work/peak" "$here/target/release/daybrief" --config "$work/daybrief.toml" sources fetch)
cpu() { bc < "$work/cpu"; }

ratio() { echo "scale=2; $1 / ($2)" | bc; }

echo "== html5ever alone, and our reading, on all cores =="
cargo bench --quiet --bench pages -- "$world" | tee "$work/pages"
parsing=$(awk '/^html5ever/ { print $2 }' "$work/pages")
parsing_cpu=$(echo "scale=2; $(awk '/^html5ever/ { print $4 }' "$work/pages") * $(wc -l < "$world/urls.txt") / 1000" | bc)

for run in $(seq "$runs"); do
    echo "== run $run =="
    curl=$(seconds curl --silent --parallel --parallel-max 64 --config "$work/curl.txt")
    curl_cpu=$(cpu)
    rm -f "$work"/world.db*
    first=$(seconds "${ours[@]}")
    first_cpu=$(cpu)
    echo "curl of $(wc -l < "$work/all.txt") addresses:       $curl s, $curl_cpu of them a core's"
    echo "first run:                          $first s, $(ratio "$first" "$curl + $parsing") of curl + html5ever ($(cat "$work/peak"))"
    echo "the same by the cores' time:        $first_cpu s, $(ratio "$first_cpu" "$curl_cpu + $parsing_cpu") of curl + html5ever"
    tail -1 "$work/out"
    conditional=$(seconds curl --silent --parallel --parallel-max 64 --config "$work/conditional.txt")
    again=$(seconds "${ours[@]}")
    echo "curl of the feeds, conditional:     $conditional s"
    echo "second run, nothing changed:        $again s, $(ratio "$again" "$conditional") of curl ($(cat "$work/peak"))"
    tail -1 "$work/out"
done

echo "== Python's feedparser and trafilatura on the same files, one process =="
if python3 -c 'import feedparser, trafilatura' 2> /dev/null; then
    python3 - "$world" "$PYTHON_PAGES" "$first" <<'PYTHON'
import glob, sys, time
import feedparser, trafilatura
world, pages, ours = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
start = time.time()
feeds = glob.glob(world + "/feeds/*")
entries = sum(len(feedparser.parse(open(path, "rb").read()).entries) for path in feeds if not path.endswith(".json"))
feed = (time.time() - start) / sum(not path.endswith(".json") for path in feeds)
files = sorted(glob.glob(world + "/a/*/*.html"))
step = max(1, len(files) // pages)
start = time.time()
for path in files[::step]:
    trafilatura.bare_extraction(open(path).read(), with_metadata=True)
page = (time.time() - start) / len(files[::step])
both = feed * len(feeds) + page * len(files)
print(f"feedparser {feed * 1000:.2f} ms a feed, trafilatura {page * 1000:.2f} ms a page: {both:.0f} s for all, without fetching and storing")
print(f"with two processes {both / 2:.0f} s: {both / 2 / ours:.1f} times our first run ({both / ours:.1f} with one)")
PYTHON
else
    echo "SKIPPED: feedparser or trafilatura is not installed"
fi

echo "== rss2email =="
if command -v r2e > /dev/null; then
    printf '[DEFAULT]\nfrom = a@daybrief.example\nto = b@daybrief.example\nemail-protocol = sendmail\nsendmail = /bin/true\n' > "$work/r2e.cfg"
    r2e=(r2e --config "$work/r2e.cfg" --data "$work/r2e.json")
    for nth in $(seq "$RSS2EMAIL_FEEDS"); do "${r2e[@]}" add "feed$nth" "$(sed -n "${nth}p" "$world/feeds.txt")" > /dev/null 2>&1; done
    time=$(seconds "${r2e[@]}" run)
    echo "$RSS2EMAIL_FEEDS feeds with their mails: $time s, $(ratio "$time * 1000" "$RSS2EMAIL_FEEDS") ms a feed; ours $(ratio "$first * 1000" "$feeds") ms a feed with all its pages"
    echo "our second run: $(ratio "$again * 1000" "$feeds") ms a feed"
    sed -e '/^\[\[source\]\]/,$d' "$work/daybrief.toml" > "$work/feeds-only.toml"
    nth=0
    while read -r url; do
        printf '[[source]]\nname = "Source %s"\nurl = "%s"\nfull_text = false\n' $nth "$url" >> "$work/feeds-only.toml"
        nth=$((nth + 1))
    done < "$world/feeds.txt"
    rm -f "$work"/world.db*
    only=$(seconds "$here/target/release/daybrief" --config "$work/feeds-only.toml" sources fetch)
    echo "ours without pages, stored: $(ratio "$only * 1000" "$feeds") ms a feed, $(ratio "$time * $feeds" "$only * $RSS2EMAIL_FEEDS") times faster than rss2email"
else
    echo "SKIPPED: r2e is not installed"
fi
