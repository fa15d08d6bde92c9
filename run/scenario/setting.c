// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * setting.c - the values of a matrix' axes: parsed once, then put in their places per cell
 *
 * A table says for each axis whose it is (a site's, a client's, all clients', the cell's), how a
 * value is parsed and where it goes. Axes of a site or client are written NAME.AXIS.
 */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "lab/spec.h"
#include "run/scenario/library.h"
#include "run/scenario/operator.h"
#include "run/scenario/schema.h"
#include "run/scenario/setting.h"

/* ------------------------------------------------------------------ parsing a value */

/* Each parses @v->text into @v. 0, or -1 with @e set. */

static int parse_firewall(const struct scenario *s, struct setting *v, struct err *e)
{
	v->firewall = library_firewall(s->library, v->text, e);
	return v->firewall ? 0 : -1;
}

static int parse_nat(const struct scenario *s, struct setting *v, struct err *e)
{
	if (!strcmp(v->text, "public"))
		return 0;
	v->nat = library_nat(s->library, v->text, e);
	return v->nat ? 0 : -1;
}

static int parse_cgn(const struct scenario *s, struct setting *v, struct err *e)
{
	if (!strcmp(v->text, "public"))
		return err_set(e, "cgn public, expected a NAT, or no cgn");
	return parse_nat(s, v, e);
}

static int parse_proxy(const struct scenario *s, struct setting *v, struct err *e)
{
	(void)s;
	return scenario_proxy_parse(v->text, &v->proxy) == 0
		       ? 0
		       : err_set(e, "proxy %.80s, expected none, lan or dmz", v->text);
}

static int parse_version(const struct scenario *s, struct setting *v, struct err *e)
{
	v->version = library_version(s->library, v->text, e);
	return v->version ? 0 : -1;
}

static int parse_mix(const struct scenario *s, struct setting *v, struct err *e)
{
	v->mix = library_mix(s->library, v->text, e);
	return v->mix ? 0 : -1;
}

static int parse_hosts(const struct scenario *s, struct setting *v, struct err *e)
{
	(void)s;
	return number_whole("hosts", v->text, 1, LAB_HOSTS_MAX, &v->number, e);
}

static int parse_loss(const struct scenario *s, struct setting *v, struct err *e)
{
	(void)s;
	return number_is_real(v->text, &v->percent) && v->percent >= 0 && v->percent <= 50
		       ? 0
		       : err_set(e, "loss %.80s, expected a percentage, 0 to 50", v->text);
}

static int parse_seed(const struct scenario *s, struct setting *v, struct err *e)
{
	(void)s;
	return number_whole("seed", v->text, 0, UINT64_MAX, &v->number, e);
}

static int parse_login(const struct scenario *s, struct setting *v, struct err *e)
{
	(void)s;
	return scenario_login_parse(v->text, &v->login) == 0
		       ? 0
		       : err_set(e, "login %.80s, expected manual, automatic or wrong", v->text);
}

static int parse_host_cache(const struct scenario *s, struct setting *v, struct err *e)
{
	(void)s;
	v->fresh = !strcmp(v->text, "empty");
	return v->fresh || !strcmp(v->text, "known")
		       ? 0
		       : err_set(e, "host-cache %.80s, expected known or empty", v->text);
}

static int parse_operation(const struct scenario *s, struct setting *v, struct err *e)
{
	for (unsigned i = 0; i < s->operations_len; i++)
		if (!strcmp(s->operations[i].name, v->text)) {
			v->operation = &s->operations[i];
			return 0;
		}
	return err_set(e, "operation %.80s, expected the name of one of the operations", v->text);
}

static int parse_recording(const struct scenario *s, struct setting *v, struct err *e)
{
	for (unsigned i = 0; i < s->recordings_len; i++)
		if (!strcmp(s->recordings[i].capture, v->text))
			return 0;
	return err_set(e, "recording %.150s, expected the capture of one of the recordings",
		       v->text);
}

static int operator_signature(const struct scenario *s, struct setting *v, struct err *e)
{
	return operator_signature_check(s, v->text, e);
}

static int parse_operator_policy(const struct scenario *s, struct setting *v, struct err *e)
{
	if (!strcmp(v->text, OPERATOR_NONE))
		return 0;
	v->filter = library_filter(s->library, v->text, e);
	return v->filter ? 0 : -1;
}

