// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * containment.c - how far a client came against the operator on its gateway
 *
 * Model. A client falls back from one way to the next, each a stage: UDP probes, TCP to a super
 * node's own port, 443, 80, a proxy. Of each stage there is a row with what the client tried there,
 * from the truth, and what the operator did about it, to the client's flow or to the proxy's that
 * carries it on; a last row, "all", has what the client came
 * to. Whether it is in is what the client itself knows (replay/skype/client_standing.h), never what
 * the detector says.
 *
 *	state of a stage	when
 *	not tried		the client opened no flow there
 *	blocked			a flow of the stage was seen and blocked
 *	open			none was, and a session came up
 *	shut			all flows were opened after the whole client was blocked, or the proxy
 *				where they go through it
 *	no way			none of these: what was tried came to nothing
 *
 *	verdict			when
 *	kept out		the client was never in
 *	cut off			it was in, and is not at the end: its super node does not answer it
 *	in			it is in at the end
 *
 * What else crossed the gateway is in innocent.tsv, a row for each flow that is not Skype, by what
 * does not change when other flows are blocked: which host opened it, as what, and what both sides
 * sent. Two cells of one seed are compared by it (run/run_containment.c).
 *
 * Limits: flows that others open to a client belong to no stage.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/outfile.h"
#include "base/path.h"
#include "run/cell/containment.h"
#include "run/scenario/operator.h"
#include "run/scenario/schema.h"

const char containment_columns[] =
	"cell\ttrial\tclient\tversion\tcaller_firewall\tcaller_nat\tcallee_firewall\tcallee_"
	"nat\tproxy\t"
	"signature\tpolicy\tdelay_ms\tstage\tstate\tflows\tsessions\tseen\tblocked\tflow_packets\t"
	"client_packets\tflow_seconds\tseconds\trule\tverdict\tfirst_in\tserved\ttimes_in\treason\t"
	"innocent\tinnocent_blocked";

enum stage { STAGE_UDP, STAGE_TCP, STAGE_443, STAGE_80, STAGE_PROXY, STAGE_LOGIN, STAGES };

static const char *const stage_names[STAGES + 1] = {"udp",   "tcp",   "443", "80",
						    "proxy", "login", "all"};

/* What happened at one stage, and at all of them. */
struct stage_sum {
	unsigned flows, sessions, seen, blocked;
	uint64_t first_flow_ns;		  /* 0 = none */
	const struct operator_act *first; /* the first that was blocked, or NULL */
	const struct truth_flow *session; /* the latest */
};

/* One client, while its rows are made. */
struct contained {
	const struct containment *c;
	const char *name, *version;
	enum lab_proxy proxy; /* of its site */
	struct ip ip;
	struct client_standing st;
	struct stage_sum stage[STAGES + 1];
	uint64_t shut_ns;	/* the whole client was blocked then; 0 = never */
	uint64_t proxy_shut_ns; /* the same of the proxy */
	const struct operator_act *refused;
	bool evidence; /* all that was seen was no detection by itself */
};

/* ------------------------------------------------------------------ flows */

/* The stage of a client's flow; STAGES when it is of none. */
static enum stage stage_of(const struct truth_flow *f)
{
	if (!strncmp(f->reason, "login", 5))
		return STAGE_LOGIN;
	if (strncmp(f->reason, "sn ", 3) != 0)
		return STAGES;
	if (f->tuple.proto == IPPROTO_UDP)
		return STAGE_UDP;
	if (!strcmp(f->reason, "sn proxy") || f->carried_by)
		return STAGE_PROXY;
	return f->tuple.dst.port == 443	 ? STAGE_443
	       : f->tuple.dst.port == 80 ? STAGE_80
					 : STAGE_TCP;
}

/* The flow that an act is about: the last of its tuple that was open then, or NULL. */
static const struct truth_flow *flow_of(const struct truth_log *t, const struct operator_act *a)
{
	for (size_t i = truth_flow_count(t); i-- > 0;) {
		const struct truth_flow *f = truth_flow_at(t, i);

		/* A source may put down the time that it is, instead of the planned one. */
		if (f->opened_ns <= a->seen_ns + NS_PER_SEC && tuple_same(&f->tuple, &a->s.flow))
			return f;
	}
	return NULL;
}

