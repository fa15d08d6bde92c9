// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cell.c - one cell of a scenario, from an empty folder to captures, truth and scores
 *
 * Order:
 *	1. The lab is built and its taps are opened before the first packet.
 *	   An operator, where the scenario has one, reads a tap and filters in its gateway.
 *	2. The Skype peers, the background and the recordings are put on their nodes. The loop runs
 *	   until every user's script has ended, or the scenario's duration is over.
 *	3. The taps are drained. Conntrack's view of every flow is joined with the sources' truth
 *	   (vantage.c); rules and counters are saved.
 *	4. The sources and the network go down. What is left of them are files.
 *	5. The detector reads the captures; its events are scored against the truth files
 *	   (detect.c). It shares nothing with the sources.
 *
 * Limits: one thread, one loop; a cell's network does not outlive cell_run().
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/format.h"
#include "base/loop.h"
#include "base/moment.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/truth.h"
#include "run/cell/background.h"
#include "run/cell/cell.h"
#include "run/cell/containment.h"
#include "run/cell/declare.h"
#include "run/cell/detect.h"
#include "run/cell/live.h"
#include "run/cell/network.h"
#include "run/cell/operator.h"
#include "run/cell/proxies.h"
#include "run/cell/recordings.h"
#include "run/cell/scoring.h"
#include "run/cell/sources.h"
#include "run/cell/vantage.h"
#include "lab/lab.h"
#include "replay/skype/overlay.h"
#include "replay/background/background.h"

#define LINGER_NS   (2 * NS_PER_SEC)  /* after the last session: closing segments */
#define LAST_NS	    (10 * NS_PER_SEC) /* background begins no session after a multiple of this */
#define LOOK_NS	    (1 * NS_PER_SEC)  /* how often its open sessions are counted then */
#define ASK_NS	    (5 * NS_PER_SEC)  /* clients have so long for an answer */
#define PATIENCE_NS (60 * NS_PER_SEC) /* how long they may take */

const char outcomes_header[] =
	"cell\tcaller_firewall\tcaller_nat\tcallee_firewall\tcallee_nat\tclient\tversion\tkind\t"
	"attempt\tmode\tresult\tprobe\tpath\tsn\ttcp_port\tlogin_by\tseconds\tprobes\tconnects\t"
	"site\tfirewall\tnat\tinternet_firewall\n";

/* Everything that a cell holds while its network is up; freed by teardown() in any state. */
struct live_cell {
	const struct cell_job *job;
	const struct scenario *s;
	struct loop *loop;
	struct truth_log *truth;
	struct lab *lab;
	struct dialogs *dialogs; /* sockets of background and recordings */
	struct overlay *overlay;
	struct proxies *proxies;
	struct network net;
	struct backgrounds *backgrounds;
	struct recordings recordings;
	size_t pending; /* overlay and recordings that have not ended */
	struct loop_timer linger, last, ask;
	uint64_t epoch_ns;
	uint64_t last_ns; /* emulated time from which on background begins no session */
	struct program_run program;
	struct cell_live *live;
	struct cell_operator *operator;
};

/* ------------------------------------------------------------------ traffic */

static void end_background(struct live_cell *c)
{
	backgrounds_finish(c->backgrounds);
	loop_timer_after(c->loop, &c->linger, LINGER_NS);
}

/* Were the background cut where the scripts end, connections would be cut in the middle of a
 * message. So it goes on to a round time, begins no session after that, and every open session
 * comes to its end. */
static void last_sessions(void *arg)
{
	struct live_cell *c = arg;

	backgrounds_stop(c->backgrounds);
	if (!backgrounds_busy(c->backgrounds) || loop_due(c->loop) >= c->last_ns + PATIENCE_NS)
		end_background(c);
	else
		loop_timer_after(c->loop, &c->last, LOOK_NS);
}

static void one_ended(void *arg)
{
	struct live_cell *c = arg;

	uint64_t now = loop_due(c->loop);

	if (c->pending && --c->pending)
		return;
	if (loop_kind(c->loop) == LOOP_REAL) {
		end_background(c);
		return;
	}
	c->last_ns = now + LAST_NS - (now - c->epoch_ns) % LAST_NS;
	loop_timer_set(c->loop, &c->last, c->last_ns);
}

