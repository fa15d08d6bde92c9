/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SCENARIO_SETTING_H
#define RUN_SCENARIO_SETTING_H

#include "base/err.h"
#include "run/scenario/scenario.h"

/* What an axis of the matrix can set. */
enum setting_kind {
	SETTING_NONE,		    /* the cell has nothing that the axis could set; text "-" */
	SETTING_FIREWALL,	    /* SITE.firewall */
	SETTING_NAT,		    /* SITE.nat */
	SETTING_CGN,		    /* SITE.cgn */
	SETTING_PROXY,		    /* SITE.proxy */
	SETTING_LOSS,		    /* SITE.loss */
	SETTING_HOSTS,		    /* SITE.hosts */
	SETTING_INTERNET_FIREWALL,  /* internet.firewall */
	SETTING_VERSION,	    /* CLIENT.version; version: of all clients */
	SETTING_LOGIN,		    /* CLIENT.login; login: of all clients */
	SETTING_HOST_CACHE,	    /* host-cache: of all clients */
	SETTING_OPERATION,	    /* operation: the scripts of the clients that it names */
	SETTING_MIX,		    /* mix: of all background entries */
	SETTING_RECORDING,	    /* recording: only this capture is played */
	SETTING_OPERATOR_SIGNATURE, /* operator.signature */
	SETTING_OPERATOR_POLICY,    /* operator.policy */
	SETTING_OPERATOR_DELAY,	    /* operator.delay-ms */
	SETTING_SEED,		    /* seed */
};

/**
 * struct setting - one value of an axis, parsed
 * @kind:	What it sets
 * @of:		Index of the site or client it belongs to; -1 = all of them
 * @text:	The value as written (owned)
 * @nat:	NULL = no NAT ("public")
 * @filter:	NULL = no operator ("none")
 * Parsed files are owned by the scenario's library.
 */
struct setting {
	enum setting_kind kind;
	int of;
	char *text;
	union {
		const struct firewall *firewall;
		const struct nat_policy *nat;
		const struct version *version;
		const struct mix *mix;
		const struct filter_policy *filter;
		enum login_mode login;
		enum lab_proxy proxy;
		bool fresh; /* host cache */
		const struct scenario_operation *operation;
		double percent;	 /* loss */
		uint64_t number; /* hosts, seed, delay in ms */
	};
};

/* Parses the value @text of the axis @axis; files are loaded into the library of @s. 0, or -1 with
 * @e set: there is no such axis, or the value does not fit it. Free with setting_free(). */
int setting_parse(const struct scenario *s, const char *axis, const char *text, struct setting *out,
		  struct err *e);
struct setting setting_copy(const struct setting *v);
void setting_free(struct setting *v);
/* Does it set something of one site, whose index is @of? */
bool setting_is_of_site(const struct setting *v);
/* Makes it one that sets nothing. */
void setting_clear(struct setting *v);
/* Puts a value in its place in @s. */
void setting_apply(struct scenario *s, const struct setting *v);

#endif
