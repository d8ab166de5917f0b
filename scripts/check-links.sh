#!/usr/bin/env bash
# check-links.sh - what `make install` lays out leads nowhere else: each link and each path to a page is followed.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The binary is run for the completions alone.
mkdir "$work/release"
printf '#!/bin/sh\necho "# completion"\n' > "$work/release/bankrefreshd"
chmod 0755 "$work/release/bankrefreshd"
make -s install DESTDIR="$work/tree" release="$work/release" INSTALL_PROGRAM=install
exec python3 - "$work/tree" <<'PYTHON'
import pathlib
import re
import sys

tree = pathlib.Path(sys.argv[1])
documents = tree / "usr/share/doc/bankrefreshd"
# [text](link), ![text](link), and <img src="link">
LINK = re.compile(r'\]\(([^)\s]+)\)|<img[^>]* src="([^"]+)"')
# What the manual, the unit, the catalog and the pages name by its whole path.
PATH = re.compile(r"/usr/share/(?:doc/)?bankrefreshd/[\w./*-]*[\w/*]")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def anchors(page: pathlib.Path) -> set[str]:
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(page.read_text())]
    return {word.replace(" ", "-") for word in words}


dead, links, paths = [], 0, 0
pages = [page for page in tree.rglob("*") if page.is_file() and page.suffix not in {".png", ".svg"}]
for page in pages:
    text = page.read_text()
    if page.suffix == ".md":
        for found in LINK.findall(text):
            link = found[0] or found[1]
            if re.match(r"[a-z]+:", link):
                continue
            links += 1
            name, _, anchor = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            if not target.exists() or documents.resolve() not in [target, *target.parents]:
                dead.append(f"{page.relative_to(tree)}: {link}")
            elif anchor and anchor not in anchors(target):
                dead.append(f"{page.relative_to(tree)}: {link}: there is no such heading")
    for path in PATH.findall(text):
        paths += 1
        if not any(tree.glob(path.lstrip("/"))):
            dead.append(f"{page.relative_to(tree)}: {path}")
for line in dead:
    print(f"check-links: {line} leads nowhere", file=sys.stderr)
# A check that finds nothing to look at finds nothing.
if links < 30 or paths < 30:
    sys.exit(f"check-links: only {links} links and {paths} paths were found; the check itself is wrong")
if dead:
    sys.exit(1)
print(f"check-links: {links} links and {paths} paths lead somewhere")
PYTHON
