import ArgumentParser

struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add, list and change users.",
        subcommands: [
            UsersAdd.self, UsersImport.self, UsersSync.self, UsersList.self, UsersShow.self, UsersExport.self,
            UsersGroup.self, UsersRename.self, UsersRemove.self, UsersPause.self, UsersResume.self,
        ])
}
