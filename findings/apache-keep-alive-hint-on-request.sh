#!/usr/bin/env bash
# Apache 2.4 says how long it keeps an HTTP/1.1 connection only to clients that ask; nginx only when told to; others never.
#
# Expected: RFC 9112 section 9.3: in HTTP/1.1 connections persist without being asked for, so that `Connection: keep-alive`
#       is superfluous there, and an answer need not depend on it. RFC 9112 section 9.5 names no way to learn the timeout
#       but `Keep-Alive` of RFC 2068 section 19.7.1.
# Seen: all four keep an idle connection for 5 s. To a request with `Connection: keep-alive` Apache adds
#       "Keep-Alive: timeout=5, max=100"; to the same request without, nothing, and keeps the connection just as long.
#       nginx says "Keep-Alive: timeout=5" to everybody when keepalive_timeout has a second value, else never. HAProxy 2.6
#       and lighttpd 1.4 say nothing; lighttpd looks once a second, and closes up to a second later.
# Where it matters: a client that does not ask cannot know when its next request meets the end of the connection, and a
#       POST that does is lost.
#
# Downloads Debian's packages. Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
for tool in apt-get dpkg python3 setpriv; do command -v "$tool" >/dev/null || cannot "no $tool"; done
work=$(mktemp -d) && chmod 755 "$work" && trap 'rm -rf "$work"' EXIT
cd "$work"
servers=(apache2 nginx haproxy lighttpd)
packages=$(apt-get install --simulate -y --no-install-recommends "${servers[@]}" 2>/dev/null | awk '$1 == "Inst" {print $2}') ||
  cannot "apt-get does not know ${servers[*]}"
# shellcheck disable=SC2086
[ -z "$packages" ] || apt-get download $packages >apt.log 2>&1 || cannot "$(tail -n 1 apt.log)"
for package in *.deb; do [ ! -e "$package" ] || dpkg -x "$package" root; done
export LD_LIBRARY_PATH; LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu)
mkdir htdocs && echo ok > htdocs/index.html && chmod 755 htdocs

cat > hints.py <<'PYTHON'
import os, re, signal, socket, subprocess, threading, time
WORK = os.getcwd(); ROOT = WORK + "/root"

NGINX = """
daemon off; user root; pid WORK/NAME.pid; error_log WORK/nginx.err; events {}
http { access_log off; client_body_temp_path WORK/t1; proxy_temp_path WORK/t2; fastcgi_temp_path WORK/t3; uwsgi_temp_path WORK/t4;
 scgi_temp_path WORK/t5; keepalive_timeout KEEP; server { listen 127.0.0.1:PORT; root WORK/htdocs; } }
"""
NGINX_CALL = ("usr/sbin/nginx", ["-p", "WORK", "-c", "FILE", "-e", "WORK/nginx.err"])
CONF = {
"apache": ("usr/sbin/apache2", ["-DFOREGROUND", "-f", "FILE"], """
ServerName localhost
ServerRoot WORK
PidFile WORK/apache.pid
DefaultRuntimeDir WORK
ErrorLog WORK/apache.err
LoadModule mpm_event_module ROOT/usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module ROOT/usr/lib/apache2/modules/mod_authz_core.so
User www-data
Group www-data
KeepAliveTimeout 5
Listen 127.0.0.1:PORT
DocumentRoot WORK/htdocs
"""),
"nginx": (*NGINX_CALL, NGINX.replace("KEEP", "5s")),
"nginx with a second value": (*NGINX_CALL, NGINX.replace("KEEP", "5s 5s")),
"haproxy": ("usr/sbin/haproxy", ["-f", "FILE"], """
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 5s
frontend f
  bind 127.0.0.1:PORT
  http-request return status 200 content-type text/plain string ok
"""),
"lighttpd": ("usr/sbin/lighttpd", ["-D", "-f", "FILE", "-m", "ROOT/usr/lib/lighttpd"], """
server.document-root = "WORK/htdocs"
index-file.names = ("index.html")
server.bind = "127.0.0.1"
server.port = PORT
server.max-keep-alive-idle = 5
"""),
}
lines, failed = {}, []

def measure(kind):
    program, arguments, text = CONF[kind]
    with socket.create_server(("127.0.0.1", 0)) as s: port = s.getsockname()[1]
    values = {"FILE": f"{WORK}/{kind.replace(' ', '-')}.conf", "WORK": WORK, "ROOT": ROOT, "PORT": str(port),
              "NAME": kind.replace(" ", "-")}
    def fill(t):
        for name, value in values.items(): t = re.sub(rf"\b{name}\b", value, t)
        return t
    open(values["FILE"], "w").write(fill(text))
    path = f"{ROOT}/{program}" if os.path.exists(f"{ROOT}/{program}") else "/" + program
    log = values["FILE"] + ".out"
    process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", path, *map(fill, arguments)], stdout=open(log, "ab"), stderr=subprocess.STDOUT,
                               start_new_session=True)
    try:
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0: break
            time.sleep(0.05)
        else: return failed.append(f"{kind}: {open(log).read()[-300:]}")
        cells = []
        for asked in ("", "Connection: keep-alive\r\n"):
            s = socket.create_connection(("127.0.0.1", port)); s.settimeout(30)
            s.sendall(f"GET /index.html HTTP/1.1\r\nHost: localhost\r\n{asked}\r\n".encode())
            data = b""
            while not data.rstrip().endswith(b"ok"):
                more = s.recv(65536)
                if not more: return failed.append(f"{kind}: {data!r}")
                data += more
            answered = time.monotonic()
            while s.recv(65536): pass
            kept = time.monotonic() - answered
            hint = re.search(rb"(?i)\r\n(keep-alive:.*?)\r\n", data)
            words = hint[1].decode().replace("keep-alive:", "Keep-Alive:") if hint else "nothing"
            cells.append(f"{'asked' if asked else 'not asked'}: {words}, kept {'5 s' if 4.8 < kept < 6.8 else f'{kept:.1f} s'}")
        lines[kind] = f"{kind}: " + "; ".join(cells)
    finally:
        os.killpg(process.pid, signal.SIGKILL); process.wait()

threads = [threading.Thread(target=measure, args=(kind,)) for kind in CONF]
for t in threads: t.start()
for t in threads: t.join()
print("\n".join(["cannot run: " + f for f in failed] or [lines[kind] for kind in CONF]))
PYTHON
for server in "${servers[@]}"; do echo "version: $server $(apt-cache policy "$server" | awk '/Candidate/ {print $2}')"; done
seen=$(timeout 100 python3 hints.py) || cannot "$seen"
echo "$seen"
[[ $seen != *"cannot run"* ]] || exit 2
expected="apache: not asked: nothing, kept 5 s; asked: Keep-Alive: timeout=5, max=100, kept 5 s
nginx: not asked: nothing, kept 5 s; asked: nothing, kept 5 s
nginx with a second value: not asked: Keep-Alive: timeout=5, kept 5 s; asked: Keep-Alive: timeout=5, kept 5 s
haproxy: not asked: nothing, kept 5 s; asked: nothing, kept 5 s
lighttpd: not asked: nothing, kept 5 s; asked: nothing, kept 5 s"
[ "$seen" = "$expected" ] || { echo "changed"; exit 1; }
echo "as described"
