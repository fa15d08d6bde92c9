// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * picture_lines.c - the picture as lines of text, a client each
 *
 * TSV, so that a person reads it and awk too. What came from signatures and sensors is quoted as for a
 * terminal: it holds no tab, no newline and nothing that a terminal obeys.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/keyed_hash.h"

/* Addresses come from traffic, so nobody may aim at one bucket of the table. */
static uint64_t changes_key[2];
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)hash_keyed(changes_key, key, len))
#include <uthash.h>

#include "base/quote.h"
#include "detector/eve.h"
#include "operator/picture_lines.h"

static void put_head(FILE *out)
{
	fputs("client\taddresses\tstate\tsince\tfirst\tlast\tversion\tsuper_node\tcall\tsensors\t"
	      "sightings\tundecided\tblocked\twhy\n",
	      out);
}

static void put_time(FILE *out, uint64_t ts_ns)
{
	char text[EVE_TIME_LEN];

	fprintf(out, "\t%.23s", eve_time(ts_ns, text));
}

static void put_addresses(FILE *out, const struct client *c)
{
	char text[IP_TEXT_LEN];

	for (size_t i = 0; i < c->address_count; i++)
		fprintf(out, "%s%s", i ? "," : "\t", ip_text(&c->addresses[i], text));
}

static void put_sensors(FILE *out, const struct client *c)
{
	if (!c->sensor_count)
		fputs("\t-", out);
	for (size_t i = 0; i < c->sensor_count; i++)
		fprintf(out, "%s%s", i ? "," : "\t", quote_terminal(c->sensors[i]));
}

static void put_why(FILE *out, const struct client *c)
{
	const struct sighting *s = client_kept(c, 0);

	if (!s) {
		fputs("\t-", out);
		return;
	}
	fprintf(out, "\t%s %s %s", event_kind_text(s->kind), quote_terminal(s->signature),
		quote_terminal(s->rule));
	for (size_t i = 0; i < s->evidence_count; i++)
		fprintf(out, "%s%s", i ? "," : " ", quote_terminal(s->evidence[i].message));
}

/* "flow ... while it lasts: signature rule,client ... until ...: signature rule" */
static void put_blocks(FILE *out, const struct client *c)
{
	char text[EVE_TIME_LEN];

	if (!c->blocks.n)
		fprintf(out, "\t%s", c->blocks.more ? "?" : "-");
	for (size_t i = 0; i < c->blocks.n; i++) {
		const struct client_block *b = &c->blocks.list[i];

		fprintf(out, "%s%s%s", i ? "," : "\t", b->dry_run ? "dry run: " : "",
			quote_terminal(b->what));
		if (b->until_ns)
			fprintf(out, " until %.23s", eve_time(b->until_ns, text));
		else
			fputs(" while it lasts", out);
		fprintf(out, ": %s", quote_terminal(b->why));
	}
}

static void put_client(FILE *out, const struct client *c)
{
	char text[ENDPOINT_TEXT_LEN];

	fputs(ip_text(&c->ip, text), out);
	put_addresses(out, c);
	fprintf(out, "\t%s",
		c->undecided == client_sightings(c) ? "undecided" : client_state_text(c->state));
	put_time(out, c->since_ns);
	put_time(out, c->first_ns);
	put_time(out, c->last_ns);
	fprintf(out, "\t%s", c->version_count ? quote_terminal(c->versions[0]) : "-");
	fprintf(out, "\t%s", c->super_node.ip.family ? endpoint_text(&c->super_node, text) : "-");
	if (c->in_call)
		put_time(out, c->call_since_ns);
	else
		fputs("\t-", out);
	put_sensors(out, c);
	fprintf(out, "\t%llu\t%llu", (unsigned long long)client_sightings(c),
		(unsigned long long)c->undecided);
	put_blocks(out, c);
	put_why(out, c);
	fputc('\n', out);
}

/* All clients; the list is (owned) by the caller, *n long. */
static const struct client **all_of(const struct picture *p, size_t *n)
{
	const struct client **list;

	*n = picture_clients(p, NULL, 0);
	list = xcalloc(*n + 1, sizeof(const struct client *));
	picture_clients(p, list, *n);
	return list;
}

void picture_lines(FILE *out, const struct picture *p)
{
	size_t n;
	const struct client **list = all_of(p, &n);

	put_head(out);
	for (size_t i = 0; i < n; i++)
		put_client(out, list[i]);
	free(list);
}

/* ------------------------------------------------------------------ changes */

struct printed {
	struct ip ip;
	uint64_t digest;
	bool there; /* in the picture that is being printed */
	UT_hash_handle hh;
};

struct picture_changes {
	struct printed *table;
	bool begun;
};

struct picture_changes *picture_changes_new(void)
{
	static const uint64_t fallback[2] = {0xcafe, 0x5eed};

	if (!changes_key[0])
		hash_key_new(changes_key, fallback);
	return xcalloc(1, sizeof(struct picture_changes));
}

/* Forgets who is not there any more. */
static void forget(struct picture_changes *c)
{
	struct printed *next;

	for (struct printed *x = c->table; x; x = next) {
		next = x->hh.next;
		if (x->there)
			continue;
		HASH_DEL(c->table, x);
		free(x);
	}
}

static void all_gone(struct picture_changes *c)
{
	for (struct printed *x = c->table; x; x = x->hh.next)
		x->there = false;
}

void picture_changes_free(struct picture_changes *c)
{
	all_gone(c);
	forget(c);
	free(c);
}

/* Of what a change of is worth a line. */
static uint64_t digest_of(const struct client *c)
{
	uint64_t h = fnv1a(&c->state, sizeof(c->state));
	bool undecided = c->undecided == client_sightings(c);

	h = fnv1a_more(h, c->addresses, c->address_count * sizeof(c->addresses[0]));
	h = fnv1a_more(h, c->sensors, c->sensor_count * sizeof(c->sensors[0]));
	h = fnv1a_more(h, c->versions, sizeof(c->versions[0]));
	h = fnv1a_more(h, &c->super_node, sizeof(c->super_node));
	h = fnv1a_more(h, &c->in_call, sizeof(c->in_call));
	h = fnv1a_more(h, &undecided, sizeof(undecided));
	for (size_t i = 0; i < c->blocks.n; i++)
		h = fnv1a_more(h, c->blocks.list[i].what, strlen(c->blocks.list[i].what));
	return h;
}

/* Whether @client has to be printed; notes that it was. */
static bool changed(struct picture_changes *c, const struct client *client)
{
	uint64_t digest = digest_of(client), before;
	struct printed *x;

	HASH_FIND(hh, c->table, &client->ip, sizeof(client->ip), x);
	before = x ? x->digest : ~digest;
	if (!x) {
		x = xcalloc(1, sizeof(*x));
		x->ip = client->ip;
		HASH_ADD(hh, c->table, ip, sizeof(x->ip), x);
	}
	x->digest = digest;
	x->there = true;
	return before != digest;
}

void picture_changes_print(struct picture_changes *c, FILE *out, const struct picture *p)
{
	size_t n;
	const struct client **list = all_of(p, &n);

	all_gone(c);
	if (!c->begun)
		put_head(out);
	c->begun = true;
	for (size_t i = 0; i < n; i++)
		if (changed(c, list[i]))
			put_client(out, list[i]);
	forget(c);
	free(list);
}