static void linger_over(void *arg)
{
	loop_stop(((struct live_cell *)arg)->loop);
}

/* Shortly before the end, clients that an operator may have cut off find out. */
static void ask_clients(void *arg)
{
	overlay_ask(((struct live_cell *)arg)->overlay);
}

static void plan_ask(struct live_cell *c, uint64_t until_ns)
{
	c->ask = (struct loop_timer){.fn = ask_clients, .arg = c};
	if (c->s->operator&& c->overlay)
		loop_timer_set(c->loop, &c->ask, until_ns - ASK_NS);
}

static int add_client(struct live_cell *c, unsigned i, unsigned k, struct err *e)
{
	const struct scenario_client *u = &c->s->clients[i];
	char name[SCENARIO_NAME_LEN], node[SCENARIO_NAME_LEN];
	struct sc_spec spec = {
		.name = name,
		.node = node,
		.version = u->version.version,
		.login = u->login,
		.fresh = u->fresh,
		.udp_port = (uint16_t)u->udp_port,
		.start_s = u->start_s + k * u->spacing_s,
		.script = (const char *const *)u->script,
		.script_len = u->script_len,
	};

	scenario_client_names(u, k, name, node);
	spec.netns = lab_node_netns(c->lab, node);
	spec.ip = lab_node_ip(c->lab, node);
	spec.proxy = proxies_at(c->lab, u->site);
	return overlay_add_client(c->overlay, &spec, e);
}

static bool place_of(void *arg, const char *node, int *netns, struct ip *ip)
{
	const struct live_cell *c = arg;

	if (!lab_node(c->lab, node))
		return false;
	*netns = lab_node_netns(c->lab, node);
	*ip = lab_node_ip(c->lab, node);
	return true;
}

static int start_overlay(struct live_cell *c, struct err *e)
{
	if (!c->s->clients_len)
		return 0;
	c->overlay = overlay_new(c->loop, c->s->seed, c->truth);
	overlay_set_places(c->overlay, place_of, c);
	overlay_set_guests(c->overlay, lab_node_netns(c->lab, INTERNET_NODE), INTERNET_NODE,
			   c->net.guests, NETWORK_GUESTS);
	for (size_t i = 0; i < c->net.n_servers; i++) {
		c->net.servers[i].netns = lab_node_netns(c->lab, INTERNET_NODE);
		c->net.servers[i].node = INTERNET_NODE;
		if (overlay_add_server(c->overlay, &c->net.servers[i], e) < 0)
			return -1;
	}
	for (unsigned i = 0; i < c->s->clients_len; i++)
		for (unsigned k = 0; k < c->s->clients[i].count; k++)
			if (add_client(c, i, k, e) < 0)
				return -1;
	c->pending++;
	overlay_start(c->overlay, one_ended, c);
	return 0;
}

/* ------------------------------------------------------------------ leaving results */

/* The scenario's entry of a client of the overlay: clients of a count are NAME1, NAME2, ... */
static const struct scenario_client *entry_of(const struct scenario *s, const char *client)
{
	for (unsigned i = 0; i < s->clients_len; i++) {
		const struct scenario_client *u = &s->clients[i];
		size_t len = strlen(u->name);

		if (!strcmp(u->name, client) ||
		    (u->count > 1 && !strncmp(u->name, client, len) &&
		     strspn(client + len, "0123456789") == strlen(client + len)))
			return u;
	}
	return NULL;
}

/* Where the client itself is: the last columns of its row. */
static void write_own_setting(FILE *f, const struct scenario *s, const char *client)
{
	const struct scenario_client *u = entry_of(s, client);
	const struct scenario_site *t = u ? scenario_site(s, u->site, strlen(u->site)) : NULL;
	bool open = scenario_firewall_open(s->internet_firewall.policy);

	fprintf(f, "%s\t%s\t%s\t%s\n", t ? t->name : "-", t ? t->firewall.name : "-",
		t ? t->nat.name : "-", open ? "-" : s->internet_firewall.name);
}

