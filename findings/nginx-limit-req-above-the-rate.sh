#!/usr/bin/env bash
# nginx 1.22: limit_req lets half of its rate through when calls come evenly and a tenth too fast.
#
# Expected: of evenly spaced calls at more than the rate about `rate` a second are let through, and the rest is refused: the
#       documentation says that what exceeds the rate of a zone is delayed; nodelay and a burst of 0 refuse it instead.
# Seen, with rate=10r/s, no burst, calls evenly spaced for 10 s: at 8 a second all are let through; at 11 a second 5.5,
#       every second one; at 19 a second 9.5. A call is let through when a tenth of a second has passed since the last
#       one that was, so that of calls every 91 ms every second one is. With burst=5 nodelay, 10 of 11 a second.
# Where it matters: a client that slows down until nothing is refused finds 10, one that goes a little above the rate to
#       find it loses half of it.
#
# Downloads Debian's package. Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
for tool in apt-get dpkg python3; do command -v "$tool" >/dev/null || cannot "no $tool"; done
work=$(mktemp -d) && chmod 755 "$work"
cd "$work"
nginx=''
trap '[ -z "$nginx" ] || kill "$nginx" 2>/dev/null; wait; cd /; rm -rf "$work"' EXIT
apt-get download nginx >apt.log 2>&1 || cannot "$(tail -n 1 apt.log)"
dpkg -x nginx_*.deb root
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat > nginx.conf <<CONF
daemon off; master_process off; pid $work/pid; error_log $work/error.log; events {}
http {
  access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  limit_req_zone \$server_addr zone=one:1m rate=10r/s;
  limit_req_zone \$server_addr zone=two:1m rate=10r/s;
  limit_req_status 429;
  server {
    listen 127.0.0.1:$port; keepalive_requests 10000;
    location = /none { limit_req zone=one; try_files /dev/null =204; }
    location = /burst { limit_req zone=two burst=5 nodelay; try_files /dev/null =204; }
  }
}
CONF
root/usr/sbin/nginx -p "$work" -c nginx.conf -e "$work/error.log" & nginx=$!
echo "version: $(root/usr/sbin/nginx -v 2>&1)"
cat > calls.py <<'PYTHON'
import http.client, sys, time
port = int(sys.argv[1])
for _ in range(100):
    try: connection = http.client.HTTPConnection("127.0.0.1", port); connection.connect(); break
    except OSError: time.sleep(0.05)
for path, rate in (("/none", 8), ("/none", 11), ("/none", 15), ("/none", 19), ("/burst", 11)):
    time.sleep(1.5)
    begin, through = time.monotonic(), 0
    for number in range(rate * 10):
        time.sleep(max(0, begin + number / rate - time.monotonic()))
        connection.request("POST", path); answer = connection.getresponse(); answer.read()
        if answer.status not in (204, 429): print(f"cannot run: {answer.status}"); sys.exit()
        through += answer.status == 204
    print(f"{path[1:]}: {rate} calls a second, {through / 10:.1f} let through", flush=True)
PYTHON
timeout 120 python3 calls.py "$port" | tee seen || cannot "nginx does not answer"
grep -q 'cannot run' seen && exit 2
# Within 0.8 calls a second, as machines are late now and then.
python3 - <<'PYTHON' || { echo "changed"; exit 1; }
import re, sys
found = [float(value) for value in re.findall(r"second, ([\d.]+) let", open("seen").read())]
sys.exit(not (len(found) == 5 and all(abs(a - b) <= 0.8 for a, b in zip(found, (8, 5.5, 7.5, 9.5, 10.5)))))
PYTHON
echo "as described"