/* The client's own flow: of a proxy's flow the one that it carries on. */
static const struct truth_flow *own_flow(const struct truth_log *t, const struct truth_flow *f)
{
	return f && f->carries ? truth_flow_at(t, f->carries - 1) : f;
}

static bool innocent(const struct truth_flow *f)
{
	return f && !f->client[0] && !label_is(f->label, LABEL_SKYPE);
}

static void add_flow(struct stage_sum *s, const struct truth_flow *f)
{
	s->flows++;
	if (!s->first_flow_ns || f->opened_ns < s->first_flow_ns)
		s->first_flow_ns = f->opened_ns;
	if (!f->session)
		return;
	s->sessions++;
	if (!s->session || f->opened_ns >= s->session->opened_ns)
		s->session = f;
}

static void add_flows(struct contained *k)
{
	const struct truth_log *t = k->c->truth;

	for (size_t i = 0; i < truth_flow_count(t); i++) {
		const struct truth_flow *f = truth_flow_at(t, i);
		enum stage stage = stage_of(f);

		if (strcmp(f->client, k->name) != 0 || !ip_eq(&f->tuple.src.ip, &k->ip))
			continue;
		if (stage < STAGES)
			add_flow(&k->stage[stage], f);
		add_flow(&k->stage[STAGES], f);
	}
}

static void add_act(struct stage_sum *s, const struct operator_act *a)
{
	s->seen++;
	s->blocked += a->blocked;
	if (a->blocked && !s->first)
		s->first = a;
}

static void add_acts(struct contained *k)
{
	const struct operator_act *acts;
	size_t n = cell_operator_acts(k->c->operator, & acts);

	for (size_t i = 0; i < n; i++) {
		const struct operator_act *a = &acts[i];
		const struct truth_flow *seen = flow_of(k->c->truth, a);
		const struct truth_flow *f = own_flow(k->c->truth, seen);
		bool mine = f && !strcmp(f->client, k->name), at_proxy = mine && seen != f;
		enum stage stage = mine ? stage_of(f) : STAGES;
		uint64_t *shut = at_proxy ? &k->proxy_shut_ns : &k->shut_ns;

		if (!at_proxy && !ip_eq(&a->s.flow.src.ip, &k->ip))
			continue;
		if (stage < STAGES)
			add_act(&k->stage[stage], a);
		add_act(&k->stage[STAGES], a);
		if (a->blocked && a->what == FILTER_CLIENT && !*shut)
			*shut = a->done_ns;
		k->evidence &= a->s.kind == EVENT_EVIDENCE;
		if (!a->blocked && a->refused[0])
			k->refused = a;
	}
}

/* ------------------------------------------------------------------ what it comes to */

/* Since when flows of a stage can come to nothing because who opens them is blocked; 0 = never. */
static uint64_t shut_since(const struct contained *k, const struct stage_sum *s)
{
	bool by_proxy = s == &k->stage[STAGE_PROXY] || s == &k->stage[STAGE_LOGIN];

	if (!by_proxy || !k->proxy_shut_ns)
		return k->shut_ns;
	return k->shut_ns && k->shut_ns < k->proxy_shut_ns ? k->shut_ns : k->proxy_shut_ns;
}

static const char *state_of(const struct contained *k, const struct stage_sum *s)
{
	uint64_t shut_ns = shut_since(k, s);

	if (!s->flows)
		return "not tried";
	if (s->blocked)
		return "blocked";
	if (s->sessions)
		return "open";
	return shut_ns && s->first_flow_ns >= shut_ns ? "shut" : "no way";
}

static const char *verdict_of(const struct contained *k)
{
	if (!k->st.times)
		return "kept out";
	return k->st.at_quit || k->st.alive ? "in" : "cut off";
}

