import RefreshCore

extension PutCounts {
    /// What became of whom; what became of nobody is left out, but for those that are added or have a new token.
    var text: String {
        var text = "\(added) added, \(withNewToken) with a new token"
        var remarks: [String] = []
        if released > 0 { remarks.append("\(released) of them no longer parked") }
        if unopened > 0 { remarks.append("of \(unopened) the stored token could not be opened, so it counts as new") }
        if !remarks.isEmpty { text += " (\(remarks.joined(separator: "; ")))" }
        if updated > 0 { text += ", \(updated) with another group or expiry" }
        if unchanged > 0 { text += ", \(unchanged) unchanged" }
        return text
    }
}
