# skypelab: build, run, test. `make help` lists the targets.
#
# Everything is found by folder: a new .c in a layer's folder or in a room of it is built, a new tests/unit/t_*.c is a
# unit test, a new tests/e2e/*.sh an end-to-end test. BUILD names the build folder, so that two
# compilers or a sanitizer build live side by side.

BUILD    ?= build
ifeq ($(origin CC),default)
CC       := gcc
endif
PREFIX   ?= /usr/local
LAYERS   := base lab replay detector results analysis operator run cli
PKGS     := libpcap libnftnl libmnl libnetfilter_conntrack libcyaml yaml-0.1 jansson nettle zlib \
            libzstd liblzma liblz4 sqlite3 libseccomp ncursesw
# Loaded at run time by what needs them: replay/recorded/libcurl.c, run/detect/fixbuf.h, detector/language/regex.c.
HEADERS_OF := libcurl libfixbuf libpcre2-8
VERSION  := $(shell cat VERSION)

# Processes that the targets for tests compile with; `make -j` is for the others.
JOBS     ?= $(shell nproc)

# One short line per command; `make V=1` shows them whole.
V ?= 0
ifeq ($(V),0)
Q = @printf '  %-4s %s\n' $(1) $@;
endif

# libnet has no pkg-config file in Debian 12.
# What ncurses asks for is part of _GNU_SOURCE.
PKG_CFLAGS := $(filter-out -D_DEFAULT_SOURCE -D_XOPEN_SOURCE=%,$(shell pkg-config --cflags $(PKGS) $(HEADERS_OF) 2>/dev/null))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lnet -lm -pthread
CHECK_LIBS := $(shell pkg-config --libs check 2>/dev/null)

WARN := -Wall -Wextra -Werror=implicit-function-declaration -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla
ifneq ($(CI),)
WARN += -Werror
endif
OPT      ?= -O2
# Of lab, replay, results, run and cli, and of tests/unit.
OPT_COLD ?= $(OPT)
OPT_UNIT ?= -O0
SAN      ?=
CPPFLAGS += -D_GNU_SOURCE -DSKYPELAB_VERSION='"$(VERSION)"' -I. $(PKG_CFLAGS)
# Names of files are those in the tree, so that the program is the same wherever it is built.
CFLAGS   += -std=gnu17 -g -ffile-prefix-map=$(CURDIR)=. $(OPT_HERE) $(WARN) -fstack-protector-strong $(SAN)
LDFLAGS  += -Wl,--as-needed $(SAN)

