/// All that an operator can ask for.
package enum Operations {
    package static let all: [any Operation.Type] = [
        ReadStatus.self, ReloadConfiguration.self, PauseAll.self, ResumeAll.self, RefreshUsers.self, QueueRefresh.self,
        CountDue.self,
        ListUsers.self, ListUserLines.self, ListIDs.self, ShowUser.self, ReadHistory.self, ExportUser.self,
        ExportLines.self,
        PutUsers.self, PreviewUsers.self, RemoveUsers.self, RegroupUsers.self, RenameUser.self, PauseUser.self,
        ResumeUser.self,
        ReadKeys.self, CountKeyUsage.self, ReloadKeys.self, CompactStore.self,
    ]
}
