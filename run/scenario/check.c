// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check.c - what a scenario's schema cannot say
 *
 * Sites and hosts that do not exist, names given twice, captures that are missing or damaged,
 * scripts with unknown actions: everything that any cell may use is checked before anything is
 * created. Policies, NATs, versions and mixes are loaded into the scenario's library here, so a
 * mistake in one of them is found here too. Each check knows its place in the file (struct
 * yaml_place); the line is looked up only when something is wrong.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/capture/capture.h"
#include "base/datadir.h"
#include "base/number.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/yaml.h"
#include "replay/recorded/corpora.h"
#include "replay/recorded/frame_rules.h"
#include "replay/skype/script.h"
#include "run/scenario/check.h"
#include "run/scenario/library.h"
#include "run/scenario/operator.h"
#include "run/scenario/schema.h"

/* Entry @i of the list @list in the file; @list NULL = the top level. */
struct yaml_place {
	struct scenario *s;
	struct err *e;
	const char *list;
	unsigned i;
};

/* The line of @key in @p, or of the entry itself where @key is NULL. */
static unsigned line_of(const struct yaml_place *p, const char *key)
{
	char node[160];

	if (p->list)
		snprintf(node, sizeof(node), "%s[%u]%s%s", p->list, p->i, key ? "." : "",
			 key ? key : "");
	else
		snprintf(node, sizeof(node), "%s", key);
	return yaml_line(p->s->path, node);
}