/* Was a flow seen, there or where a proxy carries it on, and was it blocked? */
static void look_up(const struct contained *k, const struct truth_flow *f, bool *seen,
		    bool *blocked)
{
	const struct operator_act *acts;
	size_t n = cell_operator_acts(k->c->operator, & acts);
	const struct truth_flow *by =
		f->carried_by ? truth_flow_at(k->c->truth, f->carried_by - 1) : f;

	*seen = *blocked = false;
	for (size_t i = 0; i < n; i++)
		if (acts[i].seen_ns + NS_PER_SEC >= f->opened_ns &&
		    (tuple_same(&acts[i].s.flow, &f->tuple) ||
		     tuple_same(&acts[i].s.flow, &by->tuple))) {
			*seen = true;
			*blocked |= acts[i].blocked;
		}
}

/* Why it was in (owned). */
static char *reason_of(const struct contained *k)
{
	const struct stage_sum *all = &k->stage[STAGES];
	const struct truth_flow *f = all->session;
	const char *stage = f ? stage_names[stage_of(f)] : "?";
	bool seen = false, blocked = false;

	if (!k->st.times)
		return xstrdup(all->blocked ? "-" : all->seen ? "no way in; seen" : "no way in");
	if (f)
		look_up(k, f, &seen, &blocked);
	if (!all->seen || (!all->blocked && !seen))
		return xasprintf("not seen, over %s", stage);
	if (!all->blocked)
		return xasprintf("seen, not blocked%s%s", k->refused || k->evidence ? ": " : "",
				 k->refused    ? k->refused->refused
				 : k->evidence ? "evidence only"
					       : "");
	if (!strcmp(verdict_of(k), "in"))
		return xasprintf(blocked ? "blocked over %s, not noticed yet"
				 : seen	 ? "seen over %s, not blocked"
					 : "another way: not seen over %s",
				 stage);
	if (all->first->done_ns >= k->st.first_ns)
		return xasprintf("too late by %.3f s",
				 (double)(all->first->done_ns - k->st.first_ns) / 1e9);
	return xasprintf("another way: in over %s, then seen", stage);
}

/* ------------------------------------------------------------------ rows */

static void put_seconds(FILE *f, uint64_t from, uint64_t to)
{
	if (from && to >= from)
		fprintf(f, "\t%.3f", (double)(to - from) / 1e9);
	else
		fputs("\t-", f);
}

static void put_setting(FILE *f, const struct contained *k)
{
	const struct cell_job *job = k->c->job;
	const struct scenario *s = job->scenario;
	struct scenario_columns at = scenario_columns(s);

	fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.0f", job->name,
		s->cluster ? s->cluster : job->name, k->name, k->version, at.caller_firewall,
		at.caller_nat, at.callee_firewall, at.callee_nat, scenario_proxy_text(k->proxy),
		s->operator->signature, s->operator->policy, s->operator->delay_ms);
}

static void put_block(FILE *f, const struct contained *k, const struct stage_sum *s)
{
	const struct operator_act *a = s->first;

	if (!a) {
		fputs("\t-\t-\t-\t-\t-", f);
		return;
	}
	fprintf(f, "\t%" PRIu64 "\t%" PRIu64, a->flow_packets, a->client_packets);
	put_seconds(f, a->s.flow_first_ns, a->done_ns);
	put_seconds(f, k->st.asked_ns, a->done_ns);
	fprintf(f, "\t%s", a->s.rule);
}

static void put_stage(FILE *f, const struct contained *k, int i)
{
	const struct stage_sum *s = &k->stage[i];

	put_setting(f, k);
	fprintf(f, "\t%s\t%s\t%u\t%u\t%u\t%u", stage_names[i], state_of(k, s), s->flows,
		s->sessions, s->seen, s->blocked);
	put_block(f, k, s);
}

static void count_innocent(const struct containment *c, unsigned *flows, unsigned *blocked)
{
	const struct operator_act *acts;
	size_t n = cell_operator_acts(c->operator, & acts);

	*flows = *blocked = 0;
	for (size_t i = 0; i < truth_flow_count(c->truth); i++)
		*flows += innocent(truth_flow_at(c->truth, i));
	for (size_t i = 0; i < n; i++)
		*blocked += acts[i].blocked && innocent(flow_of(c->truth, &acts[i]));
}

