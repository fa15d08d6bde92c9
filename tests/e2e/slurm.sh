#!/bin/bash
# `submit --slurm`: a Slurm of two nodes, started here as an ordinary user on a loopback of its own; in the
# middle one node's daemons get kill -9. The merged run is the one that this machine makes alone.
# SLURM_TEST_SCENARIO and SLURM_TEST_REPEAT: another scenario, such as scenarios/paper-matrix.yaml.
. tests/e2e/lib.sh
need munged slurmctld slurmd sbatch scontrol hostname pgrep
need_namespaces
# All daemons are in a PID namespace, so that none is left whatever happens.
if [ -z "${SLURM_TEST_INSIDE:-}" ]; then
	rm -rf "$TMP"
	inside=(unshare -npf --kill-child --mount-proc)
	[ "$(id -u)" = 0 ] || inside=(unshare --map-current-user --keep-caps -npmf --kill-child --mount-proc)
	SLURM_TEST_INSIDE=1 "${inside[@]}" bash "$0"
	exit
fi
# Slurm finds no address where there is nothing but 127.0.0.1.
ip link set lo up && ip address add 192.0.2.1/32 dev lo || skip "no loopback of its own: ip(8) says why above"
chmod 755 "$TMP"
D=$TMP/slurm
as_user sh -c : || skip "no ordinary user (65534) here"
mkdir -p "$D"/{key,run,ctld,d.n1,d.n2,log,work}
user=$(as_user id -un) || skip "the ordinary user has no name; Slurm needs one"
host=$(hostname -s)
# Slurm asks for the address of the host's own name, which may be any, or none.
echo "127.0.0.1 localhost $host" >"$D/hosts"
mount --bind "$D/hosts" /etc/hosts
same "$(getent ahostsv4 "$host" | awk 'NR == 1 { print $1 }')" 127.0.0.1 "the address of $host"
cat >"$D/slurm.conf" <<-END
	ClusterName=local
	SlurmctldHost=$host(127.0.0.1)
	SlurmctldPort=26817
	SlurmdPort=26818
	SlurmUser=$user
	SlurmdUser=$user
	AuthType=auth/munge
	AuthInfo=socket=$D/run/munge.socket
	CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
	StateSaveLocation=$D/ctld
	SlurmdSpoolDir=$D/d.%n
	SlurmctldPidFile=$D/run/slurmctld.pid
	SlurmdPidFile=$D/run/slurmd.%n.pid
	SlurmctldLogFile=$D/log/slurmctld.log
	SlurmdLogFile=$D/log/slurmd.%n.log
	ProctrackType=proctrack/linuxproc
	TaskPlugin=task/none
	SwitchType=switch/none
	MpiDefault=none
	SelectType=select/cons_tres
	SelectTypeParameters=CR_CPU
	SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1,bf_interval=1
	AccountingStorageType=accounting_storage/none
	JobAcctGatherType=jobacct_gather/none
	JobCompType=jobcomp/none
	ReturnToService=2
	KillWait=5
	SlurmdTimeout=5
	NodeName=n[1-2] NodeHostname=$host NodeAddr=127.0.0.1 Port=[27901-27902] CPUs=1 RealMemory=500 State=UNKNOWN
	PartitionName=main Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
END
cat >"$D/s.yaml" <<-END
	scenario: sweep
	seed: 21
	repeat: 5
	duration: 3
	super-nodes: 12
	sites:
	  - {name: caller}
	clients:
	  - {name: al, site: caller, version: "1.4", script: [login, wait 1, quit]}
	background: # so much of it that a cell takes longer than a look of this test at it
	  - {site: caller, mix: busy}
	matrix:
	  - {axis: caller.firewall, values: [open, inbound-restricted]}
	  - {axis: login, values: [manual, automatic]}
	vantages: [caller.lan]
