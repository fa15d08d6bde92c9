// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check.c - what a scenario's schema cannot say
 *
 * Sites and hosts that do not exist, names given twice, policies, versions, mixes and captures
 * without a file, scripts with unknown actions: all that any cell may use is looked up before
 * anything is created. Each check knows its place in the file (struct place); the line is found
 * again only when something is wrong.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/capture/packet.h"
#include "base/yaml.h"
#include "run/scenario/private.h"
#include "replay/recorded/corpora.h"
#include "replay/recorded/frame.h"
#include "replay/skype/overlay.h"

/* Entry @i of the list @list in the file; @list NULL = the top level. */
struct place {
	const struct scenario *s;
	struct err *e;
	const char *list;
	unsigned i;
};

/* The line of @key in @p, or of the entry itself where @key is NULL. */
static unsigned line_of(const struct place *p, const char *key)
{
	char node[160];

	if (p->list)
		snprintf(node, sizeof(node), "%s[%u]%s%s", p->list, p->i, key ? "." : "",
			 key ? key : "");
	else
		snprintf(node, sizeof(node), "%s", key);
	return yaml_line(p->s->path, node);
}

__attribute__((format(printf, 3, 4))) static int bad(const struct place *p, const char *key,
						     const char *fmt, ...)
{
	char what[sizeof(p->e->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(p->e, "%s:%u: %s", p->s->path, line_of(p, key), what);
}

/* The folder of the data file that a named value refers to; NULL = none. */
static const char *folder_of(const char *name)
{
	const char *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;

	if (!strcmp(last, "firewall"))
		return "scenarios/firewalls";
	if (!strcmp(last, "nat") || !strcmp(last, "cgn"))
		return "scenarios/nats";
	if (!strcmp(last, "version"))
		return "scenarios/versions";
	if (!strcmp(last, "mix"))
		return "scenarios/mixes";
	return NULL;
}

/* Is a recording replayed by frame at the site @site, [site, site + len)? */
static bool frames_at(const struct scenario *s, const char *site, size_t len)
{
	for (unsigned i = 0; i < s->recordings_len; i++)
		if (!strcmp(s->recordings[i].replay, "frame") &&
		    strlen(s->recordings[i].site) == len &&
		    !memcmp(s->recordings[i].site, site, len))
			return true;
	return false;
}

/* Recorded frames know no port but the recorded one, so behind a NAT that chooses ports their
 * answers would be nobody's: such a setting says nothing. */
static int check_frames_nat(const struct place *p, const char *key, const char *name,
			    const char *value)
{
	const char *dot = strrchr(name, '.');

	if (!dot || (strcmp(dot, ".nat") && strcmp(dot, ".cgn")) || !strcmp(value, "public") ||
	    !frames_at(p->s, name, (size_t)(dot - name)))
		return 0;
	return bad(p, key,
		   "%s, but a recording with replay: frame is played there, and recorded frames do "
		   "not follow a NAT's ports; expected public, or replay: conversation",
		   value);
}

/* A value that stands at @key and is meant for @name ("caller.nat", "login"). */
static int check_value(const struct place *p, const char *key, const char *name, const char *value)
{
	const char *folder = folder_of(name);
	char *path;

	if (check_frames_nat(p, key, name, value) < 0)
		return -1;
	if (folder && (strcmp(value, "public") || strcmp(folder, "scenarios/nats"))) {
		struct err why;

		path = data_file(folder, value, &why);
		if (!path)
			return bad(p, key, "%s", why.msg);
		free(path);
		return 0;
	}
	if (strstr(name, "login") && strcmp(value, "manual") && strcmp(value, "automatic") &&
	    strcmp(value, "wrong"))
		return bad(p, key, "login %.80s, expected manual, automatic or wrong", value);
	return 0;
}

/* A key whose name says what it is. */
static int check_key(const struct place *p, const char *key, const char *value)
{
	return value ? check_value(p, key, key, value) : 0;
}

static int check_site(const struct place *p, const char *site, unsigned host)
{
	const struct scenario_site *t = scenario_site(p->s, site, strlen(site));

	if (!t)
		return bad(p, "site", "site %.80s, expected the name of one of the sites", site);
	if (host > t->hosts)
		return bad(p, "site", "host %u, but site %.80s has hosts: %u", host, site,
			   t->hosts);
	return 0;
}

static int check_corpus(const struct place *p, const char *key, const char *name)
{
	char *path = name ? path_in(corpora_dir(), name) : NULL;
	int there = !path || access(path, R_OK) == 0;

	free(path);
	return there ? 0
		     : bad(p, key,
			   "%.150s, expected a file under %.100s; SKYPELAB_CORPORA can name "
			   "another folder",
			   name, corpora_dir());
}

/* A capture must be one, and what its corpus file says it is. */
static int check_capture(const struct place *p, const char *name)
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

static int check_sites(const struct scenario *s, struct err *e)
{
	struct place p = {s, e, "sites", 0};

	for (; p.i < s->sites_len; p.i++) {
		const struct scenario_site *t = &s->sites[p.i];

		if (scenario_site(s, t->name, strlen(t->name)) != t)
			return bad(&p, "name", "a second site of this name");
		if (check_key(&p, "firewall", t->firewall) < 0 ||
		    check_key(&p, "nat", t->nat) < 0 || check_key(&p, "cgn", t->cgn) < 0)
			return -1;
	}
	p.list = NULL;
	return s->sites_len ? 0 : bad(&p, "sites", "no site, expected at least one");
}

static int check_script(const struct place *p, const struct scenario_client *c)
{
	char key[32];

	for (unsigned k = 0; k < c->script_len; k++) {
		if (script_check(c->script[k], p->e) == 0)
			continue;
		snprintf(key, sizeof(key), "script[%u]", k);
		return err_push(p->e, "%s:%u", p->s->path, line_of(p, key));
	}
	return 0;
}

static int check_clients(const struct scenario *s, struct err *e)
{
	struct place p = {s, e, "clients", 0};

	for (; p.i < s->clients_len; p.i++) {
		const struct scenario_client *c = &s->clients[p.i];

		if (check_site(&p, c->site, c->host + c->count - 1) < 0)
			return -1;
		if (scenario_client(s, c->name, strlen(c->name)) != c)
			return bad(&p, "name", "a second client of this name");
		if (check_key(&p, "version", c->version) < 0 ||
		    check_key(&p, "login", c->login) < 0 || check_script(&p, c) < 0)
			return -1;
	}
	return 0;
}

static int check_background(const struct scenario *s, struct err *e)
{
	struct place p = {s, e, "background", 0};

	for (; p.i < s->background_len; p.i++)
		if (check_site(&p, s->background[p.i].site, s->background[p.i].host) < 0 ||
		    check_key(&p, "mix", s->background[p.i].mix) < 0)
			return -1;
	return 0;
}

/* Keys that only one kind of replay has. */
static int check_kind(const struct place *p, const struct scenario_recording *r)
{
	const struct {
		const char *key;
		bool given;
	} keys[] = {{"factor", r->factor != 0}, {"pps", r->pps != 0},
		    {"mbps", r->mbps != 0},	{"top-speed", r->top_speed},
		    {"map", r->map_len != 0},	{"port", r->port_len != 0}};
	bool frame = !strcmp(r->replay, "frame");
	unsigned paces = 0;

	if (!frame && strcmp(r->replay, "conversation") != 0)
		return bad(p, "replay", "replay %.80s, expected conversation or frame", r->replay);
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
	if (r->factor < 0 || r->pps < 0 || r->mbps < 0)
		return bad(p, NULL, "a pace below 0, expected factor, pps or mbps above 0");
	return 0;
}

static int check_maps(const struct place *p, const struct scenario_recording *r)
{
	struct frame_rules rules = {0};
	char key[32];

	for (unsigned k = 0; k < r->map_len; k++) {
		snprintf(key, sizeof(key), "map[%u]", k);
		if (frame_rules_map(&rules, r->map[k], p->e) < 0)
			return err_push(p->e, "%s:%u", p->s->path, line_of(p, key));
	}
	for (unsigned k = 0; k < r->port_len; k++) {
		snprintf(key, sizeof(key), "port[%u]", k);
		if (frame_rules_port(&rules, r->port[k], p->e) < 0)
			return err_push(p->e, "%s:%u", p->s->path, line_of(p, key));
	}
	return 0;
}

/* Frames have no conversation: said once, where a firewall makes it matter. */
static void warn_frames(const struct place *p, const struct scenario_recording *r)
{
	const struct scenario *s = p->s;
	const struct scenario_site *t = scenario_site(s, r->site, strlen(r->site));
	bool restricts = strcmp(t->firewall, "open") || strcmp(s->internet_firewall, "open");

	for (unsigned i = 0; i < s->matrix_len; i++)
		for (unsigned v = 0; v < s->matrix[i].values_len; v++)
			restricts |= strstr(s->matrix[i].axis, "firewall") &&
				     strcmp(s->matrix[i].values[v], "open");
	if (restricts && !strcmp(r->replay, "frame"))
		log_warn("%s:%u: recorded frames are sent whether or not what they answer "
			 "arrived; behind a firewall replay: conversation says what a client would "
			 "meet",
			 s->path, line_of(p, "replay"));
}

static int check_recordings(const struct scenario *s, struct err *e)
{
	struct place p = {s, e, "recordings", 0}, top = {s, e, NULL, 0};

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
		if (!strcmp(r->replay, "frame") && (strcmp(t->nat, "public") || t->cgn))
			return bad(&p, "replay",
				   "frame, but site %s is behind a NAT, whose ports recorded "
				   "frames do not follow; expected conversation, or nat: public",
				   t->name);
		warn_frames(&p, r);
	}
	return 0;
}

static int check_vantages(const struct scenario *s, struct err *e)
{
	struct place p = {s, e, "vantages", 0};

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

/* Every value of an axis is tried on a copy, @probe. */
static int check_axis(const struct place *p, const struct scenario_axis *a, struct scenario *probe)
{
	char key[32];

	if (!a->values_len)
		return bad(p, "values", "an axis without values");
	for (unsigned v = 0; v < a->values_len; v++) {
		snprintf(key, sizeof(key), "values[%u]", v);
		if (scenario_set(probe, a->axis, a->values[v]) < 0)
			return bad(p, key,
				   "axis %.80s = %.80s, expected SITE.firewall, SITE.nat, "
				   "SITE.cgn, SITE.hosts, internet.firewall, "
				   "CLIENT.version, CLIENT.login, version, login, "
				   "host-cache (known, empty), mix, recording or seed",
				   a->axis, a->values[v]);
		if (check_value(p, key, a->axis, a->values[v]) < 0)
			return -1;
	}
	return 0;
}

static int check_matrix(const struct scenario *s, struct err *e)
{
	struct place p = {s, e, "matrix", 0};
	int rc = 0;

	for (; rc == 0 && p.i < s->matrix_len; p.i++) {
		struct scenario *probe = scenario_copy(s);

		rc = check_axis(&p, &s->matrix[p.i], probe);
		scenario_free(probe);
	}
	return rc;
}

int scenario_check_include(const struct scenario *s, unsigned x, const char *axis,
			   const char *value, struct err *e)
{
	struct place p = {s, e, "include", x};

	return check_value(&p, NULL, axis, value);
}

int scenario_check(const struct scenario *s, struct err *e)
{
	struct place top = {s, e, NULL, 0};

	if (strcmp(s->clock, "virtual") != 0 && strcmp(s->clock, "real") != 0)
		return bad(&top, "clock", "expected virtual or real");
	if (strspn(s->scenario, "abcdefghijklmnopqrstuvwxyz0123456789-.") != strlen(s->scenario))
		return bad(&top, "scenario", "a name of a-z, 0-9, '-' and '.' is expected");
	if (check_value(&top, "internet-firewall", "firewall", s->internet_firewall) < 0)
		return -1;
	if (check_sites(s, e) < 0 || check_clients(s, e) < 0 || check_background(s, e) < 0 ||
	    check_recordings(s, e) < 0 || check_vantages(s, e) < 0)
		return -1;
	return check_matrix(s, e);
}
