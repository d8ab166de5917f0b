#!/usr/bin/env bash
# test-icu-data.sh - Foundation with the data of scripts/icu-data: in any locale, calendar and encoding it falls back to what is
# there, and nothing ends the program.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { printf 'test-icu-data: %s\n' "$1" >&2; exit 1; }

scripts/icu-data "$work/data"
clang -I "$work/data" -c Sources/ICUData/data.S -o "$work/data.o"
cat > "$work/main.swift" <<'SWIFT'
import Foundation

var lines: [String] = []
func say(_ name: String, _ value: Any?) { lines.append("\(name): \(value.map { "\($0)" } ?? "none")") }
let moment = Date(timeIntervalSince1970: 1_800_000_000)
for id in ["en_US_POSIX", "en_US", "de_DE", "th_TH", "ja_JP", "ar_EG", "xx_YY", "zh_Hans_CN"] {
    let locale = Locale(identifier: id)
    let dates = DateFormatter()
    (dates.locale, dates.dateStyle, dates.timeStyle) = (locale, .full, .full)
    dates.timeZone = TimeZone(identifier: "Europe/Berlin")
    say("\(id) date", dates.string(from: moment))
    say("\(id) date read", dates.date(from: dates.string(from: moment)))
    let numbers = NumberFormatter()
    (numbers.locale, numbers.numberStyle) = (locale, .currency)
    say("\(id) money", numbers.string(from: 1234.5))
    numbers.numberStyle = .spellOut
    say("\(id) words", numbers.string(from: 42))
    say("\(id) style", moment.formatted(Date.FormatStyle(date: .complete, time: .complete, locale: locale)))
    say("\(id) number", 1_234_567.89.formatted(.number.locale(locale)))
    say("\(id) region", locale.localizedString(forRegionCode: "DE"))
    say("\(id) language", locale.localizedString(forLanguageCode: "de"))
    say("\(id) lower", "ÄäIıß".lowercased(with: locale))
    say("\(id) order", "a".compare("B", locale: locale).rawValue)
    say("\(id) list", ["a", "b", "c"].formatted(.list(type: .and).locale(locale)))
    let relative = moment.formatted(.relative(presentation: .named).locale(locale))
    say("\(id) relative", relative.isEmpty)
    say("\(id) size", ByteCountFormatStyle(locale: locale).format(123_456_789))
    say("\(id) zone", TimeZone(identifier: "Europe/Berlin")?.localizedName(for: .daylightSaving, locale: locale))
    say("\(id) decimal", Decimal(string: "1,5", locale: locale))
}
for kind: Calendar.Identifier in [
    .gregorian, .buddhist, .chinese, .coptic, .ethiopicAmeteAlem, .hebrew, .islamic, .japanese, .persian, .indian,
    .republicOfChina, .iso8601,
] {
    var calendar = Calendar(identifier: kind)
    calendar.timeZone = TimeZone(identifier: "America/New_York") ?? .gmt
    say("\(kind)", calendar.dateComponents([.year, .month, .day, .era], from: moment))
    say("\(kind) months", calendar.monthSymbols.count)
    say("\(kind) later", calendar.date(byAdding: .month, value: 7, to: moment))
}
for encoding: String.Encoding in [
    .utf8, .isoLatin1, .isoLatin2, .japaneseEUC, .shiftJIS, .windowsCP1251, .iso2022JP, .macOSRoman, .utf16, .utf32,
] {
    say("\(encoding.rawValue) written", "Grüße 日本".data(using: encoding, allowLossyConversion: true)?.count)
    say("\(encoding.rawValue) read", String(data: Data([0x41, 0xC4, 0xE4, 0x42]), encoding: encoding))
}
let text = "ภาษาไทย 日本語の文章。Hello world. မြန်မာ ខ្មែរ ລາວ"
say("latin", text.applyingTransform(.toLatin, reverse: false))
say("folded", "Grüße".folding(options: [.diacriticInsensitive, .caseInsensitive], locale: nil))
say("decomposed", "é".decomposedStringWithCompatibilityMapping.unicodeScalars.count)
say("sorted", ["ä", "z", "a"].sorted { $0.localizedStandardCompare($1) == .orderedAscending })
say("zones", TimeZone.knownTimeZoneIdentifiers.count > 400)
say("change", TimeZone(identifier: "Europe/Berlin")?.nextDaylightSavingTimeTransition(after: moment))
say("letters", (try? NSRegularExpression(pattern: "\\p{L}+"))?.numberOfMatches(in: text, range: NSRange(location: 0, length: 9)))
say("iso", ISO8601DateFormatter().string(from: moment))
print(lines.joined(separator: "\n"))
print("end")
SWIFT
swiftc -swift-version 5 -static-stdlib "$work/main.swift" "$work/data.o" -o "$work/program" 2> "$work/errors" \
  || { cat "$work/errors" >&2; fail 'it does not build'; }
for language in C en_US.UTF-8 th_TH.UTF-8; do
  LC_ALL=$language LANG=$language "$work/program" > "$work/said" || fail "in $language it ended with $?"
done
expect() { grep -qxF "$1" "$work/said" || { cat "$work/said" >&2; fail "it does not say: $1"; }; }
expect 'end'
expect 'en_US region: Germany'
expect 'en_US number: 1,234,567.89'
expect 'de_DE date read: 2027-01-15 08:00:00 +0000'
expect 'en_US money: $1,234.50'
expect 'folded: grusse'
expect 'decomposed: 2'
expect 'sorted: ["a", "ä", "z"]'
expect 'zones: true'
expect 'change: 2027-03-28 01:00:00 +0000'
expect 'iso: 2027-01-15T08:00:00Z'
size=$(stat -c %s "$work/data/icu-data.bin")
[ "$size" -lt 7000000 ] || fail "the data has $size bytes"
echo "test-icu-data: $(wc -l < "$work/said") lines without an error, from $size bytes of data"