static int write_outcomes(const struct live_cell *c, struct err *e)
{
	char *path = path_in(c->job->dir, "outcomes.tsv"), sn[ENDPOINT_TEXT_LEN];
	struct scenario_columns at = scenario_columns(c->s);
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	free(path);
	if (rc < 0)
		return -1;
	fputs(outcomes_header, o.f);
	for (size_t i = 0; c->overlay && i < overlay_outcome_count(c->overlay); i++) {
		const struct overlay_outcome *u = overlay_outcome_at(c->overlay, i);

		fprintf(o.f, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%u\t%s\t%s\t%s\t%s\t%s\t",
			c->job->name, at.caller_firewall, at.caller_nat, at.callee_firewall,
			at.callee_nat, u->client, u->version, outcome_kind_text(u->kind),
			u->attempt, outcome_mode_text(u), outcome_result_text(u->result),
			outcome_probe_text(u->probe), u->path[0] ? u->path : "-",
			u->sn.ip.family ? endpoint_text(&u->sn, sn) : "-");
		if (u->tcp_port)
			fprintf(o.f, "%u", u->tcp_port);
		else
			fputc('-', o.f);
		fprintf(o.f, "\t%s\t%.3f\t%u\t%u\t",
			u->login_by ? outcome_login_by_text(u->login_by) : "-", u->seconds,
			u->probes, u->connects);
		write_own_setting(o.f, c->s, u->client);
	}
	return outfile_commit(&o, e);
}

static int write_rules(const struct live_cell *c, struct err *e)
{
	char *path = path_in(c->job->dir, "rules.txt");
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	free(path);
	if (rc < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < lab_node_count(c->lab); i++) {
		const struct lab_node *n = lab_node_at(c->lab, i);

		if (n->kind != LAB_GATEWAY && n->kind != LAB_CGN &&
		    !(n->kind == LAB_INTERNET && c->net.spec.internet_firewall))
			continue;
		fprintf(o.f, "# %s\n", n->name);
		rc = lab_rules(c->lab, n->name, o.f, e);
	}
	if (rc < 0) {
		outfile_abort(&o);
		return -1;
	}
	return outfile_commit(&o, e);
}

/* How long the hosts were watched, of emulated time: to the round time after which no source begins
 * anything. The first and the last packet differ from run to run by what the machine took for them.
 * 0 = not known beforehand, as in real time. */
static uint64_t watched_s(const struct live_cell *c)
{
	uint64_t whole = (uint64_t)c->s->duration_s;
	uint64_t last = c->last_ns ? c->last_ns - c->epoch_ns : 0;

	if (loop_kind(c->loop) == LOOP_REAL)
		return 0;
	last = (last + NS_PER_SEC / 2) / NS_PER_SEC;
	return last && last < whole ? last : whole;
}

/* What cell.json says, but for the time that the cell took. (owned) */
static json_t *facts_of(const struct live_cell *c)
{
	char digest[65], name[VANTAGE_FILE_LEN];
	json_t *taps = json_object(), *j;
	struct cell_scoring scoring;

	for (size_t i = 0; i < c->net.n_vantages; i++) {
		const char *vantage = c->net.vantages[i];
		struct lab_tap_stats st = {0};

		lab_tap_stats(c->lab, vantage, &st);
		json_object_set_new(taps, vantage,
				    json_pack("{sssIsIsI}", "file",
					      vantage_file(c->lab, vantage, name), "packets",
					      (json_int_t)st.packets, "bytes", (json_int_t)st.bytes,
					      "dropped", (json_int_t)st.dropped));
	}
	truth_digest(c->truth, digest);
	j = json_pack("{sisssfsIsIsssososI}", "format", FORMAT_OF_RUNS, "cell", c->job->name,
		      "emulated_seconds", (double)loop_elapsed(c->loop) / 1e9, "flows",
		      (json_int_t)truth_flow_count(c->truth), "messages",
		      (json_int_t)truth_message_count(c->truth), "truth_digest", digest, "taps",
		      taps, "background", backgrounds_facts(c->backgrounds), "seed",
		      (json_int_t)c->s->seed);
	cell_scoring_of(&scoring, c->job, watched_s(c));
	json_object_set_new(j, "scoring", cell_scoring_json(&scoring));
	if (c->job->detectors)
		json_object_set(j, "detectors", c->job->detectors->facts);
	cell_scoring_clear(&scoring);
	recordings_facts(&c->recordings, j);
	return j;
}

