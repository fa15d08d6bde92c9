// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_origin.c - the report's last section: what the run was made from
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/outfile.h"
#include "results/report/html.h"
#include "results/report/report_origin.h"

const char *report_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void put_fact(FILE *f, const char *what, const char *value)
{
	html_printf(f, "<dt>%s</dt><dd>%s</dd>\n", what, value);
}

static int put_digest(FILE *f, const char *what, const char *path, struct err *e)
{
	char hex[65];

	if (file_sha256(path, hex, e) < 0)
		return -1;
	html_printf(f, "<dt>%s</dt><dd>%s <code class=\"dim\">%s</code></dd>\n", what,
		    report_base_name(path), hex);
	return 0;
}

int report_origin(FILE *f, const struct manifest_facts *m, struct err *e)
{
	struct utsname u;
	char text[64];

	uname(&u);
	fputs("<h2 id=\"origin\">Origin</h2>\n<dl>\n", f);
	put_fact(f, "program", "skypelab " SKYPELAB_VERSION);
	put_fact(f, "kernel", u.release);
	if (m) {
		put_fact(f, "command", m->command ? m->command : "-");
		snprintf(text, sizeof(text), "%llu", (unsigned long long)m->seed);
		put_fact(f, "seed", text);
		snprintf(text, sizeof(text), "%u%s", m->repeat ? m->repeat : 1,
			 m->seed_by_repetition ? ", each with the next seed" : "");
		put_fact(f, "repetitions of a cell", text);
		snprintf(text, sizeof(text), "%.1f s real, %.0f s emulated", m->ended - m->started,
			 m->emulated_s);
		put_fact(f, "time", text);
		if (m->truth_digest)
			put_fact(f, "messages, SHA-256", m->truth_digest);
		if (m->scenario && put_digest(f, "scenario", m->scenario, e) < 0)
			return -1;
		for (size_t i = 0; i < m->n_signatures; i++)
			if (put_digest(f, "signature", m->signatures[i], e) < 0)
				return -1;
		for (size_t i = 0; i < m->n_inputs; i++)
			if (put_digest(f, "input", m->inputs[i], e) < 0)
				return -1;
	}
	fputs("</dl>\n<p class=\"dim\">manifest.json in the run's folder lists the SHA-256 of "
	      "every "
	      "file of the run.</p>\n",
	      f);
	return 0;
}