static int parse_operator_delay(const struct scenario *s, struct setting *v, struct err *e)
{
	(void)s;
	return number_whole("operator.delay-ms", v->text, 0, 3600000, &v->number, e);
}

/* ------------------------------------------------------------------ the axes */

enum scope { OF_SITE, OF_CLIENT, OF_CLIENTS, OF_BACKGROUND, OF_OPERATOR, OF_CELL };

static const struct axis {
	enum scope scope;
	const char *name; /* behind "SITE." or "CLIENT." */
	enum setting_kind kind;
	int (*parse)(const struct scenario *s, struct setting *v, struct err *e);
} axes[] = {
	{OF_CELL, "seed", SETTING_SEED, parse_seed},
	{OF_CELL, "internet.firewall", SETTING_INTERNET_FIREWALL, parse_firewall},
	{OF_CELL, "recording", SETTING_RECORDING, parse_recording},
	{OF_CLIENTS, "version", SETTING_VERSION, parse_version},
	{OF_CLIENTS, "login", SETTING_LOGIN, parse_login},
	{OF_CLIENTS, "host-cache", SETTING_HOST_CACHE, parse_host_cache},
	{OF_CLIENTS, "operation", SETTING_OPERATION, parse_operation},
	{OF_BACKGROUND, "mix", SETTING_MIX, parse_mix},
	{OF_OPERATOR, "operator.signature", SETTING_OPERATOR_SIGNATURE, operator_signature},
	{OF_OPERATOR, "operator.policy", SETTING_OPERATOR_POLICY, parse_operator_policy},
	{OF_OPERATOR, "operator.delay-ms", SETTING_OPERATOR_DELAY, parse_operator_delay},
	{OF_SITE, "firewall", SETTING_FIREWALL, parse_firewall},
	{OF_SITE, "nat", SETTING_NAT, parse_nat},
	{OF_SITE, "cgn", SETTING_CGN, parse_cgn},
	{OF_SITE, "proxy", SETTING_PROXY, parse_proxy},
	{OF_SITE, "loss", SETTING_LOSS, parse_loss},
	{OF_SITE, "hosts", SETTING_HOSTS, parse_hosts},
	{OF_CLIENT, "version", SETTING_VERSION, parse_version},
	{OF_CLIENT, "login", SETTING_LOGIN, parse_login},
};

/* Is @a what @name names in @s? Then *of is the index of its site or client, or -1. */
static bool is_axis(const struct scenario *s, const struct axis *a, const char *name, int *of)
{
	const char *dot = strchr(name, '.'), *member = name;
	const struct scenario_site *site;
	const struct scenario_client *client;

	*of = -1;
	if (a->scope == OF_SITE || a->scope == OF_CLIENT) {
		if (!dot)
			return false;
		member = dot + 1;
		site = scenario_site(s, name, (size_t)(dot - name));
		client = scenario_client(s, name, (size_t)(dot - name));
		if (a->scope == OF_SITE && site)
			*of = (int)(site - s->sites);
		else if (a->scope == OF_CLIENT && client)
			*of = (int)(client - s->clients);
		else
			return false;
	}
	return !strcmp(member, a->name) && (a->scope != OF_CLIENTS || s->clients_len) &&
	       (a->scope != OF_BACKGROUND || s->background_len) &&
	       (a->scope != OF_OPERATOR || s->operator);
}

int setting_parse(const struct scenario *s, const char *axis, const char *text, struct setting *out,
		  struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(axes); i++) {
		int of;

		if (!is_axis(s, &axes[i], axis, &of))
			continue;
		*out = (struct setting){.kind = axes[i].kind, .of = of, .text = xstrdup(text)};
		if (axes[i].parse(s, out, e) == 0)
			return 0;
		setting_free(out);
		return -1;
	}
	return err_set(e,
		       "axis %.80s = %.80s, expected SITE.firewall, SITE.nat, SITE.cgn, "
		       "SITE.proxy, SITE.hosts, SITE.loss, "
		       "internet.firewall, operator.signature, operator.policy, "
		       "operator.delay-ms, CLIENT.version, CLIENT.login, version, login, "
		       "host-cache (known, empty), operation, mix, recording or seed",
		       axis, text);
}

struct setting setting_copy(const struct setting *v)
{
	struct setting copy = *v;

	copy.text = xstrdup(v->text);
	return copy;
}

