#!/usr/bin/env bash
# Apache 2.4: an answer that promises a kept connection for 5 s is followed by its end within a second, under load.
#
# Expected: after "Keep-Alive: timeout=5" the connection stays for 5 s when nothing is sent (RFC 2068 section 19.7.1.1: the
#       time that the server "is willing" to keep it); or the last answer says `Connection: close` (RFC 9112 section 9.6:
#       a server that is about to close SHOULD send it).
# Seen: 40 clients that send one request after the other to a process with 25 workers, as Debian configures it. Of ten
#       answers that promise 5 s, eight or nine are followed by the end within a second, in which the client sends nothing:
#       the event MPM closes idle connections when all its workers are busy, and tells nobody. With 60 workers none is.
# Where it matters: a POST that meets that end is lost, and nobody may send it again; no hint protects from it.
#
# Downloads Debian's package. Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
for tool in apt-get dpkg python3 setpriv; do command -v "$tool" >/dev/null || cannot "no $tool"; done
work=$(mktemp -d) && chmod 755 "$work" && trap 'rm -rf "$work"' EXIT
cd "$work"
packages=$(apt-get install --simulate -y --no-install-recommends apache2 2>/dev/null | awk '$1 == "Inst" {print $2}') ||
  cannot "apt-get does not know apache2"
# shellcheck disable=SC2086
[ -z "$packages" ] || apt-get download $packages >apt.log 2>&1 || cannot "$(tail -n 1 apt.log)"
for package in *.deb; do [ ! -e "$package" ] || dpkg -x "$package" root; done
export LD_LIBRARY_PATH; LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu)

cat > load.py <<'PYTHON'
import os, random, re, select, signal, socket, subprocess, threading, time
WORK = os.getcwd(); ROOT = WORK + "/root"
upstream = socket.create_server(("127.0.0.1", 0), backlog=200); API = upstream.getsockname()[1]

def serve(conn):
    data = b""
    try:
        while more := conn.recv(65536):
            data += more
            while b"\r\n\r\n" in data:
                data = data.partition(b"\r\n\r\n")[2]
                time.sleep(random.uniform(0.5, 1.5))
                conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    except OSError: pass

def accept():
    while True: threading.Thread(target=serve, args=(upstream.accept()[0],), daemon=True).start()
threading.Thread(target=accept, daemon=True).start()

def client(port, end, seen, lock):
    s = None
    while time.monotonic() < end:
        if s is None: s = socket.create_connection(("127.0.0.1", port)); s.settimeout(20)
        data = b""
        try:
            s.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
            while not data.endswith(b"ok"):
                if not (more := s.recv(65536)): raise OSError
                data += more
        except OSError:
            s.close(); s = None; continue
        promised = b"Keep-Alive: timeout=5" in data
        ended = bool(select.select([s], [], [], random.uniform(0.2, 1))[0])
        with lock: seen[0] += promised; seen[1] += promised and ended
        if ended or not promised: s.close(); s = None

for workers in (25, 60):
    with socket.create_server(("127.0.0.1", 0)) as s: port = s.getsockname()[1]
    modules = "".join(f"LoadModule {m}_module {ROOT}/usr/lib/apache2/modules/mod_{m}.so\n"
                      for m in ("mpm_event", "authz_core", "proxy", "proxy_http"))
    open("apache.conf", "w").write(f"""ServerName localhost
ServerRoot {WORK}
PidFile {WORK}/apache{workers}.pid
DefaultRuntimeDir {WORK}
ErrorLog {WORK}/apache.err
{modules}User www-data
Group www-data
ServerLimit 1
StartServers 1
ThreadLimit 64
ThreadsPerChild {workers}
MaxRequestWorkers {workers}
KeepAliveTimeout 5
Listen 127.0.0.1:{port}
ProxyPass / http://127.0.0.1:{API}/
""")
    program = f"{ROOT}/usr/sbin/apache2" if os.path.exists(f"{ROOT}/usr/sbin/apache2") else "/usr/sbin/apache2"
    process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", program, "-DFOREGROUND", "-f", f"{WORK}/apache.conf"],
                               start_new_session=True)
    try:
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0: break
            time.sleep(0.05)
        else: print("cannot run: apache2 does not listen"); os._exit(0)
        seen, lock, end = [0, 0], threading.Lock(), time.monotonic() + 12
        threads = [threading.Thread(target=client, args=(port, end, seen, lock)) for _ in range(40)]
        for t in threads: t.start()
        for t in threads: t.join()
        print(f"{workers} workers, 40 clients: {seen[1]} of {seen[0]} connections that were promised 5 s ended at once", flush=True)
    finally:
        os.killpg(process.pid, signal.SIGKILL); process.wait()
PYTHON
echo "version: apache2 $(apt-cache policy apache2 | awk '/Candidate/ {print $2}')"
seen=$(timeout 120 python3 load.py) || cannot "$seen"
echo "$seen"
[[ $seen != *"cannot run"* ]] || exit 2
python3 - "$seen" <<'PYTHON' || { echo "changed"; exit 1; }
import re, sys
few, many = [tuple(map(int, pair)) for pair in re.findall(r": (\d+) of (\d+)", sys.argv[1])]
sys.exit(not (few[1] > 50 and few[0] >= few[1] * 0.3 and many[1] > 50 and many[0] == 0))
PYTHON
echo "as described"
