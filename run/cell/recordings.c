// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recordings.c - a cell's recorded captures: read, put on their nodes, reported
 *
 * The first host of the recording's site plays the recorded client; the internet node plays all of
 * its remotes. By conversation, the remotes are addresses of the internet node, because sockets are
 * bound to them. By frame, no node has their addresses: frames from and to them are only carried,
 * and nobody answers.
 *
 * In a matrix over recordings, those that the cell does not play are marked `off`.
 */
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "base/path.h"
#include "run/cell/recordings.h"

static void append(struct ip **list, size_t *n, const struct ip *more, size_t k)
{
	if (!k)
		return;
	*list = xrealloc(*list, (*n + k) * sizeof(**list));
	memcpy(*list + *n, more, k * sizeof(**list));
	*n += k;
}

static struct frame_pacing pacing_of(const struct scenario_recording *r)
{
	if (r->top_speed)
		return (struct frame_pacing){.pace = PACE_TOP};
	if (r->pps > 0)
		return (struct frame_pacing){.pace = PACE_PACKETS, .rate = r->pps};
	if (r->mbps > 0)
		return (struct frame_pacing){.pace = PACE_BITS, .rate = r->mbps * 1e6};
	return (struct frame_pacing){.pace = PACE_RECORDED,
				     .factor = r->factor > 0 ? r->factor : 1};
}

static int load_frames(struct recordings *r, unsigned i, const struct conversation_spec *same,
		       struct err *e)
{
	const struct scenario_recording *rec = &r->s->recordings[i];
	struct frame_replay_spec spec = {.capture = same->capture,
					 .labels = same->labels,
					 .client = same->client,
					 .version = same->version,
					 .pacing = pacing_of(rec),
					 .to_s = rec->limit_s};
	const struct ip *ips;
	size_t n;

	for (unsigned k = 0; k < rec->map_len; k++)
		if (frame_rules_map(&spec.rules, rec->map[k], e) < 0)
			return -1;
	for (unsigned k = 0; k < rec->port_len; k++)
		if (frame_rules_port(&spec.rules, rec->port[k], e) < 0)
			return -1;
	r->frames[i] = frame_replay_load(&spec, e);
	if (!r->frames[i])
		return -1;
	ips = frame_replay_remotes(r->frames[i], &n);
	append(&r->remotes.silent, &r->remotes.n_silent, ips, n);
	return 0;
}

static int load_conversation(struct recordings *r, unsigned i, const struct conversation_spec *spec,
			     struct err *e)
{
	const struct ip *ips;
	size_t n;

	r->conversations[i] = conversation_load(spec, e);
	if (!r->conversations[i])
		return -1;
	ips = conversation_remotes(r->conversations[i], &n);
	append(&r->remotes.ips, &r->remotes.n, ips, n);
	return 0;
}

static int load_one(struct recordings *r, unsigned i, struct err *e)
{
	const struct scenario_recording *rec = &r->s->recordings[i];
	char *capture = path_in(corpora_dir(), rec->capture);
	char *labels = rec->labels ? path_in(corpora_dir(), rec->labels) : NULL;
	struct conversation_spec spec = {
		.capture = capture,
		.labels = labels,
		.version = rec->version ? rec->version : "",
		.keep_addresses = rec->keep_addresses,
		.to_s = rec->limit_s,
	};
	int rc;

	if (rec->client && ip_parse(rec->client, &spec.client) < 0)
		rc = err_set(e, "%s: client %s, expected an address", r->s->path, rec->client);
	else
		rc = rec->replay == REPLAY_FRAME ? load_frames(r, i, &spec, e)
						 : load_conversation(r, i, &spec, e);
	free(capture);
	free(labels);
	return rc;
}

/* An address cannot both be bound and be left without a node. */
static int check_remotes(const struct recordings *r, struct err *e)
{
	char text[IP_TEXT_LEN];

	for (size_t i = 0; i < r->remotes.n; i++)
		for (size_t k = 0; k < r->remotes.n_silent; k++)
			if (ip_eq(&r->remotes.ips[i], &r->remotes.silent[k]))
				return err_set(e,
					       "%s: %s is a remote of a recording by conversation "
					       "and of one by frame, expected two scenarios",
					       r->s->path, ip_text(&r->remotes.ips[i], text));
	return 0;
}

int recordings_load(struct recordings *r, const struct scenario *s, struct err *e)
{
	r->s = s;
	r->conversations = xcalloc(s->recordings_len, sizeof(*r->conversations));
	r->frames = xcalloc(s->recordings_len, sizeof(*r->frames));
	for (unsigned i = 0; i < s->recordings_len; i++)
		if (!s->recordings[i].off && load_one(r, i, e) < 0)
			return -1;
	return check_remotes(r, e);
}

