# make help says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build test test-debian13 simulate model fuzz fuzz-keep fuzz-sabotage check install uninstall deb test-deb repository demo demo-fleet fronts soak endurance kills disk vm-test bench bench-instructions clean
# Builds share one directory: one at a time.
.NOTPARALLEL:

PREFIX ?= /usr
DESTDIR ?=
# More for every swift build and swift test: SWIFT_FLAGS='--jobs 2'
SWIFT_FLAGS ?=

swift_build = swift build $(SWIFT_FLAGS)
# What ships: no library is looked for beside the binary, addresses are bound at the start and read-only from then on, and
# where it was built is not in it, so that two builds are the same. For that, objects have no hashes for incremental code
# generation and no names of cached modules, which depend on the directory. The toolchain's lld packs the relocations.
placeless = $(CURDIR)=/usr/src/bankrefreshd
swift_release = $(swift_build) -c release --static-swift-stdlib --disable-local-rpath \
	-Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now -Xlinker --no-export-dynamic -Xlinker --icf=safe \
	-Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs \
	-Xswiftc -file-prefix-map -Xswiftc $(placeless) -Xcc -ffile-prefix-map=$(placeless) \
	-Xswiftc -Xfrontend -Xswiftc -disable-incremental-llvm-codegen \
	-Xswiftc -Xfrontend -Xswiftc -no-clang-module-breadcrumbs
# The part of ICU's data that is needed: see CONTRIBUTING.md, "What fills the binary".
icu = $(CURDIR)/.build/icu/icu-data.inc
icu_source = $(wildcard $(dir $(realpath $(shell command -v swift)))../lib/swift_static/linux/lib_FoundationICU.a)
release = $(CURDIR)/.build/release

