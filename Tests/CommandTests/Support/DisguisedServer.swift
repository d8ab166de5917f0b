import Foundation
import Testing

/// What stands between a PostgreSQL server and its clients on a Unix socket, and changes what the server says of itself.
enum DisguisedServer: String, CaseIterable {
    /// Another process than the one that the client was told of answers: a pooler.
    case pooled
    /// Version 13.
    case old
    /// It says in another language how bad an error is.
    case foreign

    /// Returns once the socket in `directory` takes connections, which go on to that in `server`.
    func start(in directory: String, before server: String, _ place: Workplace) async throws -> ProgramRun {
        let run = try place.start(
            "/usr/bin/env", ["python3", "-c", Self.program, directory, server, rawValue], environment: [:])
        try #require(await run.output.wait(for: "listening\n"), "\(run.errors.text)")
        return run
    }

    /// Messages begin with a letter and four bytes of their length, which counts itself; `K` tells the process, `S` a
    /// setting.
    ///
    /// Source: PostgreSQL documentation, "Message Formats".
    private static let program = """
        import socket, struct, sys, threading
        directory, server, kind = sys.argv[1:]
        def exactly(source, count):
            data = b""
            while len(data) < count:
                part = source.recv(count - len(data))
                if not part: raise EOFError
                data += part
            return data
        def answers(source, target):
            try:
                while True:
                    head = exactly(source, 5)
                    body = exactly(source, struct.unpack("!i", head[1:])[0] - 4)
                    if kind == "pooled" and head[:1] == b"K":
                        body = struct.pack("!i", 4711) + body[4:]
                    if kind == "old" and head[:1] == b"S" and body.startswith(b"server_version\\0"):
                        body = b"server_version\\x0013.16\\0"
                        head = b"S" + struct.pack("!i", len(body) + 4)
                    if kind == "foreign" and head[:1] == b"E":
                        body = body.replace(b"SFATAL\\0", "SВАЖНО\\0".encode(), 1)
                        head = b"E" + struct.pack("!i", len(body) + 4)
                    target.sendall(head + body)
            except (EOFError, OSError):
                target.close()
        def requests(source, target):
            try:
                while data := source.recv(65536): target.sendall(data)
            except OSError: pass
            target.close()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(directory + "/.s.PGSQL.5432")
        listener.listen()
        print("listening", flush=True)
        while True:
            client = listener.accept()[0]
            origin = socket.socket(socket.AF_UNIX)
            origin.connect(server + "/.s.PGSQL.5432")
            threading.Thread(target=answers, args=(origin, client), daemon=True).start()
            threading.Thread(target=requests, args=(client, origin), daemon=True).start()
        """
}
