/// What an operator can ask for concerning keys; throws `OperationProblem`.
package protocol KeyOperating: Sendable {
    func report() async throws -> KeyReport
    /// As `report`, with every token counted.
    func usage() async throws -> KeyReport
    /// Reads the keys again; refuses such as do not open everything that is stored.
    func reload() async throws -> KeyReport
}