__attribute__((format(printf, 3, 4))) static int bad(const struct yaml_place *p, const char *key,
						     const char *fmt, ...)
{
	char what[sizeof(p->e->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(p->e, "%s:%u: %s", p->s->path, line_of(p, key), what);
}

/* Puts the place of entry @k of the list @key in @p before the message in @p->e. Returns -1. */
static int at_entry(const struct yaml_place *p, const char *key, unsigned k)
{
	char node[96];

	snprintf(node, sizeof(node), "%s[%u]", key, k);
	return err_push(p->e, "%s:%u", p->s->path, line_of(p, node));
}

/* ------------------------------------------------------------------ data files */

static int load_firewall(const struct yaml_place *p, const char *key, struct scenario_firewall *f)
{
	struct err why;

	f->policy = library_firewall(p->s->library, f->name, &why);
	return f->policy ? 0 : bad(p, key, "%s", why.msg);
}

static int load_nat(const struct yaml_place *p, const char *key, struct scenario_nat *n)
{
	struct err why;

	if (!n->name || !strcmp(n->name, "public"))
		return 0;
	n->policy = library_nat(p->s->library, n->name, &why);
	return n->policy ? 0 : bad(p, key, "%s", why.msg);
}

static int load_version(const struct yaml_place *p, struct scenario_version *v)
{
	struct err why;

	v->version = library_version(p->s->library, v->name, &why);
	return v->version ? 0 : bad(p, "version", "%s", why.msg);
}

static int load_mix(const struct yaml_place *p, struct scenario_mix *m)
{
	struct err why;

	m->mix = library_mix(p->s->library, m->name, &why);
	return m->mix ? 0 : bad(p, "mix", "%s", why.msg);
}

static int check_site(const struct yaml_place *p, const char *site, unsigned host)
{
	const struct scenario_site *t = scenario_site(p->s, site, strlen(site));

	if (!t)
		return bad(p, "site", "site %.80s, expected the name of one of the sites", site);
	if (host > t->hosts)
		return bad(p, "site", "host %u, but site %.80s has hosts: %u", host, site,
			   t->hosts);
	return 0;
}

/* ------------------------------------------------------------------ captures */

static int check_corpus(const struct yaml_place *p, const char *key, const char *name)
{
	char *path = name ? path_in(corpora_dir(), name) : NULL;
	struct stat st;
	int there =
		!path || (access(path, R_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode));

	free(path);
	return there ? 0
		     : bad(p, key,
			   "%.150s, expected a file under %.100s; SKYPELAB_CORPORA can name "
			   "another folder",
			   name, corpora_dir());
}

/* A capture must be one, and what its corpus file says it is. */
static int check_capture(const struct yaml_place *p, const char *name)
{
	char *path = path_in(corpora_dir(), name), want[65], is[65];
	const char *paths[] = {path};
	struct err why = {0};
	struct capture *c = capture_open_files(paths, 1, NULL, &why);
	int rc = c ? 0 : bad(p, "capture", "%s", why.msg);

	capture_close(c);
	if (rc == 0 && corpora_digest(name, want)) {
		if (file_sha256(path, is, &why) < 0)
			rc = bad(p, "capture", "%s", why.msg);
		else if (strcmp(is, want) != 0)
			rc = bad(p, "capture",
				 "%.150s: SHA-256 is %s, expected %s; the file is not used", name,
				 is, want);
	}
	free(path);
	return rc;
}

/* ------------------------------------------------------------------ the lists */

static int check_sites(struct scenario *s, struct err *e)
{
	struct yaml_place p = {s, e, "sites", 0};

	for (; p.i < s->sites_len; p.i++) {
		struct scenario_site *t = &s->sites[p.i];

		if (scenario_site(s, t->name, strlen(t->name)) != t)
			return bad(&p, "name", "a second site of this name");
		if (load_firewall(&p, "firewall", &t->firewall) < 0 ||
		    load_nat(&p, "nat", &t->nat) < 0 || load_nat(&p, "cgn", &t->cgn) < 0)
			return -1;
		if (t->cgn.name && !t->cgn.policy)
			return bad(&p, "cgn", "cgn public, expected a NAT, or no cgn");
	}
	p.list = NULL;
	return s->sites_len ? 0 : bad(&p, "sites", "no site, expected at least one");
}

/* "roam SITE-hN": there must be such a host. */
static int check_place(const struct scenario *s, const char *action, struct err *e)
{
	const char *node = action + strlen("roam "), *h;
	const struct scenario_site *t;
	uint64_t host = 0;

	if (strncmp(action, "roam ", 5) != 0)
		return 0;
	h = strrchr(node, '-');
	t = h && h[1] == 'h' ? scenario_site(s, node, (size_t)(h - node)) : NULL;
	return t && number_is_whole(h + 2, &host) && host >= 1 && host <= t->hosts
		       ? 0
		       : err_set(e, "action \"%.80s\", expected a host of a site, as caller-h2",
				 action);
}

/* @key: where the script stands in the entry. */
static int check_script(const struct yaml_place *p, const char *key, char *const *script,
			unsigned len)
{
	for (unsigned k = 0; k < len; k++)
		if (script_check(script[k], p->e) < 0 || check_place(p->s, script[k], p->e) < 0)
			return at_entry(p, key, k);
	return 0;
}

static int check_clients(struct scenario *s, struct err *e)
{
	struct yaml_place p = {s, e, "clients", 0};

	for (; p.i < s->clients_len; p.i++) {
		struct scenario_client *c = &s->clients[p.i];

		if (check_site(&p, c->site, c->host + c->count - 1) < 0)
			return -1;
		if (scenario_client(s, c->name, strlen(c->name)) != c)
			return bad(&p, "name", "a second client of this name");
		if (load_version(&p, &c->version) < 0 ||
		    check_script(&p, "script", c->script, c->script_len) < 0)
			return -1;
	}
	return 0;
}

static int check_part(const struct yaml_place *p, const struct scenario_operation *o, unsigned k)
{
	const struct scenario_part *part = &o->parts[k];
	char key[64];

	snprintf(key, sizeof(key), "scripts[%u].client", k);
	if (!scenario_client(p->s, part->client, strlen(part->client)))
		return bad(p, key, "client %.80s, expected the name of one of the clients",
			   part->client);
	for (unsigned i = 0; i < k; i++)
		if (!strcmp(o->parts[i].client, part->client))
			return bad(p, key, "a second script of client %.80s in this operation",
				   part->client);
	snprintf(key, sizeof(key), "scripts[%u].script", k);
	if (!part->script_len)
		return bad(p, key, "a script without actions, expected at least one");
	return check_script(p, key, part->script, part->script_len);
}

static int check_operations(struct scenario *s, struct err *e)
{
	struct yaml_place p = {s, e, "operations", 0};

	for (; p.i < s->operations_len; p.i++) {
		const struct scenario_operation *o = &s->operations[p.i];

		for (unsigned i = 0; i < p.i; i++)
			if (!strcmp(s->operations[i].name, o->name))
				return bad(&p, "operation", "a second operation of this name");
		for (unsigned k = 0; k < o->parts_len; k++)
			if (check_part(&p, o, k) < 0)
				return -1;
	}
	return 0;
}

static int check_background(struct scenario *s, struct err *e)
{
	struct yaml_place p = {s, e, "background", 0};

	for (; p.i < s->background_len; p.i++) {
		const struct scenario_background *b = &s->background[p.i];

		if (check_site(&p, b->site, b->host) < 0 ||
		    load_mix(&p, &s->background[p.i].mix) < 0)
			return -1;
		if (b->proxy && b->host)
			return bad(&p, "proxy", "host and proxy, expected one of them");
		if (b->proxy &&
		    !scenario_site_proxied(s, scenario_site(s, b->site, strlen(b->site))))
			return bad(&p, "proxy",
				   "site %.80s has no proxy: give it one, or an axis %.80s.proxy",
				   b->site, b->site);
	}
	return 0;
}

/* Keys that only one kind of replay has. */
static int check_kind(const struct yaml_place *p, const struct scenario_recording *r)
{
	const struct {
		const char *key;
		bool given;
	} keys[] = {{"factor", r->factor != 0}, {"pps", r->pps != 0},
		    {"mbps", r->mbps != 0},	{"top-speed", r->top_speed},
		    {"map", r->map_len != 0},	{"port", r->port_len != 0}};
	bool frame = r->replay == REPLAY_FRAME;
	unsigned paces = 0;

	if (frame && r->keep_addresses)
		return bad(p, "keep-addresses", "this belongs to replay: conversation");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!keys[i].given)
			continue;
		if (!frame)
			return bad(p, keys[i].key, "%s belongs to replay: frame", keys[i].key);
		if (i < 4 && ++paces > 1)
			return bad(p, keys[i].key,
				   "a second pace, expected one of factor, pps, mbps and "
				   "top-speed");
	}
	return 0;
}

