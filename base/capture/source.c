// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * source.c - what every input of a capture has: link types with their decoders and filters
 *
 * A source has one link in all formats but pcapng, where each interface may be of another type. A
 * filter is compiled per link, because its offsets depend on the link type.
 */
#include <stdlib.h>
#include <string.h>

#include "base/capture/order.h"
#include "base/capture/source.h"

#define LINKS_MAX 256 /* more than there are supported; each new interface looks through them */

int linktype_dlt(uint32_t linktype)
{
	switch (linktype) { /* where the two number spaces differ, see pcap-linktype(7) */
	case 50:
		return DLT_PPP_SERIAL;
	case 51:
		return DLT_PPP_ETHER;
	case 12: /* raw IP before it had a number: 12 on most systems, 14 on OpenBSD */
	case 14:
	case 101:
		return DLT_RAW;
	default:
		return linktype > INT32_MAX ? -1 : (int)linktype;
	}
}

int source_unsupported(const struct source *s, int dlt, struct err *e)
{
	const char *name = dlt < 0 ? NULL : pcap_datalink_val_to_name(dlt);

	return err_set(e, "%s: unsupported link type %d (%s)", s->name, dlt,
		       name ? name : "unknown");
}

long source_add_link(struct source *s, int dlt, struct err *e)
{
	struct source_link *l;
	pcap_t *dead;
	int rc;

	if (s->nlinks == LINKS_MAX)
		return err_set(e, "%s: more than %d link types; what follows cannot be read",
			       s->name, LINKS_MAX);
	s->links = xrealloc(s->links, (s->nlinks + 1) * sizeof(*s->links));
	l = &s->links[s->nlinks];
	memset(l, 0, sizeof(*l));
	l->dlt = dlt;
	l->decoder = decoder_knows(dlt) ? decoder_new(dlt, NULL) : NULL;
	if (s->filter && l->decoder) {
		dead = pcap_open_dead(dlt, (int)FRAME_MAX);
		rc = dead ? pcap_compile(dead, &l->filter, s->filter, 1, PCAP_NETMASK_UNKNOWN) : -1;
		if (rc < 0)
			err_set(e, "%s: filter '%s': %s", s->name, s->filter,
				dead ? pcap_geterr(dead) : "cannot be compiled");
		if (dead)
			pcap_close(dead);
		if (rc < 0) {
			decoder_free(l->decoder);
			return -1;
		}
		l->filtered = true;
	}
	return s->nlinks++;
}

void source_note(struct source *s, enum source_odd kind, int64_t value)
{
	struct source_oddity *o = &s->odd[kind];

	if (!o->frames++) {
		o->first = s->number + 1;
		o->value = value;
	}
}

void source_odd_length(struct source *s, struct source_frame *out)
{
	source_note(s, out->len > WIRE_MAX ? ODD_WIRE_LENGTH : ODD_SHORT, out->len);
	out->len = out->caplen;
}

void source_free(struct source *s)
{
	if (!s)
		return;
	order_free(s);
	s->close(s);
	for (uint32_t i = 0; i < s->nlinks; i++) {
		decoder_free(s->links[i].decoder);
		if (s->links[i].filtered)
			pcap_freecode(&s->links[i].filter);
	}
	free(s->links);
	free(s->name);
	free(s);
}

int source_check_filter(const char *filter, struct err *e)
{
	static const int tries[] = {DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL2, DLT_IEEE802_11_RADIO};
	struct bpf_program prog;
	int rc = -1;

	for (size_t i = 0; i < ARRAY_LEN(tries) && rc < 0; i++) {
		pcap_t *dead = pcap_open_dead(tries[i], (int)FRAME_MAX);

		rc = pcap_compile(dead, &prog, filter, 1, PCAP_NETMASK_UNKNOWN);
		if (!rc)
			pcap_freecode(&prog);
		else if (!i)
			err_set(e, "filter '%s': %s", filter, pcap_geterr(dead));
		pcap_close(dead);
	}
	return rc;
}