bin = $(DESTDIR)$(PREFIX)/bin
lib = $(DESTDIR)$(PREFIX)/lib
# Packages put the unit where their tools look for it, and keep the symbols for a package of their own.
UNITDIR ?= $(PREFIX)/lib/systemd/system
INSTALL_PROGRAM ?= install -s
unit = $(DESTDIR)$(UNITDIR)/bankrefreshd.service
# Slim images leave share/doc out: the example lies beside it.
share = $(DESTDIR)$(PREFIX)/share/bankrefreshd
doc = $(DESTDIR)$(PREFIX)/share/doc/bankrefreshd
man = $(DESTDIR)$(PREFIX)/share/man/man8
# Where Debian's shells look for completions.
completions = $(DESTDIR)$(PREFIX)/share/bash-completion/completions/bankrefreshd \
	$(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_bankrefreshd \
	$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/bankrefreshd.fish
installed = $(completions) $(bin)/bankrefreshd $(unit) $(lib)/sysusers.d/bankrefreshd.conf \
	$(lib)/tmpfiles.d/bankrefreshd.conf $(lib)/systemd/catalog/bankrefreshd.catalog $(man)/bankrefreshd.8

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26

setup: ## check the Swift toolchain, install missing Debian packages
	@scripts/setup.sh

$(icu): scripts/icu-data $(icu_source)
	scripts/icu-data $(@D)

build: setup release ## the release binaries, in .build/release

.PHONY: release
release: $(icu)
	$(swift_release) --product bankrefreshd
	$(swift_release) --product tight-sandbox

test: setup fronts-unpacked $(icu) ## all tests; those of the system under a real systemd (as root)
	$(swift_build) --build-tests
	scripts/test.sh $(fronts)

test-debian13: build ## the system tests on Debian 13, in a tree that debootstrap makes once (as root)
	$(swift_build) --build-tests
	$(if $(filter 0,$(shell id -u)),,sudo --preserve-env=PATH) scripts/debian13.sh

SEEDS ?= 1000
simulate: setup ## the daemon's life in virtual time, from SEEDS=1000 fresh seeds
	$(swift_build) --build-tests
	scripts/simulate.sh $(SEEDS)

model: setup ## the protocols of the stores as models, searched as a whole; each guard taken away
	Tests/Model/run

# One of them: make fuzz SECONDS=600 ONLY=imports
SECONDS ?= 60
fuzz: fuzz-built ## whatever others write, at random but guided: each of the fuzzers for SECONDS=60
	Tests/Fuzz/run $(SECONDS) $(ONLY)

fuzz-keep: fuzz-built ## take what the fuzzers found, and reaches new code, into their corpus
	Tests/Fuzz/run --keep $(ONLY)

fuzz-sabotage: setup ## break promises of the sources: does each of the fuzzers notice?
	SWIFT_FLAGS='$(SWIFT_FLAGS)' Tests/Fuzz/run --sabotage $(ONLY)

.PHONY: fuzz-built
fuzz-built: setup
	BANKREFRESHD_FUZZ=1 $(swift_build) --scratch-path .build/fuzz --product Fuzz

check: setup ## sizes, format, unit file, scripts, alerts, links of the installed pages
	@large=$$(git ls-files -z 2> /dev/null | xargs -0 -r stat -c '%s %n' 2> /dev/null | awk '$$1 > 1000000'); \
		[ -z "$$large" ] || { printf 'check: too large for a source, in bytes:\n%s\n' "$$large" >&2; exit 1; }
	swift format lint --strict --recursive --parallel Sources Tests Benchmarks Package.swift
	scripts/check-unit.sh systemd/bankrefreshd.service
	promtool check rules monitoring/alerts.yml
	promtool test rules monitoring/alerts_test.yml
	scripts/check-links.sh
	shellcheck --severity=warning scripts/*.sh debian/tests/refresh Benchmarks/*.sh Tests/Fronts/*.sh \
		Tests/Machine/*.sh Tests/Machine/guest/commands .ci/run
	python3 -c 'import ast, sys; [ast.parse(open(name).read(), name) for name in sys.argv[1:]]' \
		scripts/icu-data Tests/Fronts/run Tests/Fronts/harness/*.py Tests/Fleet/run Tests/Fleet/demo \
		Tests/Fleet/*.py Tests/Crashes/kills Tests/Crashes/disk Tests/Crashes/*.py Tests/Model/run Tests/Fuzz/run \
		Tests/Endurance/run Tests/Endurance/*.py Tests/Machine/run Tests/Machine/*.py
	gcc -std=gnu17 -Wall -Werror -fsyntax-only Tests/Crashes/shim.c

install: ## into DESTDIR and PREFIX (/usr); starts nothing
	@[ -x $(release)/bankrefreshd ] || { echo "install: build first: make build" >&2; exit 1; }
	$(INSTALL_PROGRAM) -D -m 0755 $(release)/bankrefreshd $(bin)/bankrefreshd
	install -D -m 0644 systemd/bankrefreshd.service $(unit)
	sed -i 's,/usr/bin/bankrefreshd,$(PREFIX)/bin/bankrefreshd,g' $(unit)
	install -D -m 0644 systemd/bankrefreshd.sysusers $(lib)/sysusers.d/bankrefreshd.conf
	install -D -m 0644 systemd/bankrefreshd.tmpfiles $(lib)/tmpfiles.d/bankrefreshd.conf
	install -D -m 0644 systemd/bankrefreshd.catalog $(lib)/systemd/catalog/bankrefreshd.catalog
	install -D -m 0644 docs/bankrefreshd.8 $(man)/bankrefreshd.8
	install -d $(dir $(completions))
	shells=(bash zsh fish); files=($(completions)); for i in 0 1 2; do \
		$(release)/bankrefreshd --generate-completion-script "$${shells[i]}" > "$${files[i]}"; \
		chmod 0644 "$${files[i]}"; done
	# It is read by a shell, not run.
	sed -i '1{/^#!/d}' $(firstword $(completions))
	install -D -m 0644 -t $(share) config.example.json
	install -D -m 0644 -t $(doc) README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md Containerfile
	install -D -m 0644 -t $(doc)/docs docs/install.md docs/containers.md docs/configuration.md docs/monitoring.md docs/operating.md docs/keys.md docs/backup.md docs/postgresql.md docs/security.md docs/surprises.md docs/control-api.openapi.yaml
	install -D -m 0644 -t $(doc)/docs/kubernetes $(wildcard docs/kubernetes/*)
	install -D -m 0644 -t $(doc)/docs/images $(wildcard docs/images/*)
	install -D -m 0644 -t $(doc)/monitoring $(wildcard monitoring/*)
	install -D -m 0644 -t $(doc)/examples $(wildcard systemd/examples/*)
ifeq ($(DESTDIR),)
	systemd-sysusers $(PREFIX)/lib/sysusers.d/bankrefreshd.conf
	systemd-tmpfiles --create $(PREFIX)/lib/tmpfiles.d/bankrefreshd.conf
	journalctl --update-catalog
	@if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo
	@echo "Installed; nothing is started. Next, as root:"
	@echo "  bankrefreshd config example > /etc/bankrefreshd/config.json   then edit it"
	@echo "  bankrefreshd key generate /etc/bankrefreshd/store-key"
	@echo "  bankrefreshd check-config"
	@echo "  bankrefreshd users import users.csv"
	@echo "  systemctl enable --now bankrefreshd"
	@echo "  journalctl -fu bankrefreshd"
endif

uninstall: ## take away what install put there; configuration, key and store stay
ifeq ($(DESTDIR),)
	@if [ -d /run/systemd/system ]; then systemctl disable --now bankrefreshd 2>/dev/null || :; fi
endif
	rm -f $(installed)
	rm -rf $(doc) $(share)
ifeq ($(DESTDIR),)
	journalctl --update-catalog
	@if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo "Left in place: /etc/bankrefreshd, /var/lib/bankrefreshd and the user bankrefreshd."
endif

deb: setup ## packages for Debian, beside this directory: bankrefreshd, its symbols, tight-sandbox
	scripts/deb.sh

repository: ## a signed apt repository from the packages of make deb: KEY=FINGERPRINT, URL=https://…
	@KEY='$(KEY)' URL='$(URL)' VALID_DAYS='$(VALID_DAYS)' scripts/repository.sh

test-deb: deb ## the packages in a repository; installed, upgraded, removed and purged under a real systemd (as root)
	scripts/test-icu-data.sh
	scripts/test-repository.sh
	$(if $(filter 0,$(shell id -u)),,sudo) scripts/with-systemd.sh --timeout 300 --bind $(CURDIR)/.build -- scripts/test-deb.sh

demo: ## the daemon at work against the sandbox, for half a minute
	@scripts/demo.sh

demo-fleet: build ## three daemons and one PostgreSQL for a minute and a half: killed, failed over, frozen
	@Tests/Fleet/demo $(release)

# One run again: make soak SEED=…; some faults: ONLY=crash,freeze; PgBouncer before the database: POOLER=transaction;
# failovers that lose what was stored last: LOSSY=1. With HOURS it is make endurance: no faults, but a long time.
FOR ?= 1200
soak_tools = $(CURDIR)/.build/soak
ifdef HOURS
soak: endurance
else
soak: build soak-unpacked ## daemons of one store under all faults at random, for FOR=1200 seconds (as root)
	$(if $(filter 0,$(shell id -u)),,sudo) env SEED=$(SEED) MEMBERS=$(MEMBERS) USERS=$(USERS) ONLY=$(ONLY) \
		POOLER=$(POOLER) LOSSY=$(LOSSY) Tests/Fleet/run $(release) $(FOR) $(soak_tools)
endif

# The plot into the documents: make endurance INTO=docs/images
HOURS ?= 24
INTO ?= .build/endurance
endurance: build ## HOURS=24 of a daemon's life in as many minutes: memory, descriptors, lateness; a plot (as root)
	$(if $(filter 0,$(shell id -u)),,sudo) env USERS=$(USERS) Tests/Endurance/run $(release) $(HOURS) $(INTO)

.PHONY: soak-unpacked
soak-unpacked:
	Tests/Fronts/setup.sh $(soak_tools) pgbouncer libfaketime

# One run again: make kills SEED=…; daemons that share a store on a server: STORE=postgresql MEMBERS=6
N ?= 1000
kills: build ## a daemon killed N=1000 times at work, between any two system calls too (as root)
	$(if $(filter 0,$(shell id -u)),,sudo) env SEED=$(SEED) STORE=$(STORE) MEMBERS=$(MEMBERS) USERS=$(USERS) \
		Tests/Crashes/kills $(release) $(N)

# Some faults: make disk ONLY=full,sync_fails_once
disk: build ## a daemon on a disk that fails: full, EIO, read-only, slow (as root)
	$(if $(filter 0,$(shell id -u)),,sudo) env SEED=$(SEED) ONLY=$(ONLY) Tests/Crashes/disk $(release)

# Some of it: make vm-test ONLY=set_back,suspended; Debian 13 in the machine: SUITE=trixie
vm = $(CURDIR)/.build/vm
vm-test: build ## the daemon in a virtual machine whose clock is set, and that is suspended and halted (as root)
	Tests/Fronts/setup.sh $(vm) qemu-system-x86
	$(if $(filter 0,$(shell id -u)),,sudo) env SUITE=$(SUITE) MIRROR=$(MIRROR) Tests/Machine/image.sh $(vm)
	rm -rf $(vm)/installed
	$(MAKE) --no-print-directory install DESTDIR=$(vm)/installed
	$(if $(filter 0,$(shell id -u)),,sudo) env ONLY=$(ONLY) Tests/Machine/run $(release) $(vm)/installed $(vm)

# Some of it: make fronts ONLY=kill,idle FRONTS=nginx,haproxy HTTP=2; idle times of 15 and 60 s too: LONG=1; nothing but
# an hour of calls with a reload each minute: MINUTES=60
fronts = $(CURDIR)/.build/fronts
fronts: build fronts-unpacked ## nginx, HAProxy and others before a counting API: what becomes of calls (as root)
	$(if $(filter 0,$(shell id -u)),,sudo) env ONLY=$(ONLY) FRONTS=$(FRONTS) HTTP=$(HTTP) JOBS=$(JOBS) LONG=$(LONG) \
		SHORT=$(SHORT) MINUTES=$(MINUTES) Tests/Fronts/run $(fronts) $(release)

.PHONY: fronts-unpacked
fronts-unpacked:
	Tests/Fronts/setup.sh $(fronts) nginx haproxy lighttpd lighttpd-mod-openssl apache2 h2o

# A quicker look: make bench USERS=20000 STORED=100000 ROUNDS=1, or some parts: ONLY=calls,start
bench_work = $(CURDIR)/.build/bench
bench_system = $(if $(filter 0,$(shell id -u)),,sudo --preserve-env=PATH) env USERS=$(USERS) STORED=$(STORED) \
	ROUNDS=$(ROUNDS) ONLY=$(ONLY) PYTHONDONTWRITEBYTECODE=1 BENCH_REVISION=$(shell git describe --always --dirty 2>/dev/null) \
	scripts/with-systemd.sh --timeout 14400 --bind $(bench_work) --bind $(CURDIR)/Benchmarks --
bench: build ## speed: the daemon, its peers, the limit (as root)
	$(swift_release) --product StoreBenchmark
	$(swift_release) --product SharedStoreBenchmark
	$(if $(filter 0,$(shell id -u)),,sudo) Benchmarks/setup.sh $(bench_work)
	$(bench_system) Benchmarks/run $(bench_work)

bench-instructions: build ## instructions for each refresh, by callgrind (as root)
	$(if $(filter 0,$(shell id -u)),,sudo) Benchmarks/setup.sh $(bench_work)
	$(bench_system) Benchmarks/instructions $(bench_work)

clean: ## remove what was built
	swift package clean
