# Shared by the experiments on limits, which source it first: `. tests/limits/lib.sh`, with their arguments BUILD and
# OUT. $build, $skypelab and $out are then set, and $recorded is the folder of recorded captures, empty where there are
# none.
set -eu
build=$1 out=$2
skypelab=$build/skypelab
recorded=${SKYPELAB_CORPORA:-corpora}/positives
[ -n "$(ls -A "$recorded" 2>/dev/null)" ] || recorded=
# run_of NAME SCENARIO [RUN-OPTION...]: $run is then OUT/runs/NAME, a run of scenarios/SCENARIO.yaml, made where there
# is none that is newer than the scenario.
run_of() {
	run=$out/runs/$1
	[ ! "$run/manifest.json" -nt "scenarios/$2.yaml" ] || return 0
	rm -rf "$run"
	"$skypelab" -q run --no-report -o "$run" "${@:3}" "scenarios/$2.yaml" >/dev/null
}