static int check_maps(const struct yaml_place *p, const struct scenario_recording *r)
{
	struct frame_rules rules = {0};

	for (unsigned k = 0; k < r->map_len; k++)
		if (frame_rules_map(&rules, r->map[k], p->e) < 0)
			return at_entry(p, "map", k);
	for (unsigned k = 0; k < r->port_len; k++)
		if (frame_rules_port(&rules, r->port[k], p->e) < 0)
			return at_entry(p, "port", k);
	return 0;
}

/* Does any value of the axis put a firewall in the way? A wrong value is reported elsewhere. */
static bool axis_restricts(const struct scenario *s, const struct scenario_axis *a)
{
	bool restricts = false;

	for (unsigned v = 0; v < a->values_len; v++) {
		struct setting value;
		struct err why;

		if (setting_parse(s, a->axis, a->values[v], &value, &why) < 0)
			continue;
		restricts |= (value.kind == SETTING_FIREWALL ||
			      value.kind == SETTING_INTERNET_FIREWALL) &&
			     !scenario_firewall_open(value.firewall);
		setting_free(&value);
	}
	return restricts;
}

/* Frames are sent whatever came back. The user is warned where a firewall makes that matter. */
static void warn_frames(const struct yaml_place *p, const struct scenario_recording *r)
{
	const struct scenario *s = p->s;
	const struct scenario_site *t = scenario_site(s, r->site, strlen(r->site));
	bool restricts = !scenario_firewall_open(t->firewall.policy) ||
			 !scenario_firewall_open(s->internet_firewall.policy);

	for (unsigned i = 0; i < s->matrix_len; i++)
		restricts |= axis_restricts(s, &s->matrix[i]);
	if (restricts && r->replay == REPLAY_FRAME)
		log_warn("%s:%u: recorded frames are sent even if the packets they answer never "
			 "arrived; behind a firewall, replay: conversation shows what a client "
			 "would meet",
			 s->path, line_of(p, "replay"));
}

static int check_recordings(struct scenario *s, struct err *e)
{
	struct yaml_place p = {s, e, "recordings", 0}, top = {s, e, NULL, 0};

	if (s->recordings_len && s->clients_len)
		return bad(&top, "recordings",
			   "recordings beside clients: emulated and recorded traffic are never "
			   "scored in one row, expected two scenarios");
	for (; p.i < s->recordings_len; p.i++) {
		const struct scenario_recording *r = &s->recordings[p.i];
		const struct scenario_site *t;

		if (check_site(&p, r->site, 1) < 0 || check_corpus(&p, "capture", r->capture) < 0 ||
		    check_capture(&p, r->capture) < 0 ||
		    check_corpus(&p, "labels", r->labels) < 0 || check_kind(&p, r) < 0 ||
		    check_maps(&p, r) < 0)
			return -1;
		t = scenario_site(s, r->site, strlen(r->site));
		if (r->replay == REPLAY_FRAME && (t->nat.policy || t->cgn.policy))
			return bad(&p, "replay",
				   "frame, but site %s is behind a NAT, whose ports recorded "
				   "frames do not follow; expected conversation, or nat: public",
				   t->name);
		warn_frames(&p, r);
	}
	return 0;
}

