#!/bin/bash
# The GitHub action in .github/actions/regress: its shell, as a runner calls it, with a signature that is equal and one
# that is worse; the summary, JUnit and outputs. And every input reaches the script.
. tests/e2e/lib.sh
need "$BUILD/tools/mkskype" python3
action=$PWD/.github/actions/regress
mkdir "$TMP/bin" "$TMP/captures"
ln -s "$SKYPELAB" "$TMP/bin/skypelab"
"$BUILD/tools/mkskype" linux-2006 "$TMP/captures/c.pcap" "$TMP/captures/c.pcap.tsv" seed=1
cd "$TMP"
step() { # STATUS ACCEPTED SIGNATURES: one step
	local rc=0
	rm -f summary output
	PATH=$TMP/bin:$PATH PREFIX='' SIGNATURES=$3 AGAINST=ndpi-2018 CAPTURES=captures VARY=2 JUNIT=junit.xml \
		GITHUB_STEP_SUMMARY=$TMP/summary GITHUB_OUTPUT=$TMP/output bash "$action/regress.sh" >said 2>&1 || rc=$?
	same $rc "$1" "exit status of the action with $3: $(cat said)"
	same "$(cat output)" "junit=junit.xml
accepted=$2" "outputs of the action with $3"
	python3 -c 'import xml.etree.ElementTree as x; x.parse("junit.xml")' || fail "$(cat junit.xml)"
}
step 0 true ndpi-2018
grep -q '^\*\*ndpi-2018: accepted: equal\*\*' summary || fail "summary: $(cat summary)"
step 1 false "ndpi-2018 ndpi-2019"
grep -q '^\*\*ndpi-2019: REFUSED: worse' summary || fail "summary: $(cat summary)"
grep -q '<failure ' junit.xml || fail "JUnit: $(cat junit.xml)"
# The inputs that are declared, those that the step passes on, and those that the script asks for.
declared=$(sed -n '/^inputs:/,/^outputs:/s/^  \([a-z]*\):$/\1/p' "$action/action.yml" | sort)
passed=$(sed -n 's/.*\${{ inputs\.\([a-z]*\) }}.*/\1/p' "$action/action.yml" | sort)
same "$passed" "$declared" "inputs that the action's step passes on"
for name in $declared; do
	grep -q "\$[{]*${name^^}" "$action/regress.sh" || fail "regress.sh does not ask for ${name^^}"
done
