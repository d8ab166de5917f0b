import RefreshCore
import RefreshDaemon

/// Does the same to several users; one that is not stored keeps nobody else from it.
struct UserBatch<Answer> {
    private(set) var answers: [Answer] = []
    private(set) var isAnyUnknown = false

    /// Names those who are not stored on stderr; throws what else `body` throws.
    static func each(of ids: [UserID], _ body: (UserID) async throws -> Answer) async throws -> UserBatch {
        var batch = UserBatch()
        for id in ids {
            do {
                batch.answers.append(try await body(id))
            } catch OperationProblem.noSuchUser(let id) {
                batch.isAnyUnknown = true
                CommandFailure(OperationProblem.noSuchUser(id)).print()
            }
        }
        return batch
    }
}
