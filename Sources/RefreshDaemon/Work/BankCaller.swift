import RefreshCore

/// What it takes to call the bank for a user: the bank, the key to the token, and a new token where the old one is no good.
final class BankCaller: Sendable {
    let bank: any BankRefreshing
    let vault: any TokenSealing
    let renewer: Renewer
    let time: any Timekeeping

    init(bank: any BankRefreshing, vault: any TokenSealing, renewer: Renewer, time: any Timekeeping) {
        self.bank = bank
        self.vault = vault
        self.renewer = renewer
        self.time = time
    }
}
