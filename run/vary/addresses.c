// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * addresses.c - what addresses and ports become in a copy
 *
 * A /24 becomes another /24, so that neighbours stay neighbours; private networks become others in
 * 10/8, so that private stays private. Within a /24 hosts are shifted. Addresses with a meaning of
 * their own (loopback, link-local, multicast) stay. Only ports of Skype endpoints change; no port
 * follows from another. All of it follows from the seed and can be undone.
 *
 * Limit: IPv4. What a /24 becomes depends on which came before it, where two would become one.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/rng.h"
#include "run/vary/addresses.h"

/* A /24 and what it became; also keyed the other way round. */
struct new_prefix {
	uint64_t key; /* with the number of the host, see vary_address_of(), above bit 24 */
	uint64_t value;
	UT_hash_handle hh;
};

struct port_key {
	uint32_t ip;
	uint32_t port;
};

/* A port of a Skype endpoint. The address in @key is the original's, in the way back too. */
struct new_port {
	struct port_key key;
	uint16_t value;
	UT_hash_handle hh;
};

struct vary_addresses {
	uint64_t seed;
	bool keep;
	struct new_prefix *prefixes, *prefixes_back;
	struct new_port *ports, *ports_back;
};

struct vary_addresses *vary_addresses_new(uint64_t seed, bool keep)
{
	struct vary_addresses *v = xcalloc(1, sizeof(*v));

	v->seed = seed;
	v->keep = keep;
	return v;
}

static void prefixes_free(struct new_prefix *map)
{
	struct new_prefix *p, *next;

	HASH_ITER (hh, map, p, next) {
		HASH_DEL(map, p);
		free(p);
	}
}

static void ports_free(struct new_port *map)
{
	struct new_port *p, *next;

	HASH_ITER (hh, map, p, next) {
		HASH_DEL(map, p);
		free(p);
	}
}

void vary_addresses_free(struct vary_addresses *v)
{
	if (!v)
		return;
	prefixes_free(v->prefixes);
	prefixes_free(v->prefixes_back);
	ports_free(v->ports);
	ports_free(v->ports_back);
	free(v);
}

static bool is_special(uint32_t ip)
{
	uint8_t a = (uint8_t)(ip >> 24);

	return a == 0 || a == 127 || a >= 224 || (ip >> 16) == 0xa9fe;
}

static bool is_private4(uint32_t ip)
{
	struct ip a = ip4(ip);

	return ip_is_private(&a);
}

static struct new_prefix *prefix_find(struct new_prefix *map, uint64_t key)
{
	struct new_prefix *p;

	HASH_FIND(hh, map, &key, sizeof(key), p);
	return p;
}

static void prefix_add(struct new_prefix **map, uint64_t key, uint64_t value)
{
	struct new_prefix *p = xcalloc(1, sizeof(*p));

	p->key = key;
	p->value = value;
	HASH_ADD(hh, *map, key, sizeof(p->key), p);
}

static uint32_t prefix_of(struct vary_addresses *v, uint32_t old, uint32_t of)
{
	uint64_t key = (uint64_t)of << 24 | old;
	struct new_prefix *p = prefix_find(v->prefixes, key);
	bool private = is_private4(old << 8);
	struct rng r;
	char name[32];
	uint32_t made;

	if (p)
		return (uint32_t)p->value;
	snprintf(name, sizeof(name), of ? "net%08x of %u" : "net%08x", old, of);
	rng_init(&r, v->seed, name);
	do {
		made = rng_u32(&r) >> 8;
		if (private)
			made = 0x0a0000 | (made & 0xffff);
	} while (is_special(made << 8) || is_private4(made << 8) != private ||
		 prefix_find(v->prefixes_back, made));
	prefix_add(&v->prefixes, key, made);
	prefix_add(&v->prefixes_back, made, old);
	return made;
}

/* Host numbers 1 to 254 are shifted in a circle by a step of the seed's; .0 and .255 may have a
 * meaning and stay. */