static int check_vantages(struct scenario *s, struct err *e)
{
	struct yaml_place p = {s, e, "vantages", 0};

	for (; p.i < s->vantages_len; p.i++) {
		const char *v = s->vantages[p.i], *dot = strchr(v, '.');
		const struct scenario_site *t = dot ? scenario_site(s, v, (size_t)(dot - v)) : NULL;

		if (strcmp(v, "core") != 0 && (!t || (strcmp(dot, ".lan") != 0 &&
						      strcmp(dot, ".wan") && strcmp(dot, ".cgn"))))
			return bad(&p, NULL,
				   "vantage %.80s, expected core, SITE.lan, SITE.wan or SITE.cgn",
				   v);
	}
	return 0;
}

static int check_axis(const struct yaml_place *p, const struct scenario_axis *a)
{
	if (!a->values_len)
		return bad(p, "values", "an axis without values");
	for (unsigned v = 0; v < a->values_len; v++) {
		struct setting value;
		int rc;

		for (unsigned i = 0; i < v; i++)
			if (!strcmp(a->values[i], a->values[v])) {
				err_set(p->e, "value %.80s a second time", a->values[v]);
				return at_entry(p, "values", v);
			}
		if (setting_parse(p->s, a->axis, a->values[v], &value, p->e) < 0)
			return at_entry(p, "values", v);
		rc = scenario_check_setting(p->s, &value, p->e);
		setting_free(&value);
		if (rc < 0)
			return at_entry(p, "values", v);
	}
	return 0;
}

static int check_matrix(struct scenario *s, struct err *e)
{
	struct yaml_place p = {s, e, "matrix", 0};

	for (; p.i < s->matrix_len; p.i++) {
		for (unsigned i = 0; i < p.i; i++)
			if (!strcmp(s->matrix[i].axis, s->matrix[p.i].axis))
				return bad(&p, "axis", "a second axis %.80s", s->matrix[p.i].axis);
		if (check_axis(&p, &s->matrix[p.i]) < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------------ the whole */

/* Recorded frames keep their recorded ports. A NAT that chooses ports would leave their answers
 * without a receiver. */
int scenario_check_setting(const struct scenario *s, const struct setting *v, struct err *e)
{
	if ((v->kind != SETTING_NAT && v->kind != SETTING_CGN) || !v->nat)
		return 0;
	for (unsigned i = 0; i < s->recordings_len; i++)
		if (s->recordings[i].replay == REPLAY_FRAME &&
		    !strcmp(s->recordings[i].site, s->sites[v->of].name))
			return err_set(e,
				       "%.80s, but a recording with replay: frame is played there, "
				       "and recorded frames do not follow a NAT's ports; expected "
				       "public, or replay: conversation",
				       v->text);
	return 0;
}

static int check_internet(const struct yaml_place *top)
{
	struct scenario_internet *i = top->s->internet;

	if (dist_parse(i->rtt_ms.text, &i->rtt_ms) < 0)
		return bad(top, "internet.rtt-ms",
			   "rtt-ms: %.80s, expected milliseconds or ranges of them with weights, "
			   "such as \"43-60:2 60-180:8\"",
			   i->rtt_ms.text);
	for (unsigned k = 0; k < i->rtt_ms.parts; k++)
		if (i->rtt_ms.part[k].hi > 60000)
			return bad(top, "internet.rtt-ms", "rtt-ms: %u, expected 0 to 60000",
				   i->rtt_ms.part[k].hi);
	return 0;
}

int scenario_check(struct scenario *s, struct err *e)
{
	struct yaml_place top = {s, e, NULL, 0};
	struct err why;

	if (strspn(s->scenario, "abcdefghijklmnopqrstuvwxyz0123456789-.") != strlen(s->scenario))
		return bad(&top, "scenario", "a name of a-z, 0-9, '-' and '.' is expected");
	if (!label_names_application(s->target))
		return bad(&top, "target", "target: %.80s, expected an application: " LABEL_FORM,
			   s->target);
	if (load_firewall(&top, "internet-firewall", &s->internet_firewall) < 0 ||
	    check_internet(&top) < 0)
		return -1;
	if (check_sites(s, e) < 0 || check_clients(s, e) < 0 || check_operations(s, e) < 0 ||
	    check_background(s, e) < 0 || check_recordings(s, e) < 0 || check_vantages(s, e) < 0)
		return -1;
	if (s->operator&& scenario_check_operator(s, &why) < 0)
		return bad(&top, "operator", "%s", why.msg);
	return check_matrix(s, e);
}
