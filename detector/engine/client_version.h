/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_CLIENT_VERSION_H
#define DETECTOR_CLIENT_VERSION_H

#include <stddef.h>
#include <stdint.h>

#define VERSION_LEN  16
#define VERSIONS_MAX 1024 /* that come from traffic, at a time */

/**
 * struct version_text - a client version
 * @id:		The number that stands for it now; 0 = none yet
 * @next:	In the bucket of its text; 0 = none
 * @older, @newer: Those from traffic, in the order of their last use; 0 = none
 */
struct version_text {
	char text[VERSION_LEN];
	uint32_t id, next, older, newer;
};

/**
 * struct client_versions - texts of client versions, so that a number in a match stands for one
 * @v:		(owned) [0] is "not known"; then those of rules, @fixed in all; then those from
 *		traffic; @n in use
 * @buckets:	(owned) @mask + 1 of them
 * @oldest, @newest: Ends of the list of texts from traffic
 * @given:	Numbers given out to texts from traffic
 */
struct client_versions {
	struct version_text *v;
	size_t n, room, fixed, mask;
	uint32_t *buckets;
	uint32_t oldest, newest, given;
	uint64_t replaced;
	uint64_t key[2];
};
void client_versions_init(struct client_versions *v);
void client_versions_free(struct client_versions *v);
size_t client_versions_bytes(const struct client_versions *v);
/* The number of a text that a rule says: it is kept. Only before the first client_version_seen(). 0
 * for NULL. All texts are cut to VERSION_LEN - 1 characters. */
uint32_t client_version_of_rule(struct client_versions *v, const char *text);
/* The number of a text that a rule or the traffic says. */
uint32_t client_version_seen(struct client_versions *v, const char *text);
/* Takes the texts from traffic of @was over into @v, which has those of rules only. */
void client_versions_renew(struct client_versions *v, const struct client_versions *was);
/* The number in @v of what @number is in @was; of one replaced since, a number of none. */
uint32_t client_versions_moved(const struct client_versions *was, const struct client_versions *v,
			       uint32_t number);
/* "" when not known, or replaced since. */
const char *client_version_text(const struct client_versions *v, uint32_t number);

#endif
