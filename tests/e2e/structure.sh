#!/bin/bash
# The test of a test: tests/structure.sh in a small tree, clean at first; then every kind of
# violation is planted, one at a time, and each must be found, alone and by its name.
# long: compiles a tree for every fault
. tests/e2e/lib.sh
need cc
need nm
need make
mini=$TMP/mini
fresh() { # the clean tree and its objects, made once
	rm -rf "$mini"
	if [ -e "$TMP/clean" ]; then
		cp -a "$TMP/clean" "$mini"
	else
		plant
		compile
		cp -a "$mini" "$TMP/clean"
	fi
}
plant() {
	mkdir -p "$mini"/{base,lab,lab/nft,results,operator,run,cli,tests,docs}
	cp tests/structure.sh "$mini/tests/"
	cd "$mini"
	echo 'int add(int a, int b);' >base/add.h
	printf '%s\n' '#include "base/add.h"' 'int add(int a, int b) { return a + b; }' >base/add.c
	printf '%s\n' '#include "base/add.h"' 'int wire(int a);' >lab/wire.h
	printf '%s\n' '#include "lab/wire.h"' '#include "lab/nft/rule.h"' 'int wire(int a) { return add(a, rule(1)); }' >lab/wire.c
	echo 'int rule(int a);' >lab/nft/rule.h
	printf '%s\n' '#include "lab/nft/rule.h"' 'int rule(int a) { return a; }' >lab/nft/rule.c
	# a comment, a macro, a type and an inline function are no declarations: none of rule(), add()
	printf '%s\n' '#include "lab/wire.h"' '/* add(1, 2) */ // rule(3)' '#define ADD(x) add(x, \' '  rule(x))' \
		'typedef int (*rule_fn)(int rule(int));' 'struct s { int (*add)(int); };' \
		'static inline int two(int a) { return wire(a); }' 'int cell(int (*add)(int));' >run/cell.h
	printf '%s\n' '#include "run/cell.h"' 'int cell(int (*f)(int)) { return two(f(1)); }' >run/cell.c
	printf '%s\n' '#include "run/cell.h"' 'int main(void) { return cell(wire); }' >cli/main.c
	printf '%s\n' '# Mini' '## Files that call each other' 'Text.' >docs/architecture.md
	cd "$OLDPWD"
}
cat >"$TMP/mini.mk" <<'MK'
objects := $(patsubst %.c,build/obj/%.o,$(shell find base lab results operator run cli -name '*.c'))
all: $(objects)
build/obj/%.o: %.c
	@mkdir -p $(@D)
	cc -I. -MMD -MP -c -o $@ $<
-include $(objects:.o=.d)
MK
compile() { # what changed since its object, or includes what did
	make -s -C "$mini" -f "$TMP/mini.mk" >"$TMP/compiled" 2>&1 || fail "the mini tree does not compile: $(cat "$TMP/compiled")"
}
check() { # structure.sh of the mini tree, all kinds; its output in $found
	compile
	rc=0
	found=$("$mini/tests/structure.sh" build 2>&1) || rc=$?
}
clean() { check; same "$rc" 0 "$1 ($found)"; }
declare -A tried=()
fires() { # KIND TEXT: findings of KIND and no other, one with TEXT; once for each KIND, --only finds it alone
	local kind
	check
	same "$rc" 1 "planted: $1, $2 ($found)"
	grep -q "^$1: .*$2" <<<"$found" || fail "$1 does not say «$2»: $found"
	for kind in layers unused headers circles rooms; do
		[ "$kind" = "$1" ] || ! grep -q "^$kind: [^0]" <<<"$found" || fail "planted: $1, $2; found too: $kind ($found)"
		[ -z "${tried[$1]:-}" ] || continue
		rc=0
		"$mini/tests/structure.sh" --only $kind build >/dev/null || rc=$?
		same "$rc" "$([ "$kind" = "$1" ] && echo 1 || echo 0)" "--only $kind where $1 is planted: $2"
	done
	tried[$1]=yes
}
fresh; clean "nothing planted"

# layers: upwards, sideways, out of base, without the folder, and a symbol without an include
fresh; echo '#include "run/cell.h"' >>"$mini/lab/wire.c"; fires layers 'lab/wire.c:4: lab/ includes run/cell.h'
fresh; echo '#include "results/x.h"' >>"$mini/lab/wire.h"; touch "$mini/results/x.h"; fires layers 'lab/wire.h:3: lab/ includes results/x.h'
fresh; echo '#include "lab/nft/rule.h"' >>"$mini/base/add.h"; fires layers 'base/add.h:2: base/ includes lab/nft/rule.h'
fresh; echo '#include "rule.h"' >>"$mini/lab/nft/rule.c"; fires layers 'without its folder'
fresh; echo 'int wire(int); int g(void); int g(void) { return wire(2); }' >"$mini/results/g.c"
echo 'int g(void);' >"$mini/results/g.h"
printf '%s\n' '#include "results/g.h"' 'int use_g(void) { return g(); }' >>"$mini/run/cell.c"
echo 'int use_g(void);' >>"$mini/run/cell.h"
sed -i 's/return cell/return use_g() + cell/' "$mini/cli/main.c"
fires layers 'results/g.c: uses wire of lab/wire.c'
# operator: the rooms of lab that speak with the kernel, and nothing else of it; nor of results
fresh; printf '%s\n' '#include "lab/nft/rule.h"' 'int block(int a) { return rule(a); }' >"$mini/operator/block.c"; : >"$mini/results/x.h"
echo 'int block(int a);' >"$mini/operator/block.h"; sed -i '1i #include "operator/block.h"' "$mini/operator/block.c"
sed -i 's/return cell/return block(1) + cell/; 1i #include "operator/block.h"' "$mini/cli/main.c"; clean "operator uses lab/nft"
cp -a "$mini" "$TMP/operator"
echo '#include "lab/wire.h"' >>"$mini/operator/block.c"; fires layers 'operator/block.c:4: operator/ includes lab/wire.h'
rm -rf "$mini"; cp -a "$TMP/operator" "$mini"
echo '#include "results/x.h"' >>"$mini/operator/block.c"; fires layers 'operator/block.c:4: operator/ includes results/x.h'
rm -rf "$mini"; cp -a "$TMP/operator" "$mini"
sed -i '1i int wire(int);' "$mini/operator/block.c"; sed -i 's/return rule(a)/return wire(rule(a))/' "$mini/operator/block.c"
fires layers 'operator/block.c: uses wire of lab/wire.c'

