// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame_edit.c - rewriting recorded frames: addresses, ports, lengths, checksums
 *
 * Direction. The client of a flow is the sender of its SYN; without a SYN, the side that sent from
 * a port above 1023 to one below 1024; failing that, the side that sent first. The MAC rules and
 * the choice of the second interface depend on it.
 *
 * Addresses change by prefix maps; those that no map matches change by seed. A map keeps the bits
 * behind its prefix. The seed flips bits that do not decide the kind of address (private networks
 * stay private; multicast and broadcast are left alone), so no two addresses become the same one.
 * Addresses inside ARP change too. Checksums are recomputed where a packet was changed or padded; a
 * UDP checksum of zero (none) stays. A length that was left to the network card (0) is written down.
 *
 * Limits. Addresses inside payloads and packets inside tunnels are not touched.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/bytes.h"
#include "base/capture/ip_header.h"
#include "base/rng.h"
#include "replay/recorded/frame_edit.h"
#include "replay/recorded/frame_parts.h"

struct edited_flow {
	struct flow_key key;
	bool a_is_client; /* the key's first end */
	UT_hash_handle hh;
};

struct frame_editor {
	struct frame_rules rules;
	uint32_t flips; /* bits of addresses to flip, from the seed */
	bool directed;	/* a frame's direction is needed */
	struct edited_flow *flows;
};

struct frame_editor *frame_editor_new(const struct frame_rules *rules)
{
	struct frame_editor *ed = xcalloc(1, sizeof(*ed));
	struct rng rng;

	ed->rules = *rules;
	ed->directed = !rules->one_way || rules->set_src_mac[0] || rules->set_src_mac[1] ||
		       rules->set_dst_mac[0] || rules->set_dst_mac[1];
	rng_init(&rng, rules->seed, "frame addresses");
	ed->flips = rng_u32(&rng);
	return ed;
}

void frame_editor_free(struct frame_editor *ed)
{
	struct edited_flow *f, *next;

	if (!ed)
		return;
	f = ed->flows;
	HASH_CLEAR(hh, ed->flows);
	for (; f; f = next) {
		next = f->hh.next;
		free(f);
	}
	free(ed);
}

/* --- direction ---------------------------------------------------------------------------- */

static struct ip address(const uint8_t *p, bool v4)
{
	struct ip ip = {.family = v4 ? 4 : 6};

	memcpy(ip.b, p, v4 ? 4 : 16);
	return ip;
}

static bool has_ports(const struct frame_parts *p)
{
	return (p->proto == IPPROTO_TCP && p->l4_len >= 20) ||
	       (p->proto == IPPROTO_UDP && p->l4_len >= 8);
}

static bool flow_to_client(struct frame_editor *ed, const struct frame_parts *p)
{
	struct tuple t = {.proto = p->proto,
			  .src.ip = address(p->ip + (p->v4 ? 12 : 8), p->v4),
			  .dst.ip = address(p->ip + (p->v4 ? 16 : 24), p->v4)};
	struct endpoint_key src;
	struct flow_key key;
	struct edited_flow *f;
	bool src_is_a, src_is_client = true;

	if (has_ports(p)) {
		t.src.port = get_be16(p->l4);
		t.dst.port = get_be16(p->l4 + 2);
	}
	key = flow_key(&t);
	src = endpoint_key(&t.src);
	src_is_a = !memcmp(&key.a, &src, sizeof(src));
	HASH_FIND(hh, ed->flows, &key, sizeof(key), f);
	if (f)
		return f->a_is_client != src_is_a;
	if (p->proto == IPPROTO_TCP && has_ports(p) && (p->l4[13] & 0x02))
		src_is_client = !(p->l4[13] & 0x10); /* SYN without ACK */
	else if ((t.src.port < 1024) != (t.dst.port < 1024))
		src_is_client = t.dst.port < 1024;
	f = xcalloc(1, sizeof(*f));
	f->key = key;
	f->a_is_client = src_is_client == src_is_a;
	HASH_ADD(hh, ed->flows, key, sizeof(f->key), f);
	return !src_is_client;
}

bool frame_addresses(const struct frame *f, struct ip *src, struct ip *dst)
{
	struct frame_parts p;

	if (!frame_parts(f, &p))
		return false;
	*src = address(p.ip + (p.v4 ? 12 : 8), p.v4);
	*dst = address(p.ip + (p.v4 ? 16 : 24), p.v4);
	return true;
}

void frame_untag(struct frame *f)
{
	unsigned type, at = frame_network_at(f, &type);

	if (at <= 14)
		return;
	memmove(f->data + 12, f->data + at - 2, f->len - (at - 2));
	f->len -= at - 14;
}

