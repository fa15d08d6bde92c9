// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gaps RECORDED RECEIVED [FACTOR] - how true to time a replay was
 *
 * Compares the distances between frames of a recording (divided by FACTOR) with those of the frames
 * received, one to one in order. Prints: frames, drift over the whole in ms, and the error of the
 * single gaps in us: median, 99th percentile, largest.
 */
#include <math.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

static double *times(const char *path, size_t *n)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	struct pcap_pkthdr *h;
	const u_char *data;
	double *t = NULL;
	size_t cap = 0;

	*n = 0;
	if (!p) {
		log_error("%s", why);
		exit(EXIT_USAGE);
	}
	while (pcap_next_ex(p, &h, &data) == 1) {
		if (*n == cap)
			t = xrealloc(t, (cap = cap ? cap * 2 : 4096) * sizeof(*t));
		t[(*n)++] = (double)h->ts.tv_sec * 1e6 + (double)h->ts.tv_usec / 1e3;
	}
	pcap_close(p);
	for (size_t i = *n; i-- > 0;)
		t[i] -= t[0];
	return t;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	double factor = argc > 3 ? strtod(argv[3], NULL) : 1, *a, *b, *gap, last = 0;
	size_t n, m;

	if (argc < 3)
		return fprintf(stderr, "usage: gaps RECORDED RECEIVED [FACTOR]\n"), EXIT_USAGE;
	a = times(argv[1], &n);
	b = times(argv[2], &m);
	if (n != m || n < 2) {
		log_error("%zu frames recorded, %zu received", n, m);
		return EXIT_NO;
	}
	gap = xcalloc(n, sizeof(*gap));
	for (size_t i = 1; i < n;
	     i++) { /* a recording whose clock ran back is sent without a gap */
		double want = (a[i] > last ? a[i] - last : 0) / factor;

		last = a[i] > last ? a[i] : last;
		gap[i - 1] = fabs(b[i] - b[i - 1] - want);
	}
	qsort(gap, n - 1, sizeof(*gap), by_value);
	printf("%zu %.3f %.1f %.1f %.1f\n", n, (b[n - 1] - last / factor) / 1000, gap[(n - 1) / 2],
	       gap[(size_t)((double)(n - 1) * 0.99)], gap[n - 2]);
	return EXIT_DONE;
}