END
scenario=${SLURM_TEST_SCENARIO:-$D/s.yaml} repeat=${SLURM_TEST_REPEAT:-5} patience=60
[ "$scenario" = "$D/s.yaml" ] || patience=3000
least=$("$SKYPELAB" -q run --dry-run --shard 4/4 --repeat "$repeat" "$scenario" | grep -c '^  ') # the smallest shard's cells
head -c 1024 /dev/urandom >"$D/key/munge.key"
chmod 700 "$D/key"
chmod 400 "$D/key/munge.key"
[ "$(id -u)" != 0 ] || chown -R "$user" "$D"
export SLURM_CONF=$D/slurm.conf
daemon() { as_user "$@" >>"$D/log/start" 2>&1 || fail "$1: $(tail -n 3 "$D/log/start"; tail -n 3 "$D"/log/*.log)"; }
within() { # SECONDS WHAT COMMAND...: until the command succeeds
	local end=$((SECONDS + $1))
	until "${@:3}"; do
		[ $SECONDS -lt $end ] || fail "not within $1 s: $2; $(tail -qn 3 "$D"/log/*.log "$R".shards/log/* 2>/dev/null)"
		sleep 0.2
	done
}
R=$D/work/run
daemon munged --force --key-file="$D/key/munge.key" --socket="$D/run/munge.socket" --pid-file="$D/run/munged.pid" \
	--log-file="$D/key/munged.log" --seed-file="$D/key/munge.seed"
daemon slurmctld -i
daemon slurmd -N n1
daemon slurmd -N n2
idle() { [ "$(as_user sinfo -h -t idle -o %D 2>/dev/null)" = 2 ]; }
within 30 "two idle nodes" idle

as_user "$SKYPELAB" submit --slurm -n 4 --no-report --repeat "$repeat" -o "$R" "$scenario" >"$TMP/out" 2>"$TMP/err" || fail "submit: $(cat "$TMP/out" "$TMP/err")"
array=$(sed -n 's/^array \([0-9]*\): 4 shards; merge [0-9]*$/\1/p' "$TMP/out")
[ -n "$array" ] || fail "submit names no array: $(cat "$TMP/out")"
# The first shard that has a cell and not yet all is held, the daemons of its node are killed, and it goes to the
# other one, where it waits for the first copy, whose cells it goes on with when that one is killed too. All are
# processes of this namespace, by their ids.
finished() { # SHARD: how many cells it has
	local c=("$R.shards/$1"/cells/*/cell.json)
	[ -e "${c[0]}" ] || c=()
	count=${#c[@]}
}
held() {
	for shard in 1 2 3 4; do
		finished $shard
		[ "$count" -ge 1 ] && [ "$count" -lt $least ] && pids=$(pgrep -f -- "--shard $shard/4 ") || continue
		# shellcheck disable=SC2086
		kill -STOP $pids 2>/dev/null
		finished $shard
		[ "$count" -ge $least ] || return 0
		# shellcheck disable=SC2086
		kill -CONT $pids 2>/dev/null
	done
	return 1
}
for ((k = 0; k < 3000; k++)); do
	! held || break
	[ ! -e "$R.shards/log/merge.log" ] || fail "every shard was done before it could be held: $(tail -n 3 "$R".shards/log/*.log)"
	sleep 0.02
done
[ "$k" -lt 3000 ] || fail "no shard was met at work: $(tail -n 3 "$R".shards/log/*.log)"
read -r job node < <(as_user squeue -h -t R -o '%K %A %N' | awk -v shard="$shard" '$1 == shard { print $2, $3 }')
kill -9 "$(cat "$D/run/slurmd.$node.pid")"
kill -9 "$(pgrep -f "^slurmstepd: \[$job\.batch")"
as_user scontrol update NodeName="$node" State=DOWN Reason=lost
# It waits two minutes in the queue, unless somebody says now.
restarted() {
	as_user squeue -h -t PD -o '%i %r' | awk '$2 == "BeginTime" { print $1 }' |
		while read -r id; do as_user scontrol update JobId="$id" StartTime=now; done
	grep -q 'is running in it; waiting for its end$' "$R.shards/log/$shard.log"
}
within $patience "the shard of the lost node again" restarted
# shellcheck disable=SC2086
kill -9 $pids 2>/dev/null || true # those below it go with it
ended() { [ -z "$(as_user squeue -h -o %i)" ]; }
within $patience "all jobs have ended" ended
grep -q . "$R.shards/log/merge.log" || fail "the merge said nothing"
[ -e "$R/manifest.json" ] || fail "no run: $(tail -n 5 "$R".shards/log/*.log)"
as_user "$SKYPELAB" -q run --no-report --repeat "$repeat" -o "$D/work/one" "$scenario" >/dev/null
same_run "$D/work/one" "$R"
[ "$(grep -c "^shard $shard of 4 " "$R.shards/log/$shard.log")" = 2 ] || fail "the lost shard: $(cat "$R.shards/log/$shard.log")"