SRCS     := $(sort $(foreach d,$(LAYERS),$(wildcard $(d)/*.c $(d)/*/*.c)))
PACKSRC  := detector/pack/pack.c
LIBSRCS  := $(filter-out cli/main.c $(PACKSRC),$(SRCS))
LIBOBJS  := $(LIBSRCS:%.c=$(BUILD)/obj/%.o)
MAINOBJ  := $(BUILD)/obj/cli/main.o
UNITSRCS := $(sort $(wildcard tests/unit/*.c))
UNITOBJS := $(UNITSRCS:%.c=$(BUILD)/obj/%.o)
TOOLSRCS := $(sort $(wildcard tests/tools/*.c))
TOOLS    := $(TOOLSRCS:tests/tools/%.c=$(BUILD)/tools/%)
OBJS     := $(LIBOBJS) $(MAINOBJ) $(UNITOBJS) $(TOOLSRCS:%.c=$(BUILD)/obj/%.o) \
            $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/fuzz/*.c))
PACKOBJ  := $(PACKSRC:%.c=$(BUILD)/obj/%.o)
PACKED   := $(BUILD)/obj/packed_signatures
FOLDERS  := $(sort $(dir $(OBJS) $(PACKOBJ)))

.PHONY: all run paper paper-document limits check deps deps-run deps-test lint format unit unit-clang unit-san e2e bench field-test picture fuzz fuzzers fuzz-short have-deps-run have-deps-test check-all install uninstall dist clean help
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/skypelab ## build the program

$(BUILD)/skypelab: $(MAINOBJ) $(BUILD)/libskypelab.a
	$(call Q,LD)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

# With the kind of object named, ar does not load every plugin for other kinds for each of them.
$(BUILD)/libskypelab.a: $(LIBOBJS) $(PACKED).o
	@rm -f $@
	$(call Q,AR)t=$$($(AR) --help | sed -n 's/^.*supported targets: \([^ ]*\).*/\1/p'); GNUTARGET=$${t:-default} $(AR) qcs $@ $^

$(BUILD)/tests/unit: $(UNITOBJS) $(BUILD)/libskypelab.a
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(PKG_LIBS)

$(BUILD)/tools/%: $(BUILD)/obj/tests/tools/%.o $(BUILD)/libskypelab.a
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

OPT_HERE = $(OPT)
$(BUILD)/obj/tests/unit/%.o: OPT_HERE = $(OPT_UNIT)
$(foreach l,lab replay results run cli,$(BUILD)/obj/$l/%.o): OPT_HERE = $(OPT_COLD)

$(BUILD)/obj/%.o: %.c VERSION | $(FOLDERS)
	$(call Q,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# What EMBED_TEXT (base/embed.h) takes in; the compiler does not tell.
$(BUILD)/obj/results/report/report.o: $(wildcard results/report/page/*)

# The bundled signatures, read once: detector/language/packed.c.
$(BUILD)/pack: $(PACKOBJ) $(filter $(BUILD)/obj/base/%,$(LIBOBJS))
	$(call Q,LD)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(PACKED).c: $(BUILD)/pack $(sort $(wildcard detector/signatures/*.yaml))
	$(call Q,GEN)$(BUILD)/pack $@ $(filter %.yaml,$^)

$(PACKED).o: $(PACKED).c
	$(call Q,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(FOLDERS):
	@mkdir -p $@

-include $(OBJS:.o=.d) $(PACKOBJ:.o=.d)

deps: deps-test ## the same as deps-test

deps-run: ## install what the program needs and is missing (apt, through sudo when not root)
	@tests/deps.sh install run

deps-test: ## install what the program and its tests need and is missing
	@tests/deps.sh install test

have-deps-run have-deps-test: have-deps-%:
	@tests/deps.sh check $* >/dev/null 2>&1 || tests/deps.sh install $*

# A second make, so that pkg-config is asked again after an installation.
run: have-deps-run ## say and install what is missing, build, run scenarios/first-light.yaml, say what was found
	@$(MAKE) --no-print-directory -j$(JOBS) all
	$(BUILD)/skypelab run scenarios/first-light.yaml

# The replication. Its runs stay in results/runs/paper: one that was interrupted is continued, and one
# is made anew when the program, its scenario or a data file is newer. The document is made anew each time.
PAPER_RUNS   := results/runs/paper
PAPER_DATA   := $(filter-out scenarios/claims/% scenarios/corpora/%,$(wildcard scenarios/*/*.yaml)) $(wildcard detector/signatures/*.yaml)

paper: have-deps-run ## install what is missing, build, run the paper's traces and matrix, write results/paper
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(MAKE) --no-print-directory -j1 paper-document

paper-document: $(PAPER_RUNS)/paper-traces/manifest.json $(PAPER_RUNS)/paper-matrix/manifest.json
	@set -- $(^:%/manifest.json=%); for d in positives negatives; do \
		at="$${SKYPELAB_CORPORA:-corpora}/$$d"; option=; [ $$d = positives ] || option=-n; \
		[ -z "$$(ls -A "$$at" 2>/dev/null)" ] || set -- "$$@" $$option "$$at"; done; \
	set -x; $(BUILD)/skypelab -q paper -o results/paper "$$@"

# What is left of an older program's run is no part of this one.
$(PAPER_RUNS)/%/manifest.json: scenarios/%.yaml $(BUILD)/skypelab $(PAPER_DATA)
	@if [ -e $@ ] || [ -n "$$(find $^ -newer $(@D)/scenario.yaml 2>&1)" ]; then rm -rf $(@D); fi
	$(BUILD)/skypelab run -o $(@D) $<

# The head of a report, as README.md shows it.
PICTURE_RUN  := results/picture

picture: all ## make docs/report.png anew, the picture of a report in README.md (needs chromium)
	@rm -rf $(PICTURE_RUN)
	$(BUILD)/skypelab -q run -o $(PICTURE_RUN) -s ehlert-petgang-1.4 -s skypelab-2006 scenarios/first-light.yaml >/dev/null
	@$$(command -v chromium || command -v chromium-browser || command -v google-chrome || echo chromium) \
		--headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1000,1112 --screenshot=docs/report.png "file://$(CURDIR)/$(PICTURE_RUN)/report.html" >/dev/null 2>&1 || \
		{ echo "no picture: chromium is not installed, or failed; sudo apt install chromium"; exit 1; }
	@ls -l docs/report.png

# What the paper only says of its limits, measured: each tests/limits/NAME.sh is one experiment and writes
# LIMITS/NAME. Runs are kept in LIMITS/runs, and made again for a newer program or scenario.
LIMITS       ?= results/limits

limits: have-deps-test ## install what is missing, build, measure the limits of detection: docs/limits.md
	@$(MAKE) --no-print-directory -j$(JOBS) all $(BUILD)/tools/points
	@[ -z "$$(find $(LIMITS)/runs -maxdepth 1 ! -newer $(BUILD)/skypelab 2>/dev/null)" ] || rm -rf $(LIMITS)/runs
	@mkdir -p $(LIMITS)/runs
	@for t in $(T:%=tests/limits/%.sh) $(if $(T),,$(filter-out %/lib.sh,$(sort $(wildcard tests/limits/*.sh)))); do \
		$$t $(BUILD) $(LIMITS) || exit 1; done

check: have-deps-test ## every test and lint: both compilers, sanitizers, end to end; JUNIT=FOLDER for XML of the tests
	@$(MAKE) --no-print-directory -j$(JOBS) all $(BUILD)/tests/unit $(TOOLS)
	@$(MAKE) --no-print-directory check-all

check-all: all unit unit-clang fuzz-short e2e lint

unit: $(BUILD)/tests/unit ## unit tests, this compiler; T="NAME..." only these files or cases
	tests/run-unit.sh $(BUILD) $(T)

# One build for both: clang's unit tests and the fuzzers. What they spend their time in is optimized; of
# the rest, most of the time goes into the compiler.
SANITIZED := CC=clang OPT=-O1 OPT_COLD=-O0 \
	SAN="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -gline-tables-only"

unit-clang: ## unit tests, clang, under address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)/fuzzing $(SANITIZED) unit

unit-san: ## unit tests under gcc's sanitizers (not part of check)
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)/san \
		SAN="-fsanitize=address,undefined -fno-sanitize-recover=all \
			-Wno-format-truncation -Wno-maybe-uninitialized" OPT=-O1 unit

e2e: all $(TOOLS) ## end-to-end tests in real namespaces; T="NAME..." only these
	tests/run-e2e.sh $(BUILD) $(T)

# Each tests/fuzz/NAME.c is a libFuzzer harness; its seeds are in tests/fuzz/seeds/NAME, made by us.
FUZZERS      := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/*.c)))
FUZZ_SECONDS ?= 600

$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/libskypelab.a
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

fuzzers: ## build them with clang and sanitizers, into BUILD
	@$(MAKE) --no-print-directory -j$(JOBS) $(SANITIZED) $(FUZZERS:%=$(BUILD)/fuzz/%)

fuzz: ## fuzz every parser of foreign bytes for FUZZ_SECONDS each (clang, sanitizers)
	tests/fuzz/run.sh $(BUILD)/fuzzing $(FUZZ_SECONDS) $(FUZZERS)

fuzz-short: ## the same, some seconds each
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=$(if $(THOROUGH),10,2)

bench: all $(TOOLS) ## measurements, as ratios of one run on one machine
	tests/bench.sh $(BUILD)

field-test: all $(BUILD)/tools/fielddump ## the analysis held against known fields; writes the tables of docs/analysis.md
	tests/fieldtest.sh $(BUILD)

lint: ## clang-format, cppcheck, clang-tidy, shellcheck, man pages
	tests/lint.sh $(BUILD)

format: ## rewrite the sources as .clang-format says
	clang-format -i $(SRCS) $(UNITSRCS) $(TOOLSRCS) $(sort $(wildcard $(LAYERS:%=%/*.h) $(LAYERS:%=%/*/*.h)))

