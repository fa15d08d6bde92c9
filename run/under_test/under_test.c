// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * under_test.c - which foreign detectors are under test, by the words that name them
 *
 * A word is NAME or NAME:RULES. A word that is a file of its own is a definition, whatever colon it
 * has in its path; of several colons the first counts with a name or a file before it and a file or a
 * folder behind it. Two rule sets of one detector are two detectors to the tables: each goes by its
 * name and the name of its rules' file.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/quote.h"
#include "run/detect/captures.h"
#include "run/detect/named_signatures.h"
#include "run/foreign/foreign.h"
#include "run/under_test/under_test.h"

#define SIGNATURE_BYTES 63 /* of struct detection */

const char *foreign_name(const struct foreign_detector *d)
{
	return d->list.names[0];
}

const struct under_test *under_test_at(const struct under_test *u, unsigned most,
				       unsigned repetition)
{
	return u->n && (!most || repetition <= most) ? u : NULL;
}

/* Whether the part of a word up to @colon may be a definition: a file, or a name without a path. */
static bool may_define(const char *word, const char *colon)
{
	char *part = xasprintf("%.*s", (int)(colon - word), word);
	struct stat st;
	bool may = !strchr(part, '/') || (stat(part, &st) == 0 && S_ISREG(st.st_mode));

	free(part);
	return may;
}

/* The colon between a definition and its rules; NULL = there is none. Where no colon has both on its sides it is the
 * first one behind a definition, so that a fault names what is missing; else the first. */
static const char *colon_of(const char *word)
{
	const char *first = strchr(word, ':'), *defined = NULL;

	for (const char *colon = first; colon; colon = strchr(colon + 1, ':')) {
		if (!may_define(word, colon))
			continue;
		if (access(colon + 1, F_OK) == 0)
			return colon;
		defined = defined ? defined : colon;
	}
	return defined ? defined : first;
}

/* The part of a word that names a definition (owned); *@rules: the part behind the colon, or NULL. */
static char *definition_of(const char *word, const char **rules)
{
	const char *colon = access(word, F_OK) == 0 ? NULL : colon_of(word);

	*rules = colon ? colon + 1 : NULL;
	return colon ? xasprintf("%.*s", (int)(colon - word), word) : xstrdup(word);
}

/* Sets what tables call it. 0, or -1 with @e set. */
static int set_name(struct foreign_detector *d, struct err *e)
{
	char *name = d->rules ? xasprintf("%s:%s", d->adapter->name, capture_name(d->rules))
			      : xstrdup(d->adapter->name);
	int rc = name_check(name, SIGNATURE_BYTES, e);

	if (rc == 0) {
		named_signatures_add(&d->list, name, d->version, NULL);
		d->list.detector = d->adapter->name;
		d->list.hosts_only = d->adapter->claims == ADAPTER_CLAIMS_HOST;
		d->list.no_sessions = !d->adapter->sessions;
	}
	free(name);
	return rc;
}

static int load_one(struct foreign_detector *d, const char *word, struct err *e)
{
	const char *rules;
	char *definition = definition_of(word, &rules);
	int rc = -1;

	d->word = xstrdup(word);
	d->adapter = adapter_load(definition, e);
	d->rules = rules ? xstrdup(rules) : NULL;
	if (d->rules && access(d->rules, R_OK) < 0)
		err_sys(e, "%s: %s: cannot read the rules", word, d->rules);
	else if (d->adapter && foreign_version(d->adapter, d->version, e) == 0)
		rc = set_name(d, e);
	free(definition);
	return rc;
}

/* Whether something before it goes by the name of the last detector. */
static int check_name(const struct under_test *u, const struct signature_set *set, struct err *e)
{
	const char *name = foreign_name(&u->d[u->n - 1]);

	for (size_t i = 0; i + 1 < u->n; i++)
		if (!strcmp(foreign_name(&u->d[i]), name))
			return err_set(e, "%s: two detectors of one name; name each once", name);
	for (size_t i = 0; set && i < signatures_count(set); i++)
		if (!strcmp(signatures_info(set, i)->name, name))
			return err_set(e,
				       "%s: a signature and a detector of one name; rename the "
				       "signature, or the detector in a copy of %s",
				       name, u->d[u->n - 1].adapter->path);
	return 0;
}

/* 0, or -1 with @e set. Rules may be a folder, which has no digest. */
static int put_digest(json_t *o, const char *key, const char *path, struct err *e)
{
	struct stat st;
	char hex[65];

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	if (file_sha256(path, hex, e) < 0)
		return -1;
	json_object_set_new(o, key, json_string(hex));
	return 0;
}

/* Adds what there is to say of a detector. 0, or -1 with @e set. */
static int add_facts(json_t *facts, const struct foreign_detector *d, struct err *e)
{
	json_t *o = json_pack("{sssssssssbsb}", "word", quote_terminal(d->word), "detector",
			      d->adapter->name, "signature", foreign_name(d), "version", d->version,
			      "sessions", d->adapter->sessions, "hosts_only", d->list.hosts_only);
	int rc = put_digest(o, "definition_sha256", d->adapter->path, e);

	if (rc == 0 && d->rules)
		rc = put_digest(o, "rules_sha256", d->rules, e);
	json_array_append_new(facts, o);
	return rc;
}

int under_test_load(struct under_test *u, const char *const *words, size_t n,
		    const struct signature_set *set, struct err *e)
{
	*u = (struct under_test){.d = xcalloc(n + 1, sizeof(*u->d)), .facts = json_array()};
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(words[i], OWN_DETECTOR)) {
			u->own = true;
			continue;
		}
		if (load_one(&u->d[u->n++], words[i], e) < 0 || check_name(u, set, e) < 0 ||
		    add_facts(u->facts, &u->d[u->n - 1], e) < 0)
			return -1;
	}
	return 0;
}

void under_test_free(struct under_test *u)
{
	for (size_t i = 0; i < u->n; i++) {
		adapter_free(u->d[i].adapter);
		free(u->d[i].rules);
		free(u->d[i].word);
		named_signatures_clear(&u->d[i].list);
	}
	free(u->d);
	json_decref(u->facts);
	*u = (struct under_test){0};
}
