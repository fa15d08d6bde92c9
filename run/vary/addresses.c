// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * addresses.c - what addresses and ports become in a copy
 *
 * A /24 becomes another /24, so that neighbours stay neighbours; private networks become others in
 * 10/8 (all private ones when that is full), so that private stays private. Within a /24 hosts are
 * shifted. Of IPv6 the same is done with a /64. Addresses with a meaning of their own (loopback,
 * link-local, multicast) stay. Only ports of Skype endpoints change; no port follows from another.
 * All of it follows from the seed and can be undone.
 *
 * Limits: what a network becomes depends on which came before it, where two would become one. When
 * there are more private networks (of hosts that are shown apart) than IPv4 has, the copy fails:
 * vary_addresses_full().
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/rng.h"
#include "run/vary/addresses.h"

#define PORT_TRIES   4096
#define PUBLIC_TRIES 1000 /* enough while one network in 20 is free */

/* A /24 or /64 and what it became; also keyed the other way round. */
struct prefix_key {
	uint64_t prefix; /* the network's bits, right-aligned */
	uint32_t of;	 /* number of the host, see vary_address_of() */
	uint32_t family;
};

struct new_prefix {
	struct prefix_key key;
	uint64_t value;
	UT_hash_handle hh;
};

struct port_key {
	struct ip ip;
	uint16_t port;
};

/* A port of a Skype endpoint. The address in @key is the original's, in the way back too. */
struct new_port {
	struct port_key key;
	uint16_t value;
	UT_hash_handle hh;
};

struct vary_addresses {
	uint64_t seed;
	bool keep, full;
	uint32_t next_private; /* all private networks before it are taken */
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

static struct prefix_key prefix_key(uint8_t family, uint64_t prefix, uint32_t of)
{
	struct prefix_key key;

	memset(&key, 0, sizeof(key));
	key.prefix = prefix;
	key.of = of;
	key.family = family;
	return key;
}

static struct new_prefix *prefix_find(struct new_prefix *map, const struct prefix_key *key)
{
	struct new_prefix *p;

