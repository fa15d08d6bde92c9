// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * write.c - a draft as a signature file, and as a table
 *
 * Every constraint has its figures behind it as a comment: the positive flows and hosts in which it
 * holds, of those that fulfil all others of its rule; and the negative flows that it alone keeps out.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/draft/write.h"
#include "base/err.h"
#include "base/quote.h"

#define NAME_ROOM 24

struct step_names {
	char text[DRAFT_STEPS][NAME_ROOM];
	const char *name[DRAFT_STEPS];
};

static bool from_client(const struct draft_rule *r, int step)
{
	return r->by_client != r->reply[step];
}

/* "client1", "server1", "client2". */
static void name_steps(const struct draft_rule *r, struct step_names *n)
{
	int count[2] = {0, 0};

	for (int i = 0; i < DRAFT_STEPS; i++) {
		bool client = from_client(r, i);

		snprintf(n->text[i], NAME_ROOM, "%s%d", client ? "client" : "server",
			 ++count[client]);
		n->name[i] = n->text[i];
	}
}

static bool is_near(const struct draft_rule *r)
{
	return rule_has(r, DRAFT_NEAR_CLIENT) || rule_has(r, DRAFT_NEAR_SERVER);
}

static void put_figures(const struct draft_constraint *c, FILE *f)
{
	fprintf(f, " # %" PRIu64 " of %" PRIu64 " flows, %zu of %zu hosts; ", c->held, c->of,
		c->hosts, c->hosts_of);
	if (c->excludes || c->bits < 1)
		fprintf(f, "alone keeps out %" PRIu64, c->excludes);
	else
		fprintf(f, "keeps out noise, 1 in 2^%.0f stays", c->bits);
	if (constraint_is_text(c))
		fprintf(f, "; text %.*s", c->length, (const char *)c->value);
}

/* ---- one message ---- */

static void put_kind(const struct draft_rule *r, int step, enum draft_kind kind,
		     const struct step_names *n, FILE *f)
{
	enum draft_form form = constraint_form(kind);
	bool first = true;

	for (int i = 0; i < r->n; i++) {
		const struct draft_constraint *c = &r->constraints[i];

		if (c->step != step || c->kind != kind)
			continue;
		if (form == DRAFT_ALONE)
			fprintf(f, "        %s: ", constraint_key(kind));
		else if (first)
			fprintf(f, "        %s:\n", constraint_key(kind));
		if (form != DRAFT_ALONE)
			fprintf(f, "          %s", form == DRAFT_LIST ? "- " : "");
		constraint_put(c, f, n->name);
		put_figures(c, f);
		fputc('\n', f);
		first = false;
	}
}

static void put_step(const struct draft_rule *r, int step, const struct step_names *n, FILE *f)
{
	fprintf(f, "      - message: %s\n        from: %s\n", n->name[step],
		from_client(r, step) ? "client" : "server");
	for (int k = 0; k < DRAFT_NEAR_CLIENT; k++)
		if (constraint_form((enum draft_kind)k) != DRAFT_OF_RULE)
			put_kind(r, step, (enum draft_kind)k, n, f);
}

/* ---- one rule ---- */

/* Time that a rule may take: four times the longest seen, as a round figure. */
static const char *span_text(uint64_t ns)
{
	static const struct {
		uint64_t s;
		const char *text;
	} spans[] = {{10, "10 s"}, {30, "30 s"}, {60, "60 s"}, {300, "5 min"}, {1800, "30 min"}};

	for (size_t i = 0; i < ARRAY_LEN(spans); i++)
		if (ns / 250000000 <= spans[i].s)
			return spans[i].text;
	return "2 h";
}

static const char *client_text(const struct draft_rule *r)
{
	if (!r->tcp)
		return "local";
	return r->by_client ? "initiator" : "responder";
}

static const char *event_of(const struct draft_rule *r)
{
	if (r->tcp && r->sessions * 2 > r->covers)
		return "session-start";
	return is_near(r) ? "flow" : "evidence";
}

static const char *about(const struct draft_rule *r)
{
	if (rule_has(r, DRAFT_NEAR_CLIENT))
		return " of a known client";
	return rule_has(r, DRAFT_NEAR_SERVER) ? " to a known server" : "";
}

struct uses {
	bool clients, servers, counting;
};

static struct uses uses_of(const struct draft *d)
{
	struct uses u = {false, false, false};

	for (size_t i = 0; i < d->n; i++) {
		u.clients |= rule_has(&d->rules[i], DRAFT_NEAR_CLIENT);
		u.counting |= rule_has(&d->rules[i], DRAFT_COUNTER);
		u.servers |= rule_has(&d->rules[i], DRAFT_NEAR_SERVER);
	}
	return u;
}

