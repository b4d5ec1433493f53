# Everything here is one short command; what it does is written where it is done.
#
#   make            release build                  make demo [KEEP=1]   a small internet, five nodes, all pairs
#   make check      every test, one summary        make demo-stop       ends a demo that was kept
#   make test       unit tests only                make bench           figures, also in build/bench.jsonl
#   make format     clang-format on all sources    make fuzz            every fuzz target for FUZZ_SECONDS each
#   make tidy       clang-tidy on changed files    make install         PREFIX and DESTDIR as usual
#   make attack     what a hostile member can do, and what it costs him
#   make check-arm64  cross build, unit tests under emulation
#   make check-threads  two nodes with several workers under the thread sanitizer
#   make check-fresh RELEASE=bookworm|trixie   make demo and make check on a Debian with nothing but git and make
#   make dist       one archive of the programs for other machines of this release
#   make deb [RELEASE=bookworm|trixie]   Debian packages of this commit for this release or another, in build/deb
#   make check-packages [RELEASE=...]   installs, upgrades, removes and purges them on a Debian that has nothing else of ours
#   make apt-repository KEY=ID [REPOSITORY=FOLDER]   adds them to a repository that gpg's key ID signs
#   make uninstall  removes what install put there, and lists what remains      make help   this list
#   make demo-pool [KEEP=1]   a pool of HTCondor on five machines      make bench-pool   its figures
#   make demo-closed  a closed group from nothing: members, a renewal, a revocation, the authority lost and restored
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 20
KEEP ?=
packages_for = $(or $(RELEASE),$(shell sed -n 's/^VERSION_CODENAME=//p' /etc/os-release))
# Said before anything is installed or built for it.
as_root = test "$$(id -u)" = 0 || { echo "$@: network namespaces need root: sudo make $@" >&2; exit 4; }
launcher := $(if $(shell command -v ccache),-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)

.PHONY: release dist deb check-packages apt-repository benches dev check check-arm64 check-threads check-fresh test demo demo-closed demo-pool demo-stop attack bench bench-pool format tidy fuzz install uninstall clean help
release:
	@scripts/install_packages build
	@cmake --preset release $(launcher) >/dev/null
	@JOBS=$(JOBS) scripts/build release

benches: release
	@JOBS=$(JOBS) scripts/build release bench/all

dev:
	@scripts/install_packages build demo check pool
	@cmake --preset dev $(launcher) >/dev/null
	@JOBS=$(JOBS) scripts/build dev

check: dev
	@scripts/check build/dev

check-arm64:
	@scripts/install_packages build check arm64
	@scripts/check_arm64 build/arm64

check-threads:
	@scripts/install_packages build demo check
	@scripts/check_threads build/threads

check-fresh:
	@scripts/install_packages pool
	@scripts/check_fresh $(RELEASE)

test: dev
	@ctest --test-dir build/dev --label-regex unit --parallel $(JOBS) --output-on-failure

demo:
	@$(as_root)
	@scripts/install_packages build demo
	@$(MAKE) --no-print-directory release
	@KEEP=$(KEEP) demo/demo.sh build/release/bin

demo-pool:
	@$(as_root)
	@scripts/install_packages build demo pool
	@$(MAKE) --no-print-directory release
	@KEEP=$(KEEP) demo/pool_demo.sh build/release/bin

demo-closed:
	@$(as_root)
	@scripts/install_packages build demo
	@$(MAKE) --no-print-directory release
	@demo/closed_demo.sh build/release/bin

attack: dev
	@scripts/attack build/dev

demo-stop:
	@demo/demo.sh --stop

bench:
	@scripts/install_packages build bench
	@$(MAKE) --no-print-directory benches
	@scripts/bench build/release

bench-pool:
	@scripts/install_packages build demo pool
	@$(MAKE) --no-print-directory benches
	@scripts/bench_pool build/release

format:
	@scripts/format

tidy:
	@scripts/install_packages build check fuzz
	@cmake --preset tidy >/dev/null
	@scripts/tidy build/tidy

fuzz:
	@scripts/install_packages build fuzz
	@cmake --preset fuzz >/dev/null
	@JOBS=$(JOBS) scripts/build fuzz
	@scripts/fuzz build/fuzz $(FUZZ_SECONDS)

install:
	@scripts/may_install $(PREFIX)
	@$(MAKE) --no-print-directory release
	@cmake --install build/release --prefix $(PREFIX) >build/install.log || { tail -n 5 build/install.log; exit 1; }
	@echo "Installed $$(grep -c . build/release/install_manifest.txt) files under $(DESTDIR)$(PREFIX). Next: ga status"

dist:
	@scripts/install_packages build dist
	@$(MAKE) --no-print-directory release
	@scripts/dist build/release

deb:
	@scripts/install_packages build deb
	@scripts/deb --release $(packages_for)

check-packages: deb
	@scripts/check_packages build/deb/$(packages_for)

REPOSITORY ?= build/repository
apt-repository: deb
	@test -n "$(KEY)" || { echo "make apt-repository: KEY=ID, a key of gpg that signs" >&2; exit 2; }
	@scripts/apt_repository $(REPOSITORY) $(KEY) build/deb/$(packages_for)

uninstall:
	@scripts/uninstall build/release

help:
	@sed -n 's/^#   //p' Makefile

clean:
	@cmake -E rm -rf build