# What is installed, by folder below PREFIX; nothing here asks git, so that an archive is enough. The program
# finds its data from where it lies: what is below PREFIX may be moved as a whole.
UNITDIR      ?= lib/systemd/system
ZSHDIR       ?= share/zsh/site-functions
DATA         := $(sort $(shell find scenarios detector/signatures results/baselines -name '*.yaml' -o -name '*.tsv')) \
                service/skypelab.logrotate lab/skypelab.apparmor
DOCUMENTS    := README.md CHANGELOG.md $(wildcard docs/*.md docs/*.png docs/examples/*/*)
PAGES        := $(wildcard man/*.[1-8])
INSTALLED     = bin/skypelab $(DATA:%=share/skypelab/%) $(DOCUMENTS:%=share/doc/skypelab/%) \
                $(foreach m,$(PAGES),share/man/man$(patsubst .%,%,$(suffix $m))/$(notdir $m)) \
                $(UNITDIR)/skypelab-watch@.service share/bash-completion/completions/skypelab $(ZSHDIR)/_skypelab \
                share/fish/vendor_completions.d/skypelab.fish
# install MODE, FOLDER, FILES: each by its path
install_all   = for f in $(3); do install -D -m $(1) $$f $(DESTDIR)$(PREFIX)/$(2)/$$f || exit 1; done

install: all ## install program, data, documents, manual pages, completion under PREFIX (and DESTDIR)
	install -D -m 755 $(BUILD)/skypelab $(DESTDIR)$(PREFIX)/bin/skypelab
	@$(call install_all,644,share/skypelab,$(DATA))
	@$(call install_all,644,share/doc/skypelab,$(DOCUMENTS))
	@for f in $(PAGES:man/%=%); do install -D -m 644 man/$$f $(DESTDIR)$(PREFIX)/share/man/man$${f##*.}/$$f || exit 1; done
	@install -d $(DESTDIR)$(PREFIX)/$(UNITDIR)
	@sed 's|@PREFIX@|$(PREFIX)|' service/skypelab-watch@.service >$(DESTDIR)$(PREFIX)/$(UNITDIR)/skypelab-watch@.service
	@for s in bash:share/bash-completion/completions/skypelab zsh:$(ZSHDIR)/_skypelab \
		fish:share/fish/vendor_completions.d/skypelab.fish; do \
		install -d $(DESTDIR)$(PREFIX)/$$(dirname $${s#*:}) && \
		$(BUILD)/skypelab completion $${s%%:*} >$(DESTDIR)$(PREFIX)/$${s#*:} || exit 1; done

uninstall: ## remove what install put there, with the same PREFIX and DESTDIR
	@for f in $(INSTALLED); do rm -f "$(DESTDIR)$(PREFIX)/$$f" || exit 1; done
	@for d in share/skypelab share/doc/skypelab; do \
		[ ! -d "$(DESTDIR)$(PREFIX)/$$d" ] || find "$(DESTDIR)$(PREFIX)/$$d" -depth -type d -empty -delete; done

dist: ## skypelab-VERSION.tar.gz of what is committed: it builds and installs without git
	git archive --prefix=skypelab-$(VERSION)/ HEAD | gzip -9n >$(BUILD)/skypelab-$(VERSION).tar.gz

clean: ## remove the build folder
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16
