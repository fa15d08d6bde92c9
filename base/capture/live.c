// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live.c - opens an interface through libpcap, for libpcap.c and ring.c
 *
 * The kernel filters, and counts what was lost. The buffer is large, so that a burst while the detector
 * prints does not overrun it.
 */
#include "base/capture/live.h"

#define LIVE_BUFFER  (32 << 20)
#define LIVE_WAIT_MS 50
#define LIVE_SNAPLEN 262144 /* what libpcap has at most */

static int live_error(struct err *e, const char *iface, int rc, const char *more)
{
	switch (rc) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return err_set(e, "%s: no such interface here; `ip link` lists them", iface);
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return err_env(e,
			       "%s: not permitted to capture; run as root, or once `sudo setcap "
			       "cap_net_raw,cap_net_admin+ep` on the program",
			       iface);
	case PCAP_ERROR_IFACE_NOT_UP:
		return err_env(e, "%s: the interface is down; `ip link set %s up`", iface, iface);
	default:
		return err_env(e, "%s: %s%s%s", iface, pcap_statustostr(rc), *more ? ": " : "",
			       more);
	}
}

static int activate(pcap_t *p, const char *iface, const struct live_wish *wish, struct err *e)
{
	char buf[PCAP_ERRBUF_SIZE] = "";
	int rc;

	pcap_set_snaplen(p, wish->snaplen > 0 ? wish->snaplen : LIVE_SNAPLEN);
	pcap_set_promisc(p, 1);
	pcap_set_timeout(p, LIVE_WAIT_MS);
	pcap_set_immediate_mode(p, wish->immediate);
	pcap_set_buffer_size(p, wish->buffer ? (int)wish->buffer : LIVE_BUFFER);
	pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
	rc = pcap_activate(p);
	if (rc < 0)
		return live_error(e, iface, rc, pcap_geterr(p));
	if (pcap_setnonblock(p, 1, buf) < 0)
		return err_env(e, "%s: %s", iface, buf);
	if (pcap_get_selectable_fd(p) < 0)
		return err_env(e, "%s: cannot be waited on", iface);
	return 0;
}

static int set_filter(pcap_t *p, const char *iface, const char *filter, struct err *e)
{
	struct bpf_program prog;
	int rc;

	if (pcap_compile(p, &prog, filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return err_set(e, "filter '%s': %s", filter, pcap_geterr(p));
	rc = pcap_setfilter(p, &prog);
	pcap_freecode(&prog);
	return rc < 0 ? err_env(e, "%s: filter '%s': %s", iface, filter, pcap_geterr(p)) : 0;
}

pcap_t *live_open(const char *iface, const struct live_wish *wish, struct err *e)
{
	char buf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_create(iface, buf);

	if (!p) {
		err_env(e, "%s: %s", iface, buf);
		return NULL;
	}
	if (activate(p, iface, wish, e) == 0 &&
	    (!wish->filter || set_filter(p, iface, wish->filter, e) == 0))
		return p;
	pcap_close(p);
	return NULL;
}