static int write_facts(const struct cell_job *job, json_t *facts, double real_s, struct err *e)
{
	char *path = path_in(job->dir, "cell.json");
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	free(path);
	if (rc < 0)
		return -1;
	json_object_set_new(facts, "real_seconds", json_real(real_s));
	json_dumpf(facts, o.f, JSON_INDENT(2) | JSON_SORT_KEYS);
	fputc('\n', o.f);
	return outfile_commit(&o, e);
}

/* ------------------------------------------------------------------ the whole */

static uint64_t parse_epoch(const char *text, struct err *e)
{
	uint64_t ns;

	if (moment_parse(text, &ns) && text[strlen(text) - 1] == 'Z')
		return ns;
	err_set(e, "epoch %s, expected a time like 2006-07-25T09:00:00Z", text);
	return 0;
}

static void teardown(struct live_cell *c)
{
	backgrounds_free(c->backgrounds);
	recordings_free(&c->recordings);
	dialogs_free(c->dialogs);
	program_stop(&c->program);
	overlay_free(c->overlay);
	proxies_free(c->proxies);
	cell_operator_free(c->operator);
	if (c->loop) {
		loop_timer_cancel(c->loop, &c->linger);
		loop_timer_cancel(c->loop, &c->last);
		loop_timer_cancel(c->loop, &c->ask);
	}
	lab_down(c->lab);
	truth_free(c->truth);
	loop_free(c->loop);
	network_free(&c->net);
}

static double real_seconds(void)
{
	return (double)clock_ns(CLOCK_MONOTONIC) / 1e9;
}

static int run_traffic(struct live_cell *c, uint64_t epoch, struct err *e)
{
	c->linger = (struct loop_timer){.fn = linger_over, .arg = c};
	c->last = (struct loop_timer){.fn = last_sessions, .arg = c};
	c->pending = 1; /* so that nothing ends while the sources are being started */
	c->dialogs = dialogs_new(c->loop, c->truth);
	c->proxies = proxies_open(c->s, c->lab, c->loop, c->truth, e);
	if (!c->proxies)
		return -1;
	c->backgrounds = backgrounds_start(c->s, c->lab, &c->net, c->dialogs, e);
	if (!c->backgrounds || start_overlay(c, e) < 0)
		return -1;
	c->pending += recordings_played(&c->recordings);
	if (recordings_start(&c->recordings, c->lab, c->dialogs, one_ended, c, e) < 0)
		return -1;
	if (c->job->program && ++c->pending &&
	    program_start(&c->program, c->job->program, c->lab, c->loop, one_ended, c, e) < 0)
		return -1;
	if (c->s->clients_len || c->s->recordings_len || c->job->program)
		one_ended(c);
	plan_ask(c, epoch + (uint64_t)(c->s->duration_s * 1e9));
	if (loop_run(c->loop, epoch + (uint64_t)(c->s->duration_s * 1e9), e) < 0)
		return -1;
	if (c->job->program && c->program.status)
		log_warn("%s ended with %s %d", c->job->program->argv[0],
			 WIFSIGNALED(c->program.status) ? "signal" : "exit status",
			 WIFSIGNALED(c->program.status) ? WTERMSIG(c->program.status)
							: WEXITSTATUS(c->program.status));
	backgrounds_end_programs(c->backgrounds);
	switch (lab_taps_finish(c->lab, e)) {
	case 0:
		return cell_live_finish(c->live, e);
	case -1:
		if (e->code == EXIT_ENV) /* packets were lost: this cell is invalid, others stand */
			e->code = EXIT_NO;
		return -1;
	default:
		return -1;
	}
}