/* --- rewriting ---------------------------------------------------------------------------- */

/* The bits of an address that the seed may flip. */
static uint32_t free_bits(uint32_t a)
{
	if (a >> 24 == 10)
		return 0x00ffffff;
	if (a >> 20 == 0xac1)
		return 0x000fffff;
	if (a >> 16 == 0xc0a8)
		return 0x0000ffff;
	if (a >> 24 == 127 || a >> 24 == 0 || a >> 28 >= 0xe || (a & 0xff) == 0xff ||
	    a >> 16 == 0xa9fe)
		return 0;
	/* The first octet stays, so that no address becomes private or leaves unicast. The second
	 * stays too where part of the first octet's addresses are special. */
	switch (a >> 24) {
	case 100:
	case 169:
	case 172:
	case 192:
	case 198:
		return 0x0000ffff;
	}
	return 0x00ffffff;
}

static bool map_address(const struct frame_editor *ed, uint8_t *p, bool v4)
{
	const struct frame_rules *r = &ed->rules;

	if (frame_map_bytes(r, p, v4))
		return true;
	if (r->use_seed && v4) {
		uint32_t a = get_be32(p);
		uint32_t mapped = a ^ (ed->flips & free_bits(a) & ~0xffu) ^
				  (free_bits(a) ? ed->flips & 0x7e : 0);

		/* The last octet must not become 255, which would be a broadcast. */
		if ((mapped & 0xff) == 0xff)
			mapped = a ^ (ed->flips & free_bits(a) & ~0xffu);
		put_be32(p, mapped);
		return mapped != a;
	}
	return false;
}

static bool map_ports(const struct frame_editor *ed, const struct frame_parts *p)
{
	bool changed = false;

	if (!has_ports(p))
		return false;
	for (unsigned side = 0; side < 4; side += 2)
		for (size_t i = 0; i < ed->rules.port_count; i++)
			if (get_be16(p->l4 + side) == ed->rules.ports[i].from) {
				put_be16(p->l4 + side, ed->rules.ports[i].to);
				changed = true;
				break;
			}
	return changed;
}

static void repair(const struct frame_parts *p)
{
	if (p->v4)
		ipv4_checksum_set(p->ip);
	if (!p->whole || !has_ports(p))
		return;
	if (p->proto == IPPROTO_UDP && p->v4 && !get_be16(p->l4 + 6))
		return;
	if (p->proto == IPPROTO_UDP && get_be16(p->l4 + 4) != p->l4_len)
		return; /* its length field is wrong: leave the checksum alone */
	transport_checksum_set(p->proto, p->ip + (p->v4 ? 12 : 8), p->v4 ? 8 : 32, p->l4,
			       p->l4_len);
}

static void edit_arp(const struct frame_editor *ed, struct frame *f)
{
	unsigned type, at = frame_network_at(f, &type);

	if (!at || type != 0x0806 || f->len < at + 28 || get_be16(f->data + at + 2) != 0x0800)
		return;
	map_address(ed, f->data + at + 14, true);
	map_address(ed, f->data + at + 24, true);
}

/* Writes down a length that the header left to the network card. A jumbogram's does not fit. */
static bool state_length(const struct frame_parts *p)
{
	if (!p->unstated || p->ip_len - (p->v4 ? 0 : 40) > 65535)
		return false;
	if (p->v4)
		put_be16(p->ip + 2, (uint16_t)p->ip_len);
	else
		put_be16(p->ip + 4, (uint16_t)(p->ip_len - 40));
	return true;
}

void frame_edit(struct frame_editor *ed, struct frame *f)
{
	const struct frame_rules *r = &ed->rules;
	struct frame_parts p;
	bool ip = frame_parts(f, &p), changed = f->short_one || r->repair;

	f->to_client = ip && ed->directed && flow_to_client(ed, &p);
	if (r->set_src_mac[f->to_client])
		memcpy(f->data + 6, r->src_mac[f->to_client], 6);
	if (r->set_dst_mac[f->to_client] && !(f->data[0] & 1))
		memcpy(f->data, r->dst_mac[f->to_client], 6);
	if (!ip) {
		edit_arp(ed, f);
		return;
	}
	changed |= state_length(&p);
	changed |= map_address(ed, p.ip + (p.v4 ? 12 : 8), p.v4);
	changed |= map_address(ed, p.ip + (p.v4 ? 16 : 24), p.v4);
	changed |= map_ports(ed, &p);
	if (changed)
		repair(&p);
}