static uint32_t shift_host(const struct vary_addresses *v, uint32_t host, int sign)
{
	int step = (int)(v->seed % 254);

	if (host == 0 || host == 255)
		return host;
	return (uint32_t)(((int)host - 1 + sign * step + 254) % 254) + 1;
}

uint32_t vary_address_of(struct vary_addresses *v, uint32_t ip, uint32_t of)
{
	if (is_special(ip) || (v->keep && !of))
		return ip;
	return prefix_of(v, ip >> 8, of) << 8 | shift_host(v, ip & 0xff, 1);
}

static uint32_t original_address(const struct vary_addresses *v, uint32_t ip)
{
	const struct new_prefix *p = prefix_find(v->prefixes_back, ip >> 8);

	return p ? (uint32_t)p->value << 8 | shift_host(v, ip & 0xff, -1) : ip;
}

void vary_address_bytes(void *addresses, uint8_t p[4])
{
	put_be32(p, vary_address_of(addresses, get_be32(p), 0));
}

/* Ports that have a meaning: well-known ones and those that Skype's own servers listen on. */
bool vary_port_is_fixed(uint16_t port)
{
	return port < 1024 || port == 33033 || port == 12350 || port == 13392 || port == 12340 ||
	       (port >= 40001 && port <= 40050);
}

static void port_add(struct new_port **map, uint32_t ip, uint16_t port, uint16_t value)
{
	struct port_key key = {ip, port};
	struct new_port *p;

	HASH_FIND(hh, *map, &key, sizeof(key), p);
	if (p)
		return;
	p = xcalloc(1, sizeof(*p));
	p->key = key;
	p->value = value;
	HASH_ADD(hh, *map, key, sizeof(p->key), p);
}

static uint16_t port_find(struct new_port *map, uint32_t ip, uint16_t port)
{
	struct port_key key = {ip, port};
	struct new_port *p;

	HASH_FIND(hh, map, &key, sizeof(key), p);
	return p ? p->value : port;
}

/* The port that a client listens on is any; of those that a system hands out, ranges differ: 1026 to
 * 5000 (clients of 1.4, and Windows then), 32768 up (Linux). */
static uint16_t new_port_of(const struct vary_addresses *v, uint32_t ip, uint16_t port,
			    bool ephemeral)
{
	uint32_t lo = ephemeral && port > 5000 ? port < 32768 ? 5001 : 32768 : 1026, made;
	uint32_t hi = !ephemeral || port >= 32768 ? 65535 : port > 5000 ? 32767 : 5000;
	uint64_t noise = v->seed ^ rng_mix((uint64_t)ip << 16 | port);

	if (vary_port_is_fixed(port) || port < 1026)
		return port;
	do {
		noise = rng_mix(noise);
		made = lo + (uint32_t)(noise % (hi - lo + 1));
	} while (vary_port_is_fixed((uint16_t)made) || made == port ||
		 port_find(v->ports_back, ip, (uint16_t)made) != made);
	return (uint16_t)made;
}

void vary_addresses_port(struct vary_addresses *v, const struct endpoint *end, bool ephemeral)
{
	uint32_t ip = ip4_host(&end->ip);
	struct port_key key = {ip, end->port};
	struct new_port *p;
	uint16_t made;

	HASH_FIND(hh, v->ports, &key, sizeof(key), p);
	if (end->ip.family != 4 || p)
		return;
	made = new_port_of(v, ip, end->port, ephemeral);
	port_add(&v->ports, ip, end->port, made);
	port_add(&v->ports_back, ip, made, end->port);
}

uint16_t vary_port(const struct vary_addresses *v, uint32_t ip, uint16_t port)
{
	return port_find(v->ports, ip, port);
}

void vary_addresses_restore(const struct vary_addresses *v, struct endpoint *end)
{
	uint32_t ip = ip4_host(&end->ip);

	if (end->ip.family != 4)
		return;
	ip = original_address(v, ip);
	end->port = port_find(v->ports_back, ip, end->port);
	end->ip = ip4(ip);
}
