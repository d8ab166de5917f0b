import Glibc
package import RefreshCore

/// The machine's time zones, by IANA name.
package struct ZoneDatabase: Sendable {
    private let directory: String

    package init(directory: String = "/usr/share/zoneinfo") {
        self.directory = directory
    }

    /// The rules of a zone such as `Europe/Berlin`.
    package func rules(of name: String) throws(ZoneProblem) -> ZoneRules {
        let path = "\(directory)/\(name)"
        var status = stat()
        guard Self.isName(name), stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let names = names()
            throw names.isEmpty
                ? .noData(directory: directory) : .unknown(nearest: Self.nearest(to: name, among: names))
        }
        let bytes: [UInt8]
        do throws(ConfigurationProblems) { bytes = try ConfigurationLoader.bytes(of: path) } catch {
            throw .unusable(path: path, detail: error.problems.first?.reason ?? "it cannot be read")
        }
        do throws(ZoneFile.Fault) {
            return try ZoneFile(bytes: bytes).rules(name: name)
        } catch {
            throw .unusable(path: path, detail: error.text)
        }
    }

    /// The names of all zones, in no particular order; empty if there is no time zone data.
    package func names() -> [String] {
        var names: [String] = []
        var folders = [""]
        while let folder = folders.popLast() {
            guard let entries = opendir("\(directory)/\(folder)") else { continue }
            defer { closedir(entries) }
            while let entry = readdir(entries) {
                // The name is a C string within the record, which is valid until the next call.
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard Self.isPart(name), !folder.isEmpty || !Self.otherFiles.contains(name) else { continue }
                var status = stat()
                guard stat("\(directory)/\(folder)\(name)", &status) == 0 else { continue }
                if status.st_mode & S_IFMT == S_IFDIR {
                    folders.append("\(folder)\(name)/")
                } else {
                    names.append(folder + name)
                }
            }
        }
        return names
    }

    /// Copies of zones, and files whose names do not permanently belong to a zone.
    private static let otherFiles: Set<String> = [
        "posix", "right", "posixrules", "localtime", "leapseconds", "SECURITY",
    ]

    private static func isName(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return name.utf8.count <= 64 && parts.allSatisfy(isPart) && !otherFiles.contains(String(parts[0]))
    }

    /// Source: "Theory and pragmatics of the tz code and data", which allows no other characters.
    private static func isPart(_ part: some StringProtocol) -> Bool {
        !part.isEmpty && !part.hasPrefix("-")
            && part.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || "_+-".utf8.contains($0)
            }
    }

    /// Finds the zone for a typo, or for a city without its area.
    private static func nearest(to name: String, among names: [String]) -> String? {
        let names = names.sorted()
        let cities = names.filter { $0.contains("/") }.map { (city: $0.split(separator: "/").last ?? "", name: $0) }
        if let near = NearestName.of(name, among: names) { return near }
        let city = NearestName.of(name, among: cities.map { String($0.city) })
        return cities.first { $0.city == city ?? "/" }?.name
    }
}

/// Why the rules of a time zone are not available.
package enum ZoneProblem: Error, Equatable, Sendable {
    /// There is no such zone; `nearest` was probably meant, if any.
    case unknown(nearest: String?)
    /// The machine has no time zone data at all.
    case noData(directory: String)
    /// Its file cannot be read or is not a time zone file.
    case unusable(path: String, detail: String)
}