# unused: nobody, only its own file, only a test; an allowed one; an allowed one that is used
fresh; echo 'int lost(void); int lost(void) { return 1; }' >>"$mini/base/add.c"; echo 'int lost(void);' >>"$mini/base/add.h"
fires unused 'base/add.c: lost is used by no other file'
echo 'int again(void); int again(void) { return lost(); }' >>"$mini/base/add.c"; echo 'int again(void);' >>"$mini/base/add.h"
sed -i 's/return wire(a)/return wire(again())/' "$mini/run/cell.h"
fires unused 'base/add.c: lost is used by no other file'
mkdir -p "$mini/build/obj/tests/unit"
echo 'int lost(void); int main(void) { return lost(); }' | cc -x c -c -o "$mini/build/obj/tests/unit/t_add.o" -
fires unused 'lost is used by no other file (but for tests/unit/t_add.c)'
echo 'unused lost: kept for t_add' >"$mini/tests/structure.allow"; clean "an export that is allowed"
echo 'unused add: no' >>"$mini/tests/structure.allow"; fires unused 'structure.allow: add is used by now'
fresh; echo 'unused gone: no' >"$mini/tests/structure.allow"; fires unused 'structure.allow: gone does not exist'

# headers: in another header, in two, in none; a private header beside it is another one too
fresh; mv "$mini/lab/nft/rule.h" "$mini/lab/nft/rules.h"
sed -i 's/rule.h/rules.h/' "$mini/lab/nft/rule.c" "$mini/lab/wire.c"; fires headers 'lab/nft/rule.c: rule is declared in lab/nft/rules.h, not in lab/nft/rule.h'
fresh; echo 'extern int rule(int a);' >"$mini/lab/rule_private.h"; fires headers 'rule is declared in lab/rule_private.h, not only in lab/nft/rule.h'
fresh; echo 'int rule(int a);' >>"$mini/lab/wire.c"; : >"$mini/lab/nft/rule.h"; fires headers 'rule is declared in no header'
echo 'headers lab/nft/rule.c: a reason' >"$mini/tests/structure.allow"; clean "a file that is allowed"

# circles: two files, three files, a listed one, a listed one that grew, one listed without a reason
fresh
ring() { # FILE CALLED...: lab/FILE.c calls each of CALLED
	local f=$1
	shift
	echo "int $f(int a);" >"$mini/lab/$f.h"
	{ printf '#include "lab/%s.h"\n' "$f" "$@"; echo "int $f(int a) { return a$(printf ' + %s(a)' "$@"); }"; } >"$mini/lab/$f.c"
}
ring one two; ring two one
fires circles 'lab/one.c lab/two.c: call each other'
ring two three; ring three one
fires circles 'lab/one.c lab/three.c lab/two.c: call each other'
echo '- `lab/three.c` two.c one.c: one concern' >>"$mini/docs/architecture.md"; clean "a ring that is listed"
ring four one; ring one two four
fires circles 'lab/four.c lab/one.c lab/three.c lab/two.c: call each other'
fresh; ring one two; ring two one
echo '- lab/one.c two.c' >>"$mini/docs/architecture.md"; fires circles 'without a reason'
printf '%s\n' '  lab/wire.c: one line too many' >>"$mini/docs/architecture.md"; fires circles 'lab/one.c lab/two.c: call each other'
fresh; echo '- lab/one.c two.c: gone' >>"$mini/docs/architecture.md"; fires circles 'lists lab/one.c lab/two.c, which is not a ring'

# rooms: the folders of a layer, where no two files do
fresh; ring other rule; sed -i 's|lab/rule.h|lab/nft/rule.h|' "$mini/lab/other.c"
printf '%s\n' '#include "lab/end.h"' >>"$mini/lab/nft/rule.c"; sed -i 's/return a;/return end(a);/; 1i #include "lab/end.h"' "$mini/lab/nft/rule.c"
echo 'int end(int a);' >"$mini/lab/end.h"; printf '%s\n' '#include "lab/end.h"' 'int end(int a) { return a; }' >"$mini/lab/end.c"
sed -i 's/return add(/return other(a) + add(/; 1i #include "lab/other.h"' "$mini/lab/wire.c"
fires rooms 'lab/ lab/nft/: call each other'
echo '- lab/ lab/nft/: the lab is made of rules' >>"$mini/docs/architecture.md"; clean "rooms that are listed"

# and what cannot be judged is no success
fresh; rm -rf "$mini/build"; rc=0; "$mini/tests/structure.sh" build >/dev/null 2>&1 || rc=$?; same "$rc" 2 "no objects"
"$mini/tests/structure.sh" --only nothing >/dev/null 2>&1 || rc=$?; same "$rc" 2 "an unknown kind"
