#!/bin/bash
# The 36 both-node settings, firewall x NAT at each node: built, a packet sent over every path,
# compared with what the policies declare, and taken down.
. "$(dirname "$0")/lib.sh"
need_namespaces
marked_run "$BUILD/tools/labbench" matrix >"$TMP/out" || fail "a path differs from its policy"
read -r cells _ passed stopped <"$TMP/out"
same "$cells" 36 "cells"
# Counted from the policies alone: NAT (full cone) changes nothing of who reaches whom.
same "$passed $stopped" "$(awk 'BEGIN {
	for (a = 0; a < 3; a++) for (b = 0; b < 3; b++) {	# 0 open, 1 inbound-restricted, 2 full
		for (i = 0; i < 2; i++) {
			me = i ? b : a; you = i ? a : b
			if (me == 2) { stopped++ } else {
				passed += 2
				if (me == 0) passed++; else stopped++
			}
			if (you == 2) continue
			# The caller, who tries first, needs an open callee; the callee answers.
			if (me != 2 && (i || you == 0)) passed++; else stopped++
		}
	}
	print passed * 4, stopped * 4	# two NATs at each node, which change none of it
}')" "packets that passed and that were stopped"
