import Foundation

/// A PostgreSQL server of Debian's packages for one test run, in a temporary folder, on a Unix socket alone.
///
/// It ends with the process, however that ends: a shell that holds it waits for the end of a pipe from here. A cluster is
/// made once for each version and copied for each run.
package final class PostgreSQLServer: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Where the socket is.
    package let directory: String
    package static let port = 5_432
    /// May make databases and roles, without a password.
    package static let administrator = "administrator"
    /// The server asks for a password of every role of this name, which is to be made.
    package static let guarded = "guarded"
    private let lifeline: FileHandle
    private let keeper: Process

    /// One for all tests of the process.
    package static let shared = Result { try PostgreSQLServer() }

    /// `options` are more words for the server's command line.
    package init(options: [String] = []) throws {
        let (input, output) = (Pipe(), Pipe())
        let errors = FileManager.default.temporaryDirectory.appending(path: "postgresql-\(UUID().uuidString).err")
        guard FileManager.default.createFile(atPath: errors.path, contents: nil) else {
            throw Failure(description: "\(errors.path) cannot be written")
        }
        defer { try? FileManager.default.removeItem(at: errors) }
        keeper = Process()
        keeper.executableURL = URL(filePath: "/bin/sh")
        keeper.arguments = ["-c", Self.script, "postgresql", Self.administrator, Self.guarded] + options
        keeper.environment = ["PATH": "/usr/bin:/bin:/usr/sbin", "LC_ALL": "C.UTF-8", "TZ": "UTC"]
        keeper.standardInput = input
        keeper.standardOutput = output
        keeper.standardError = try FileHandle(forWritingTo: errors)
        try keeper.run()
        lifeline = input.fileHandleForWriting
        let answer = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let directory = answer.split(separator: "\n").first.map(String.init), directory.hasPrefix("/") else {
            let reason = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
            throw Failure(description: "no PostgreSQL server for the tests: \(reason)")
        }
        self.directory = directory
    }

    /// Ends the server and waits until nothing of it is left.
    package func stop() {
        try? lifeline.close()
        keeper.waitUntilExit()
    }

    private static let script = #"""
        set -eu
        administrator=$1 guarded=$2
        shift 2
        fail() { echo "$1" >&2; exit 1; }
        programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
        [ -n "$programs" ] && [ -x "$programs/initdb" ] || fail 'install Debian'\''s package postgresql: scripts/setup.sh'
        if [ "$(id -u)" = 0 ]; then
            owner=postgres
            as() { setpriv --reuid="$owner" --regid="$owner" --clear-groups "$@"; }
        else
            owner=$(id -un)
            as() { "$@"; }
        fi
        trap '' INT TERM HUP
        # Where memory holds files, every commit is synchronised at once; too small a place would fill up.
        base=/tmp
        [ "$(stat -f -c '%a*%S' /dev/shm 2>/dev/null | { read -r size; echo $((${size:-0})); })" -lt 4000000000 ] || base=/dev/shm
        folder=$(mktemp -d "$base/bankrefreshd-postgresql.XXXXXX")
        chown "$owner" "$folder"
        end() {
            if [ -n "${server-}" ]; then
                kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null || echo "$server")" 2>/dev/null || :
                wait "$server" || :
            fi
            rm -rf "$folder"
        }
        trap end EXIT
        template=/tmp/bankrefreshd-postgresql-$("$programs/postgres" --version | cut -d ' ' -f 3)-$owner
        if [ -e "$template" ] && [ "$(stat -c %U "$template")" != "$owner" ]; then fail "$template is another user's"; fi
        if ! [ -e "$template" ]; then
            as "$programs/initdb" -D "$folder/template" -U "$administrator" -A trust -E UTF8 --locale=C.UTF-8 -N >"$folder/log" 2>&1 \
                || fail "initdb: $(tail -n 3 "$folder/log")"
            printf 'local all %s scram-sha-256\nlocal all all trust\n' "$guarded" | as tee "$folder/template/pg_hba.conf" >/dev/null
            mv -T "$folder/template" "$template" 2>/dev/null || :
        fi
        cp -a "$template" "$folder/data"
        as setsid "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=200 \
            -c max_wal_senders=0 -c max_wal_size=2GB -c checkpoint_timeout=30min \
            -c log_min_messages=warning -c timezone=UTC "$@" </dev/null >"$folder/log" 2>&1 &
        server=$!
        tries=0
        until grep -q '^ready' "$folder/data/postmaster.pid" 2>/dev/null; do
            tries=$((tries + 1))
            [ "$tries" -lt 1000 ] && kill -0 "$server" 2>/dev/null || fail "it does not start: $(tail -n 3 "$folder/log")"
            sleep 0.02
        done
        echo "$folder"
        cat >/dev/null
        """#
}
