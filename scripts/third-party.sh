#!/usr/bin/env bash
# third-party.sh - print the licences and notices of what the binaries hold besides our own code; after a build.
set -euo pipefail
cd "$(dirname "$0")/.."

printf 'What is linked into bankrefreshd and tight-sandbox, with its licences and notices.\n'
section() { printf '\n%s\n%s\n' "$1" "$(tr '[:print:]' '=' <<< "$1")"; }

# What the linker was given, by the packages that it comes from.
modules=$(sed -n 's,.*/release/\([^/]*\)\.build/.*,\1,p' .build/release/{bankrefreshd,tight-sandbox}.product/Objects.LinkFileList | sort -u)
for package in .build/checkouts/*/; do
  name=$(basename "$package")
  for module in $modules; do
    [ -d "$package/Sources/$module" ] && break
    [ "$name" = GRDB.swift ] && [ "$module" = GRDB ] && break
    module=
  done
  [ -n "$module" ] || continue
  section "$name"
  found=
  while IFS= read -r file; do
    printf '\n-- %s\n\n' "${file#.build/checkouts/}"
    cat "$file"
    found=yes
  done < <(find "$package" -not -path '*/.git/*' -type f \( -iname 'LICENSE*' -o -iname 'NOTICE*' -o -iname 'COPYING*' \) | LC_ALL=C sort)
  [ -n "$found" ] || { echo "third-party: $name has neither licence nor notice" >&2; exit 1; }
done

# Its standard library, concurrency runtime, Dispatch and Foundation, with the ICU that Foundation holds.
section 'Swift'
root=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
license=$(find "$root/share" -maxdepth 3 -iname 'LICENSE*' 2> /dev/null | LC_ALL=C sort | head -n 1)
[ -n "$license" ] || { echo "third-party: no licence below $root/share" >&2; exit 1; }
cat "$license"