size_t recordings_played(const struct recordings *r)
{
	size_t n = 0;

	for (unsigned i = 0; i < r->s->recordings_len; i++)
		n += r->conversations[i] || r->frames[i];
	return n;
}

static int start_frames(struct frame_replay *p, struct lab *lab, struct dialogs *dialogs,
			const char *node, void (*ended)(void *arg), void *arg, struct err *e)
{
	struct frame_replay_side client = {lab_node_netns(lab, node), node, {0}, {0}};
	struct frame_replay_side remote = {
		lab_node_netns(lab, INTERNET_NODE), INTERNET_NODE, {0}, {0}};
	struct ip ip = lab_node_ip(lab, node);

	if (!lab_node_macs(lab, node, client.own_mac, client.peer_mac) ||
	    !lab_node_macs(lab, INTERNET_NODE, remote.own_mac, remote.peer_mac))
		return err_set(e, "node %s has no link to send frames on", node);
	return frame_replay_start(p, dialogs_loop(dialogs), dialogs_truth(dialogs), &client,
				  &remote, &ip, ended, arg, e);
}

int recordings_start(struct recordings *r, struct lab *lab, struct dialogs *dialogs,
		     void (*ended)(void *arg), void *arg, struct err *e)
{
	for (unsigned i = 0; i < r->s->recordings_len; i++) {
		const struct scenario_recording *rec = &r->s->recordings[i];
		char node[LAB_NAME_LEN];
		struct conversation_nodes where = {.client_node = node,
						   .remote_node = INTERNET_NODE};

		snprintf(node, sizeof(node), "%.20s-h1", rec->site);
		if (r->frames[i] &&
		    start_frames(r->frames[i], lab, dialogs, node, ended, arg, e) < 0)
			return -1;
		if (!r->conversations[i])
			continue;
		where.client_netns = lab_node_netns(lab, node);
		where.client_ip = lab_node_ip(lab, node);
		where.remote_netns = lab_node_netns(lab, INTERNET_NODE);
		where.public_ip = lab_site_public_ip(lab, rec->site);
		if (conversation_start(r->conversations[i], dialogs, r->s->seed, &where, ended, arg,
				       e) < 0)
			return -1;
	}
	return 0;
}

char *recordings_fates_path(const char *dir, unsigned nth)
{
	return nth > 1 ? path_inf(dir, "fates.%u.tsv", nth) : path_in(dir, "fates.tsv");
}

int recordings_write_fates(const struct recordings *r, const char *dir, struct err *e)
{
	unsigned played = 0;

	for (unsigned i = 0; i < r->s->recordings_len; i++) {
		char *path;
		int rc;

		if (!r->conversations[i])
			continue;
		path = recordings_fates_path(dir, ++played);
		rc = conversation_write_fates(r->conversations[i], path, e);
		free(path);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int recordings_ended(const struct recordings *r, struct err *e)
{
	for (unsigned i = 0; i < r->s->recordings_len; i++)
		if (r->frames[i] && frame_replay_ended(r->frames[i], e) < 0)
			return -1;
	return 0;
}

void recordings_facts(const struct recordings *r, json_t *facts)
{
	json_t *list = json_array(), *damaged = json_array();

	for (unsigned i = 0; i < r->s->recordings_len; i++) {
		struct frame_replay_stats st;
		const char *damage = r->conversations[i] ? conversation_damage(r->conversations[i])
				     : r->frames[i]	 ? frame_replay_damage(r->frames[i])
							 : NULL;

		if (damage)
			json_array_append_new(damaged, json_string(damage));
		if (!r->frames[i])
			continue;
		frame_replay_stats(r->frames[i], &st);
		json_array_append_new(
			list,
			json_pack("{sssIsIsIsIsIsIsIsI}", "capture", r->s->recordings[i].capture,
				  "sent", (json_int_t)st.sent, "segmented",
				  (json_int_t)st.segmented, "fragmented", (json_int_t)st.fragmented,
				  "too_long", (json_int_t)st.too_long, "failed",
				  (json_int_t)st.failed, "not_ipv4", (json_int_t)st.not_ipv4,
				  "other_hosts", (json_int_t)st.other_hosts, "multicast",
				  (json_int_t)st.multicast));
	}
	if (json_array_size(list))
		json_object_set(facts, "frames", list);
	if (json_array_size(damaged))
		json_object_set(facts, "damaged", damaged);
	json_decref(list);
	json_decref(damaged);
}

void recordings_free(struct recordings *r)
{
	for (unsigned i = 0; r->s && i < r->s->recordings_len; i++) {
		conversation_free(r->conversations[i]);
		frame_replay_free(r->frames[i]);
	}
	free(r->conversations);
	free(r->frames);
	free(r->remotes.ips);
	free(r->remotes.silent);
}
