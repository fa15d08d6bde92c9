// SPDX-License-Identifier: GPL-2.0-or-later
/* status.c - what is known each second, as JSON: for EVE's statistics and for the control socket */
#include "base/loop.h"
#include "operator/watch/status.h"

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

json_t *status_captured(const struct ring_counts *all, const struct ring_counts *second)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kernel_packets",
			 number(all->received), "kernel_drops", number(all->dropped),
			 "kernel_ifdrops", number(all->ifdropped), "packets", number(all->frames),
			 "bytes", number(all->bytes), "kernel_packets_second",
			 number(second->received), "kernel_drops_second", number(second->dropped));
}

json_t *status_interfaces(const struct watch_stats *st)
{
	json_t *o = json_object();

	for (size_t i = 0; i < st->ifaces_n; i++)
		json_object_set_new(o, st->ifaces[i].name,
				    status_captured(&st->ifaces[i].all, &st->ifaces[i].second));
	return o;
}

json_t *status_detected(const struct watch_stats *st)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "events", number(st->events),
			 "events_in_part", number(st->events_in_part), "flows",
			 number(st->detector.flows_now), "memory",
			 number(st->detector.memory_bytes), "reloads", number(st->reloads));
}

static json_t *signatures(const struct signature_set *set)
{
	json_t *list = json_array();

	for (size_t i = 0; i < signatures_count(set); i++) {
		const struct signature_info *s = signatures_info(set, i);

		json_array_append_new(list, json_pack("{s:s, s:i}", "name", s->name, "revision",
						      (int)s->revision));
	}
	return list;
}

json_t *status_of(const struct watch_stats *st, const struct signature_set *set)
{
	return json_pack("{s:s, s:s, s:o, s:i, s:o, s:o, s:o, s:o}", "version", SKYPELAB_VERSION,
			 "host", st->host, "uptime",
			 number((st->now_ns - st->started_ns) / NS_PER_SEC), "readers",
			 (int)st->readers, "capture", status_captured(&st->all, &st->second),
			 "interfaces", status_interfaces(st), "detect", status_detected(st),
			 "signatures", signatures(set));
}
