#!/bin/bash
# regress.sh: holds signatures against what they replace, as action.yml says it in the environment: PREFIX (of skypelab;
# empty = PATH has it), SIGNATURES, AGAINST, CAPTURES, VARY, JUNIT. The report goes to the job's summary, the verdicts to
# JUNIT. Exit status: that of skypelab regress.
set -euo pipefail
PATH=${PREFIX:+$PREFIX/bin:}$PATH
read -ra signatures <<<"$SIGNATURES"
options=()
[ -z "${AGAINST:-}" ] || options+=(--against "$AGAINST")
[ -z "${CAPTURES:-}" ] || options+=(--capture "$CAPTURES")
[ "${VARY:-0}" = 0 ] || options+=(--vary "$VARY")
report=$(mktemp)
trap 'rm -f "$report"' EXIT
rc=0
skypelab regress "${options[@]}" --format markdown -o "$report" --junit "$JUNIT" -- "${signatures[@]}" || rc=$?
cat "$report"
{
	echo "### skypelab regress"
	cat "$report"
} >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
accepted=$([ $rc = 0 ] && echo true || echo false)
printf 'junit=%s\naccepted=%s\n' "$JUNIT" "$accepted" >>"${GITHUB_OUTPUT:-/dev/null}"
exit $rc