static void put_then(const struct draft_rule *r, struct uses u, const struct step_names *n, FILE *f)
{
	bool clients = u.clients && !is_near(r);

	fprintf(f, "    then:\n      event: %s\n", event_of(r));
	for (int i = 0; i < r->n; i++) {
		if (r->constraints[i].kind != DRAFT_COUNTER)
			continue;
		fputs("      count: ", f);
		constraint_put(&r->constraints[i], f, n->name);
		put_figures(&r->constraints[i], f);
		fputc('\n', f);
	}
	if (r->tcp || (!clients && !u.servers))
		return;
	fputs("      remember:\n", f);
	if (clients)
		fputs("        - {in: clients, key: [client]}\n", f);
	if (u.servers)
		fputs("        - {in: servers, key: [client-ip, server]}\n", f);
}

static void put_near(const struct draft_rule *r, FILE *f)
{
	for (int i = 0; i < r->n; i++) {
		const struct draft_constraint *c = &r->constraints[i];

		if (c->kind != DRAFT_NEAR_CLIENT && c->kind != DRAFT_NEAR_SERVER)
			continue;
		fputs("    flow:\n      known: ", f);
		constraint_put(c, f, NULL);
		put_figures(c, f);
		fputc('\n', f);
	}
}

static void put_rule(const struct draft *d, size_t i, FILE *f)
{
	const struct draft_rule *r = &d->rules[i];
	struct step_names names;

	name_steps(r, &names);
	fprintf(f,
		"  # %" PRIu64 " of %" PRIu64 " positive flows, %zu of %zu hosts; %" PRIu64
		" of %" PRIu64 " negative flows; noise: 1 in 2^%.0f\n",
		r->covers, d->positives, r->hosts, d->hosts, r->negatives, d->negatives, r->bits);
	fprintf(f, "  - rule: %s %zu%s\n    proto: %s\n    client: %s\n", r->tcp ? "tcp" : "udp",
		i + 1, about(r), r->tcp ? "tcp" : "udp", client_text(r));
	if (r->steps > 1)
		fprintf(f, "    within: %s\n", span_text(r->span_ns));
	put_near(r, f);
	fputs("    steps:\n", f);
	for (int s = 0; s < r->steps; s++)
		put_step(r, s, &names, f);
	put_then(r, uses_of(d), &names, f);
}

/* ---- the file ---- */

/* A text as the inside of a YAML string in single quotes. */
static void put_quoted(const char *text, FILE *f)
{
	fputc('\'', f);
	for (const char *p = quote_terminal(text); *p; p++)
		fputs(*p == '\'' ? "''" : (char[]){*p, 0}, f);
	fputs("'\n", f);
}

static void put_notes(const char *notes, FILE *f)
{
	char *copy = xstrdup(notes), *save = NULL;

	fputs("notes: |\n", f);
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		fprintf(f, "  %s\n", quote_terminal(line));
	free(copy);
}

void draft_write(const struct draft *d, const struct draft_head *head, FILE *f)
{
	struct uses u = uses_of(d);

	fprintf(f, "signature: %s\nrevision: 1\napplication: %s\ndate: \"%s\"\n", head->name,
		head->application, head->date);
	fprintf(f, "title: Drafted from labelled captures; to be read before it is used\nsource: ");
	put_quoted(head->source, f);
	fputs("versions: []\n", f);
	put_notes(head->notes, f);
	if (u.clients || u.servers || u.counting)
		fputs("sets:\n", f);
	if (u.counting)
		fputs("  counting: 10 min # client's address and port: flows in a row\n", f);
	if (u.clients)
		fputs("  clients: 24 h # address and port of a client that a rule has found\n", f);
	if (u.servers)
		fputs("  servers: 24 h # client's address, address and port of whom it spoke "
		      "with\n",
		      f);
	fputs("rules:\n", f);
	for (size_t i = 0; i < d->n; i++)
		put_rule(d, i, f);
}

void draft_table(const struct draft *d, FILE *f)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct draft_rule *r = &d->rules[i];
		struct step_names names;

		name_steps(r, &names);
		fprintf(f,
			"%s %zu%s: %" PRIu64 " of %" PRIu64
			" positive flows, %zu of %zu hosts; %" PRIu64 " of %" PRIu64
			" negative flows; noise 1 in 2^%.0f\n",
			r->tcp ? "tcp" : "udp", i + 1, about(r), r->covers, d->positives, r->hosts,
			d->hosts, r->negatives, d->negatives, r->bits);
		fprintf(f, "  %10s %12s %10s  constraint\n", "holds in", "hosts", "alone out");
		for (int k = 0; k < r->n; k++) {
			const struct draft_constraint *c = &r->constraints[k];

			fprintf(f, "  %4" PRIu64 "/%-5" PRIu64 " %6zu/%-5zu %10" PRIu64 "  %s %s: ",
				c->held, c->of, c->hosts, c->hosts_of, c->excludes,
				names.name[c->step], constraint_key(c->kind));
			constraint_put(c, f, names.name);
			fputc('\n', f);
		}
	}
	fprintf(f,
		"%" PRIu64 " of %" PRIu64 " positive flows covered, %" PRIu64
		" set apart; %zu of %zu hosts\n",
		d->covered, d->positives, d->positives - d->covered, d->hosts_found, d->hosts);
}
