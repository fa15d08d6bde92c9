// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * subject.c - names of flows in tables, written and read back
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "results/score/subject.h"

void subject_of_flow(const struct tuple *t, char out[SUBJECT_LEN])
{
	char a[ENDPOINT_TEXT_LEN], b[ENDPOINT_TEXT_LEN];

	snprintf(out, SUBJECT_LEN, "%s %s %s", t->proto == IPPROTO_UDP ? "udp" : "tcp",
		 endpoint_text(&t->src, a), endpoint_text(&t->dst, b));
}

int subject_parse_flow(const char *text, struct tuple *out)
{
	char proto[4], a[ENDPOINT_TEXT_LEN], b[ENDPOINT_TEXT_LEN];

	if (sscanf(text, "%3s %55s %55s", proto, a, b) != 3)
		return -1;
	out->proto = !strcmp(proto, "udp") ? IPPROTO_UDP : IPPROTO_TCP;
	return endpoint_parse(a, &out->src) < 0 ? -1 : endpoint_parse(b, &out->dst);
}

bool subject_is_at(const char *host, const char *vantage)
{
	size_t n = strcspn(vantage, ".");

	return !strncmp(host, vantage, n) && host[n] == '-';
}