	HASH_FIND(hh, map, key, sizeof(*key), p);
	return p;
}

static void prefix_add(struct new_prefix **map, const struct prefix_key *key, uint64_t value)
{
	struct new_prefix *p = xcalloc(1, sizeof(*p));

	p->key = *key;
	p->value = value;
	HASH_ADD(hh, *map, key, sizeof(p->key), p);
}

static bool prefix_taken(const struct vary_addresses *v, uint8_t family, uint64_t prefix)
{
	struct prefix_key key = prefix_key(family, prefix, 0);

	return prefix_find(v->prefixes_back, &key) != NULL;
}

/* The private /24s, numbered: 10/8, 100.64/10, 172.16/12, 192.168/16. */
#define PRIVATE_NETS (65536U + 16384U + 4096U + 256U)

static uint32_t private_net(uint32_t i)
{
	if (i < 65536)
		return 0x0a0000 + i;
	i -= 65536;
	if (i < 16384)
		return 0x644000 + i;
	i -= 16384;
	return i < 4096 ? 0xac1000 + i : 0xc0a800 + i - 4096;
}

/* A free private /24: by chance from 10/8 and, where that is nearly full, the next one. */
static uint32_t new_private(struct vary_addresses *v, struct rng *r)
{
	uint32_t at = 0;

	for (int tries = 0; tries < 32; tries++) {
		at = rng_u32(r) >> 8 & 0xffff;
		if (!prefix_taken(v, 4, private_net(at)))
			return private_net(at);
	}
	for (; v->next_private < PRIVATE_NETS; v->next_private++) /* nothing becomes free again */
		if (!prefix_taken(v, 4, private_net(v->next_private)))
			return private_net(v->next_private++);
	v->full = true;
	return private_net(at);
}

static uint64_t new_prefix4(struct vary_addresses *v, uint32_t old, struct rng *r)
{
	uint32_t made = 0;

	if (is_private4(old << 8))
		return new_private(v, r);
	for (int tries = 0; tries < PUBLIC_TRIES; tries++) {
		made = rng_u32(r) >> 8;
		if (!is_special(made << 8) && !is_private4(made << 8) && !prefix_taken(v, 4, made))
			return made;
	}
	v->full = true;
	return made;
}

/* Private networks stay in fd00::/8, all others in 2000::/3. */
static uint64_t new_prefix6(const struct vary_addresses *v, uint64_t old, struct rng *r)
{
	uint64_t made;

	do {
		made = rng_u64(r);
		made = old >> 57 == 0x7e ? (made >> 8 | 0xfdULL << 56) : (made >> 3 | 0x1ULL << 61);
	} while (prefix_taken(v, 6, made));
	return made;
}

static uint64_t prefix_of(struct vary_addresses *v, uint8_t family, uint64_t old, uint32_t of)
{
	struct prefix_key key = prefix_key(family, old, of), back;
	struct new_prefix *p = prefix_find(v->prefixes, &key);
	struct rng r;
	char name[48];
	uint64_t made;

	if (p)
		return p->value;
	if (of)
		snprintf(name, sizeof(name), "net%08" PRIx64 " of %u", old, of);
	else
		snprintf(name, sizeof(name), "net%08" PRIx64, old);
	rng_init(&r, v->seed, name);
	made = family == 4 ? new_prefix4(v, (uint32_t)old, &r) : new_prefix6(v, old, &r);
	back = prefix_key(family, made, 0);
	prefix_add(&v->prefixes, &key, made);
	if (!prefix_find(v->prefixes_back, &back))
		prefix_add(&v->prefixes_back, &back, old);
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

/* Interface identifiers are masked, which undoes itself; 0 (the network's routers) stays, so the mask
 * must too. */
static uint64_t mask_host(const struct vary_addresses *v, uint64_t host)
{
	uint64_t mask = rng_mix(v->seed);

	return host && host != mask ? host ^ mask : host;
}

static uint64_t half(const struct ip *ip, int at)
{
	return (uint64_t)get_be32(ip->b + at) << 32 | get_be32(ip->b + at + 4);
}

static struct ip ip6(uint64_t prefix, uint64_t host)
{
	struct ip ip = {.family = 6};

	put_be32(ip.b, (uint32_t)(prefix >> 32));
	put_be32(ip.b + 4, (uint32_t)prefix);
	put_be32(ip.b + 8, (uint32_t)(host >> 32));
	put_be32(ip.b + 12, (uint32_t)host);
	return ip;
}

/* ::/64 (unspecified, loopback, mapped IPv4), link-local, multicast */
static bool is_special6(const struct ip *ip)
{
	return !half(ip, 0) || ip->b[0] == 0xff || (ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80);
}

static uint32_t address4_of(struct vary_addresses *v, uint32_t ip, uint32_t of)
{
	if (is_special(ip) || (v->keep && !of))
		return ip;
	return (uint32_t)prefix_of(v, 4, ip >> 8, of) << 8 | shift_host(v, ip & 0xff, 1);
}

struct ip vary_address_of(struct vary_addresses *v, const struct ip *ip, uint32_t of)
{
	if (ip->family == 4)
		return ip4(address4_of(v, ip4_host(ip), of));
	if (ip->family != 6 || is_special6(ip) || (v->keep && !of))
		return *ip;
	return ip6(prefix_of(v, 6, half(ip, 0), of), mask_host(v, half(ip, 8)));
}

static struct ip original_address(const struct vary_addresses *v, const struct ip *ip)
{
	uint32_t host = ip4_host(ip);
	bool v4 = ip->family == 4;
	struct prefix_key key = prefix_key(ip->family, v4 ? host >> 8 : half(ip, 0), 0);
	const struct new_prefix *p = prefix_find(v->prefixes_back, &key);

	if (!p)
		return *ip;
	return v4 ? ip4((uint32_t)p->value << 8 | shift_host(v, host & 0xff, -1))
		  : ip6(p->value, mask_host(v, half(ip, 8)));
}

bool vary_addresses_full(const struct vary_addresses *v)
{
	return v->full;
}

void vary_address_bytes(void *addresses, uint8_t p[4])
{
	put_be32(p, address4_of(addresses, get_be32(p), 0));
}

/* Ports that have a meaning: well-known ones and those that Skype's own servers listen on. */
bool vary_port_is_fixed(uint16_t port)
{
	return port < 1024 || port == 33033 || port == 12350 || port == 13392 || port == 12340 ||
	       (port >= 40001 && port <= 40050);
}

static struct port_key port_key(const struct ip *ip, uint16_t port)
{
	struct port_key key;

	memset(&key, 0, sizeof(key));
	key.ip = *ip;
	key.port = port;
	return key;
}

static void port_add(struct new_port **map, const struct ip *ip, uint16_t port, uint16_t value)
{
	struct port_key key = port_key(ip, port);
	struct new_port *p;

	HASH_FIND(hh, *map, &key, sizeof(key), p);
	if (p)
		return;
	p = xcalloc(1, sizeof(*p));
	p->key = key;
	p->value = value;
	HASH_ADD(hh, *map, key, sizeof(p->key), p);
}

static uint16_t port_find(struct new_port *map, const struct ip *ip, uint16_t port)
{
	struct port_key key = port_key(ip, port);
	struct new_port *p;

	HASH_FIND(hh, map, &key, sizeof(key), p);
	return p ? p->value : port;
}

/* The port that a client listens on is any; of those that a system hands out, ranges differ: 1026 to
 * 5000 (clients of 1.4, and Windows then), 32768 up (Linux). Where all are taken it keeps its own. */
static uint16_t new_port_of(const struct vary_addresses *v, const struct ip *ip, uint16_t port,
			    bool ephemeral)
{
	uint32_t lo = ephemeral && port > 5000 ? port < 32768 ? 5001 : 32768 : 1026, made;
	uint32_t hi = !ephemeral || port >= 32768 ? 65535 : port > 5000 ? 32767 : 5000;
	uint64_t host = ip->family == 4 ? ip4_host(ip) : fnv1a(ip->b, sizeof(ip->b));
	uint64_t noise = v->seed ^ rng_mix(host << 16 | port);

	if (vary_port_is_fixed(port) || port < 1026)
		return port;
	for (int tries = 0; tries < PORT_TRIES; tries++) {
		noise = rng_mix(noise);
		made = lo + (uint32_t)(noise % (hi - lo + 1));
		if (!vary_port_is_fixed((uint16_t)made) && made != port &&
		    port_find(v->ports_back, ip, (uint16_t)made) == made)
			return (uint16_t)made;
	}
	return port;
}

void vary_addresses_port(struct vary_addresses *v, const struct endpoint *end, bool ephemeral)
{
	struct port_key key = port_key(&end->ip, end->port);
	struct new_port *p;
	uint16_t made;

	HASH_FIND(hh, v->ports, &key, sizeof(key), p);
	if (!end->ip.family || p)
		return;
	made = new_port_of(v, &end->ip, end->port, ephemeral);
	port_add(&v->ports, &end->ip, end->port, made);
	port_add(&v->ports_back, &end->ip, made, end->port);
}

uint16_t vary_port(const struct vary_addresses *v, const struct endpoint *end)
{
	return port_find(v->ports, &end->ip, end->port);
}

void vary_addresses_restore(const struct vary_addresses *v, struct endpoint *end)
{
	if (!end->ip.family)
		return;
	end->ip = original_address(v, &end->ip);
	end->port = port_find(v->ports_back, &end->ip, end->port);
}
