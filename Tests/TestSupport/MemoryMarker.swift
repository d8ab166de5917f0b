import Glibc
package import RefreshCore

/// A random text that is nowhere in memory but where it is put: to look for copies of it.
package struct MemoryMarker {
    private let masked: [UInt8]

    package var length: Int { masked.count }

    package init(length: Int = 40) {
        // Letters, each with a bit flipped that is not flipped in what is looked for.
        masked = (0..<length).map { _ in UInt8.random(in: UInt8(ascii: "a")...UInt8(ascii: "z")) ^ 0x80 }
    }

    /// Looks for a text that is there already.
    package init(of bytes: some Sequence<UInt8>) {
        masked = bytes.map { $0 ^ 0x80 }
    }

    package func secret() -> Secret {
        Secret(masked.lazy.map { $0 ^ 0x80 })
    }

    /// How often the text is in the memory of this process.
    package func count() -> Int {
        var found = 0
        let descriptor = open("/proc/self/mem", O_RDONLY)
        defer { close(descriptor) }
        for range in Self.ranges() {
            // In parts that overlap by the length of the text; read beside the heap, so that they are not found in it.
            var offset = range.lowerBound
            let size = 1 << 20
            let map = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard let map, map != MAP_FAILED else { continue }
            defer { munmap(map, size) }
            while offset < range.upperBound {
                let got = pread(descriptor, map, min(size, range.upperBound - offset), offset)
                guard got > 0 else { break }
                found += count(in: UnsafeRawBufferPointer(start: map, count: got))
                if offset + got >= range.upperBound { break }
                offset += max(1, got - (length - 1))
            }
        }
        return found
    }

    private func count(in bytes: UnsafeRawBufferPointer) -> Int {
        guard bytes.count >= length, let first = masked.first else { return 0 }
        var found = 0
        guard let start = bytes.baseAddress else { return 0 }
        var index = 0
        // Within the bytes: memchr(3) is quick where a loop of Swift, unoptimised, is not.
        while index <= bytes.count - length,
            let hit = memchr(start + index, Int32(first ^ 0x80), bytes.count - length + 1 - index)
        {
            index = UnsafeRawPointer(hit) - start
            if masked.indices.allSatisfy({ bytes[index + $0] ^ 0x80 == masked[$0] }) { found += 1 }
            index += 1
        }
        return found
    }

    /// What this process may read and write.
    private static func ranges() -> [Range<Int>] {
        guard let file = fopen("/proc/self/maps", "r") else { return [] }
        defer { fclose(file) }
        var ranges: [Range<Int>] = []
        var line = [CChar](repeating: 0, count: 4_096)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            let fields = text.split(separator: " ")
            guard fields.count > 1, fields[1].hasPrefix("rw") else { continue }
            let ends = fields[0].split(separator: "-").compactMap { Int($0, radix: 16) }
            if ends.count == 2, ends[0] < ends[1] { ranges.append(ends[0]..<ends[1]) }
        }
        return ranges
    }
}
