import Host
import Monitoring
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import Synchronization

/// The page's certificate and its users, which a reload changes.
final class LiveWebAccess: LivePart {
    private struct Files: Equatable {
        var certificate: WebCertificate?
        var key: WebKey?
        var users: WebUsers?
    }

    let access: WebAccess
    /// The configuration file, beside which credentials are looked for.
    private let file: String
    private let time: any Timekeeping
    private let inForce: Mutex<(settings: WebSettings, files: Files)>

    init(_ configuration: Configuration, file: String, time: any Timekeeping) throws {
        let files = try Self.read(configuration, file: file)
        self.file = file
        self.time = time
        access = WebAccess(
            WebAccess.State(
                tls: try WebTLS(certificate: files.certificate, key: files.key),
                login: files.users.map { WebLogin(users: $0, time: time) }))
        inForce = Mutex((configuration.web, files))
    }

    /// A note if the certificate expires soon or has expired; nil otherwise.
    var note: String? { inForce.withLock(\.files.certificate)?.note(at: time.now) }

    func prepare(_ configuration: Configuration) throws -> PreparedChange {
        let (settings, old) = inForce.withLock { $0 }
        let new = try Self.read(configuration, file: file)
        let tls = try WebTLS(certificate: new.certificate, key: new.key)
        // Users stay logged in unless the list changed.
        let login = new.users == old.users ? access.current.login : new.users.map { WebLogin(users: $0, time: time) }
        let web = configuration.web
        let notes = [
            web.certificate == settings.certificate && new.certificate != old.certificate ? "web.tls.certificate" : nil,
            web.key == settings.key && new.key != old.key ? "web.tls.key" : nil,
            web.users == settings.users && new.users != old.users ? "web.users" : nil,
        ].compactMap { $0 }.map { "\($0): content changed" }
        return PreparedChange(notes: notes + [new.certificate?.note(at: time.now)].compactMap { $0 }) { [self] in
            access.replace(with: WebAccess.State(tls: tls, login: login))
            inForce.withLock { $0 = (web, new) }
        }
    }

    private static func read(_ configuration: Configuration, file: String) throws -> Files {
        Files(
            certificate: try WebCertificate(configuration), key: try WebKey(configuration, file: file),
            users: try WebUsers(configuration, file: file))
    }
}

extension WebTLS {
    /// Nil if one of both is not configured.
    init?(certificate: WebCertificate?, key: WebKey?) throws {
        guard let certificate, let key else { return nil }
        self = try using("web.tls.key") { () throws(WebTLSProblem) in try WebTLS(certificate, key) }
    }
}

extension WebCertificate {
    /// The certificate that the configuration names; nil if it names none.
    init?(_ configuration: Configuration) throws {
        guard let path = configuration.web.certificate else { return nil }
        let bytes: [UInt8]
        do {
            bytes = try ByteSource.bytes(of: path, atLeast: SecretFile.largest)
        } catch let failure as CommandFailure {
            throw CommandFailure(
                failure.exit == .notAllowed ? .notAllowed : .configuration, "web.tls.certificate: \(failure.message)",
                remedy: "name a file that the daemon may read")
        }
        self = try using("web.tls.certificate: \(path)") { () throws(WebTLSProblem) in try WebCertificate(pem: bytes) }
    }

    /// A note about the expiry for the operator; nil if it is two weeks or more away.
    func note(at now: Timestamp) -> String? {
        guard end < now.advanced(by: .days(14)) else { return nil }
        let what = end < now ? "expired on \(end); clients refuse it" : "expires on \(end)"
        return "web.tls.certificate: it \(what); put a new one in its place, then: bankrefreshd reload"
    }
}

extension WebKey {
    /// Reads what the configuration names; nil if it names none.
    init?(_ configuration: Configuration, file: String) throws {
        guard let reference = configuration.web.key else { return nil }
        let secret = try reference.readLine(of: "web.tls.key", beside: file, trusted: configuration.store.owner)
        self = try using("web.tls.key") { () throws(WebTLSProblem) in try WebKey(pem: secret) }
    }
}

extension WebUsers {
    /// Reads what the configuration names; nil if it names none.
    init?(_ configuration: Configuration, file: String) throws {
        guard let reference = configuration.web.users else { return nil }
        let secret = try reference.readLine(of: "web.users", beside: file, trusted: configuration.store.owner)
        self = try using("web.users") { () throws(WebUsersProblem) in try WebUsers(file: secret) }
    }
}

/// The result of `make`; throws its problem as a failure that names `place`.
private func using<Value, Problem: WebAccessProblem>(
    _ place: String, _ make: () throws(Problem) -> Value
) throws -> Value {
    do throws(Problem) {
        return try make()
    } catch {
        throw CommandFailure(.configuration, "\(place): \(error)", remedy: error.remedy)
    }
}