static void put_all(FILE *f, const struct contained *k)
{
	const struct client_standing *st = &k->st;
	uint64_t served = st->served_ns + (st->in ? st->heard_ns - st->since_ns : 0);
	char *reason = reason_of(k);
	unsigned flows, blocked;

	put_stage(f, k, STAGES);
	fprintf(f, "\t%s", verdict_of(k));
	put_seconds(f, st->first_ns ? st->asked_ns : 0, st->first_ns);
	count_innocent(k->c, &flows, &blocked);
	fprintf(f, "\t%.3f\t%u\t%s\t%u\t%u\n", (double)served / 1e9, st->times, reason, flows,
		blocked);
	free(reason);
}

static void put_client(FILE *f, const struct containment *c, const struct scenario_client *u,
		       unsigned nth)
{
	char name[SCENARIO_NAME_LEN], node[SCENARIO_NAME_LEN];
	const struct scenario *s = c->job->scenario;
	struct contained k = {.c = c,
			      .name = name,
			      .version = u->version.name,
			      .proxy = scenario_site(s, u->site, strlen(u->site))->proxy,
			      .evidence = true};

	scenario_client_names(u, nth, name, node);
	k.ip = lab_node_ip(c->lab, node);
	if (!overlay_standing(c->overlay, name, &k.st) || !k.st.asked_ns)
		return;
	add_flows(&k);
	add_acts(&k);
	for (int i = 0; i < STAGES; i++) {
		put_stage(f, &k, i);
		fputs("\t-\t-\t-\t-\t-\t-\t-\n", f);
	}
	put_all(f, &k);
}

static bool at_operator(const struct containment *c, const char *site)
{
	const char *at = c->job->scenario->operator->at;
	size_t n = strlen(site);

	return !strncmp(at, site, n) && at[n] == '.';
}

static void put_rows(FILE *f, const struct containment *c)
{
	const struct scenario *s = c->job->scenario;

	fprintf(f, "%s\n", containment_columns);
	for (unsigned i = 0; c->overlay && i < s->clients_len; i++)
		for (unsigned k = 0; at_operator(c, s->clients[i].site) && k < s->clients[i].count;
		     k++)
			put_client(f, c, &s->clients[i], k);
}

/* ------------------------------------------------------------------ what else crossed the gateway */

struct traffic_sum {
	uint64_t messages[2], bytes[2]; /* from and to the opener */
};

/* Has a Skype client this host? */
static const char *whose(const struct truth_log *t, const char *node)
{
	for (size_t i = 0; i < truth_flow_count(t); i++) {
		const struct truth_flow *f = truth_flow_at(t, i);

		if (f->client[0] && !f->carries && label_is(f->label, LABEL_SKYPE) &&
		    !strcmp(f->node, node))
			return "client";
	}
	return "other";
}

static void put_innocents(FILE *f, const struct containment *c)
{
	const struct truth_log *t = c->truth;
	struct traffic_sum *sums = xcalloc(truth_flow_count(t) + 1, sizeof(*sums));

	for (size_t i = 0; i < truth_message_count(t); i++) {
		const struct truth_message *m = truth_message_at(t, i);

		sums[m->flow].messages[m->to_opener]++;
		sums[m->flow].bytes[m->to_opener] += m->size;
	}
	fputs("host\twhose\tlabel\treason\tsent\tbytes_sent\treceived\tbytes_received\n", f);
	for (size_t i = 0; i < truth_flow_count(t); i++) {
		const struct truth_flow *flow = truth_flow_at(t, i);

		if (innocent(flow))
			fprintf(f,
				"%s\t%s\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
				"\n",
				flow->node, whose(t, flow->node), flow->label, flow->reason,
				sums[i].messages[0], sums[i].bytes[0], sums[i].messages[1],
				sums[i].bytes[1]);
	}
	free(sums);
}

static int write_one(const struct containment *c, const char *name,
		     void (*put)(FILE *f, const struct containment *c), struct err *e)
{
	char *path = path_in(c->job->dir, name);
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	free(path);
	if (rc < 0)
		return -1;
	put(o.f, c);
	return outfile_commit(&o, e);
}

int containment_write(const struct containment *c, struct err *e)
{
	if (!c->job->scenario->operator)
		return 0;
	if (write_one(c, "containment.tsv", put_rows, e) < 0)
		return -1;
	return write_one(c, "innocent.tsv", put_innocents, e);
}
