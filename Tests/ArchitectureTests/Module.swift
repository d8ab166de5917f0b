import Foundation

/// A target of the package and what it may import, as ARCHITECTURE.md has it: that table is the only one.
struct Module {
    private enum Imports {
        /// These modules, and the standard library.
        case only(Set<String>)
        /// Any module but these.
        case anythingBut(Set<String>)
    }

    /// Below `Sources`.
    let folder: String
    private let imports: Imports

    static func all() throws -> [Module] {
        try Document("ARCHITECTURE.md").rows(of: "The modules").compactMap { cells in
            guard cells.count == 3, let folder = Document.quoted(cells[0]).first else { return nil }
            let modules = Set(Document.quoted(cells[2]))
            return Module(
                folder: folder, imports: cells[2].hasPrefix("anything but") ? .anythingBut(modules) : .only(modules))
        }
    }

    /// What others import it as.
    var name: String { folder.hasPrefix("UserStores/") ? folder.dropFirst(11) + "Store" : folder }

    func holds(_ path: String) -> Bool { path.hasPrefix("Sources/\(folder)/") }

    func mayImport(_ module: String) -> Bool {
        switch imports {
        case .only(let allowed): allowed.contains(module) || module == "Swift"
        case .anythingBut(let forbidden): !forbidden.contains(module)
        }
    }
}
