// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sites.c - --site and --internet: a lab without a scenario file
 *
 * Policies are loaded here; lab_check() finds out whether the values together make a lab.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/lab/sites.h"

static int set_key(struct sites *all, struct lab_site_spec *s, const char *key, const char *value,
		   struct err *e)
{
	uint64_t hosts;
	double v;

	if (!strcmp(key, "firewall"))
		return (s->firewall = policies_firewall(&all->policies, value, e)) ? 0 : -1;
	if (!strcmp(key, "nat"))
		return (s->nat = policies_nat(&all->policies, value, e)) ? 0 : -1;
	if (!strcmp(key, "cgn"))
		return (s->cgn = policies_nat(&all->policies, value, e)) ? 0 : -1;
	if (strcmp(key, "hosts") != 0 && strcmp(key, "delay") != 0 && strcmp(key, "jitter") != 0 &&
	    strcmp(key, "loss") != 0 && strcmp(key, "rate") != 0)
		return err_set(e,
			       "--site: '%s' is not one of hosts, firewall, nat, cgn, delay, "
			       "jitter, loss, rate",
			       key);
	if (!strcmp(key, "hosts")) {
		if (number_whole(key, value, 1, LAB_HOSTS_MAX, &hosts, e) < 0)
			return err_push(e, "--site");
		s->hosts = (unsigned)hosts;
		return 0;
	}
	if (number_real(key, value, 0, 1e15, &v, e) < 0)
		return err_push(e, "--site");
	if (!strcmp(key, "delay"))
		s->link.delay_ms = v;
	else if (!strcmp(key, "jitter"))
		s->link.jitter_ms = v;
	else if (!strcmp(key, "loss"))
		s->link.loss = v;
	else
		s->link.rate_bps = (uint64_t)v;
	return 0;
}

int sites_add(struct sites *s, const char *text, struct err *e)
{
	char *copy = xstrdup(text), *save = NULL, *part;
	struct lab_site_spec *site;

	s->site = xrealloc(s->site, (s->n + 1) * sizeof(*s->site));
	s->text = xrealloc(s->text, (s->n + 1) * sizeof(*s->text));
	site = &s->site[s->n];
	s->text[s->n++] = copy;
	*site = (struct lab_site_spec){.hosts = 1};
	site->name = strtok_r(copy, ",", &save);
	if (!site->name)
		return err_set(e, "--site: the name of the site is missing");
	while ((part = strtok_r(NULL, ",", &save))) {
		char *value = strchr(part, '=');

		if (!value)
			return err_set(e, "--site: '%s': expected KEY=VALUE", part);
		*value++ = '\0';
		if (set_key(s, site, part, value, e) < 0)
			return -1;
	}
	return 0;
}

int sites_add_internet(struct sites *s, const char *text, struct err *e)
{
	char *copy = xstrdup(text), *slash = strchr(copy, '/');
	struct lab_prefix p = {.len = 32};
	uint64_t len = 32;
	bool good = true;

	if (slash) {
		*slash++ = '\0';
		good = number_is_whole(slash, &len) && len <= 32;
	}
	if (ip_parse(copy, &p.ip) < 0 || p.ip.family != 4 || !good) {
		free(copy);
		return err_set(e, "--internet %s: expected an IPv4 ADDRESS[/LENGTH]", text);
	}
	free(copy);
	p.len = (unsigned)len;
	s->internet = xrealloc(s->internet, (s->n_internet + 1) * sizeof(*s->internet));
	s->internet[s->n_internet++] = p;
	return 0;
}

struct lab_spec sites_spec(struct sites *s)
{
	s->taps = xcalloc(3 * s->n + 1, sizeof(*s->taps));
	for (size_t i = 0; i < s->n; i++) {
		s->taps[s->n_taps++] = xasprintf("%s.lan", s->site[i].name);
		s->taps[s->n_taps++] = xasprintf("%s.wan", s->site[i].name);
		if (s->site[i].cgn)
			s->taps[s->n_taps++] = xasprintf("%s.cgn", s->site[i].name);
	}
	s->taps[s->n_taps++] = xstrdup("core");
	return (struct lab_spec){.name = "lab",
				 .seed = s->seed,
				 .sites = s->site,
				 .n_sites = s->n,
				 .internet = s->internet,
				 .n_internet = s->n_internet,
				 .taps = (const char *const *)s->taps,
				 .n_taps = s->n_taps};
}

void sites_free(struct sites *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->text[i]);
	for (size_t i = 0; i < s->n_taps; i++)
		free(s->taps[i]);
	free(s->taps);
	free(s->text);
	free(s->site);
	free(s->internet);
	policies_free(&s->policies);
	memset(s, 0, sizeof(*s));
}