void setting_free(struct setting *v)
{
	free(v->text);
	v->text = NULL;
}

bool setting_is_of_site(const struct setting *v)
{
	return v->kind == SETTING_FIREWALL || v->kind == SETTING_NAT || v->kind == SETTING_CGN ||
	       v->kind == SETTING_PROXY || v->kind == SETTING_HOSTS || v->kind == SETTING_LOSS;
}

void setting_clear(struct setting *v)
{
	setting_free(v);
	*v = (struct setting){.kind = SETTING_NONE, .of = -1, .text = xstrdup("-")};
}

/* ------------------------------------------------------------------ into a scenario */

static void put(char **where, const char *value)
{
	free(*where);
	*where = xstrdup(value);
}

static void apply_to_client(struct scenario_client *c, const struct setting *v)
{
	switch (v->kind) {
	case SETTING_VERSION:
		put(&c->version.name, v->text);
		c->version.version = v->version;
		break;
	case SETTING_LOGIN:
		c->login = v->login;
		break;
	default: /* SETTING_HOST_CACHE */
		c->fresh = v->fresh;
	}
}

static void apply_operation(struct scenario *s, const struct scenario_operation *o)
{
	for (unsigned i = 0; i < o->parts_len; i++) {
		const struct scenario_part *p = &o->parts[i];
		struct scenario_client *c = scenario_client(s, p->client, strlen(p->client));

		for (unsigned k = 0; k < c->script_len; k++)
			free(c->script[k]);
		free(c->script);
		c->script_len = p->script_len;
		c->script = xcalloc(p->script_len, sizeof(char *));
		for (unsigned k = 0; k < p->script_len; k++)
			c->script[k] = xstrdup(p->script[k]);
	}
}

static void apply_to_site(struct scenario_site *t, const struct setting *v)
{
	switch (v->kind) {
	case SETTING_FIREWALL:
		put(&t->firewall.name, v->text);
		t->firewall.policy = v->firewall;
		break;
	case SETTING_NAT:
		put(&t->nat.name, v->text);
		t->nat.policy = v->nat;
		break;
	case SETTING_CGN:
		put(&t->cgn.name, v->text);
		t->cgn.policy = v->nat;
		break;
	case SETTING_PROXY:
		t->proxy = v->proxy;
		break;
	case SETTING_LOSS:
		if (!t->link && v->percent > 0)
			t->link = xcalloc(1, sizeof(*t->link));
		if (t->link)
			t->link->loss_percent = v->percent;
		break;
	default: /* SETTING_HOSTS */
		t->hosts = (unsigned)v->number;
	}
}

void setting_apply(struct scenario *s, const struct setting *v)
{
	switch (v->kind) {
	case SETTING_NONE:
		break;
	case SETTING_FIREWALL:
	case SETTING_NAT:
	case SETTING_CGN:
	case SETTING_PROXY:
	case SETTING_HOSTS:
	case SETTING_LOSS:
		apply_to_site(&s->sites[v->of], v);
		break;
	case SETTING_VERSION:
	case SETTING_LOGIN:
	case SETTING_HOST_CACHE:
		for (unsigned i = 0; i < s->clients_len; i++)
			if (v->of < 0 || (unsigned)v->of == i)
				apply_to_client(&s->clients[i], v);
		break;
	case SETTING_INTERNET_FIREWALL:
		put(&s->internet_firewall.name, v->text);
		s->internet_firewall.policy = v->firewall;
		break;
	case SETTING_OPERATION:
		apply_operation(s, v->operation);
		break;
	case SETTING_MIX:
		for (unsigned i = 0; i < s->background_len; i++) {
			put(&s->background[i].mix.name, v->text);
			s->background[i].mix.mix = v->mix;
		}
		break;
	case SETTING_RECORDING:
		for (unsigned i = 0; i < s->recordings_len; i++)
			s->recordings[i].off = strcmp(s->recordings[i].capture, v->text) != 0;
		break;
	case SETTING_OPERATOR_SIGNATURE:
		put(&s->operator->signature, v->text);
		break;
	case SETTING_OPERATOR_POLICY:
		put(&s->operator->policy, v->text);
		s->operator->filter = v->filter;
		break;
	case SETTING_OPERATOR_DELAY:
		s->operator->delay_ms =(double) v->number;
		break;
	case SETTING_SEED:
		s->seed = v->number;
	}
}