/* What the sources reported and what real programs sent, as every vantage saw it. */
static int write_truth(struct live_cell *c, struct err *e)
{
	struct declare_job programs = {.lab = c->lab,
				       .s = c->s,
				       .backgrounds = c->backgrounds,
				       .program = c->job->program,
				       .log = c->truth,
				       .dir = c->job->dir};
	size_t reported = truth_flow_count(c->truth);
	struct vantage_truth *v = vantage_truth_new(c->lab, c->s, c->truth, e);
	int rc;

	if (!v)
		return -1;
	proxies_settle(c->truth);
	for (size_t i = 0; i < reported; i++)
		vantage_truth_flow(v, (uint32_t)i, truth_flow_at(c->truth, i), NULL);
	for (size_t i = 0; i < truth_event_count(c->truth); i++) {
		const struct truth_event *event = truth_event_at(c->truth, i);
		const struct truth_flow *f = truth_flow_at(c->truth, event->flow);

		vantage_truth_event(v, f, event, (unsigned)i + 1);
		if (f->carried_by) /* the same event, where its other flow is seen */
			vantage_truth_event(v, truth_flow_at(c->truth, f->carried_by - 1), event,
					    (unsigned)i + 1);
	}
	rc = declare_programs(v, &programs, e);
	if (rc == 0)
		rc = vantage_truth_write(v, c->job->dir, cell_has_source(c->job, SOURCE_EMULATED),
					 e);
	vantage_truth_free(v);
	return rc;
}

static int write_containment(const struct live_cell *c, struct err *e)
{
	struct containment of = {.job = c->job,
				 .lab = c->lab,
				 .truth = c->truth,
				 .overlay = c->overlay,
				 .operator= c->operator};

	return containment_write(&of, e);
}

/* Everything that needs the network: builds it, sends the traffic, saves what was sent and what
 * became of it. 0, or -1 with @e set. */
static int run_network(struct live_cell *c, struct err *e)
{
	const struct cell_job *job = c->job;
	bool real = c->s->clock == LOOP_REAL || job->program;
	uint64_t epoch = real ? (uint64_t)time(NULL) * NS_PER_SEC : parse_epoch(c->s->epoch, e);
	char *messages;
	int rc;

	if (!epoch || recordings_load(&c->recordings, c->s, e) < 0)
		return -1;
	c->epoch_ns = epoch;
	c->loop = loop_new(real ? LOOP_REAL : LOOP_VIRTUAL, epoch, e);
	c->truth = truth_new();
	if (!c->loop)
		return -1;
	network_plan(&c->net, c->s, job->name, &c->recordings.remotes);
	c->lab = lab_up(&c->net.spec, c->loop, e);
	if (!c->lab)
		return -1;
	cell_operator_plan(job, c->lab);
	if (lab_taps_start(c->lab, job->dir, e) < 0)
		return -1;
	c->live = cell_live_start(job, c->lab, c->net.vantages, c->net.n_vantages, e);
	if (!c->live || cell_operator_start(&c->operator, job, c->lab, c->loop, e) < 0 ||
	    run_traffic(c, epoch, e) < 0 || cell_operator_finish(c->operator, e) < 0 ||
	    recordings_ended(&c->recordings, e) < 0)
		return -1;
	if (write_outcomes(c, e) < 0 || write_containment(c, e) < 0 || write_rules(c, e) < 0 ||
	    recordings_write_fates(&c->recordings, job->dir, e) < 0)
		return -1;
	messages = path_in(job->dir, "messages.tsv");
	rc = truth_write_messages(c->truth, messages, e);
	free(messages);
	return rc < 0 ? -1 : write_truth(c, e);
}

int cell_run(const struct cell_job *job, struct score_table *scores, struct err *e)
{
	struct live_cell c = {.job = job, .s = job->scenario};
	double began = real_seconds();
	struct vantage_capture *captures = NULL;
	json_t *facts = NULL;
	size_t n = 0;
	int rc = run_network(&c, e);

	if (rc == 0) {
		captures = vantage_captures(c.lab, c.s, &n);
		facts = facts_of(&c);
	}
	teardown(&c);
	if (rc == 0)
		rc = cell_detect(job, c.live, cell_scoring_watched(facts), captures, n, scores, e);
	if (rc == 0)
		rc = write_facts(job, facts, real_seconds() - began, e);
	cell_live_free(c.live);
	json_decref(facts);
	free(captures);
	return rc;
}
