/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_PCAP_H
#define BASE_CAPTURE_PCAP_H

#include <pcap/pcap.h>

#include "base/library.h"

/* libpcap, loaded when it is first called (base/library.h): captures are read without it, unless there is a filter. */
extern struct library library_pcap;

#define bpf_filter		  LIBRARY_FUNCTION(library_pcap, bpf_filter)
#define pcap_activate		  LIBRARY_FUNCTION(library_pcap, pcap_activate)
#define pcap_breakloop		  LIBRARY_FUNCTION(library_pcap, pcap_breakloop)
#define pcap_close		  LIBRARY_FUNCTION(library_pcap, pcap_close)
#define pcap_compile		  LIBRARY_FUNCTION(library_pcap, pcap_compile)
#define pcap_create		  LIBRARY_FUNCTION(library_pcap, pcap_create)
#define pcap_datalink		  LIBRARY_FUNCTION(library_pcap, pcap_datalink)
#define pcap_datalink_val_to_name LIBRARY_FUNCTION(library_pcap, pcap_datalink_val_to_name)
#define pcap_dispatch		  LIBRARY_FUNCTION(library_pcap, pcap_dispatch)
#define pcap_dump		  LIBRARY_FUNCTION(library_pcap, pcap_dump)
#define pcap_dump_close		  LIBRARY_FUNCTION(library_pcap, pcap_dump_close)
#define pcap_dump_flush		  LIBRARY_FUNCTION(library_pcap, pcap_dump_flush)
#define pcap_dump_fopen		  LIBRARY_FUNCTION(library_pcap, pcap_dump_fopen)
#define pcap_dump_open		  LIBRARY_FUNCTION(library_pcap, pcap_dump_open)
#define pcap_fileno		  LIBRARY_FUNCTION(library_pcap, pcap_fileno)
#define pcap_freecode		  LIBRARY_FUNCTION(library_pcap, pcap_freecode)
#define pcap_get_selectable_fd	  LIBRARY_FUNCTION(library_pcap, pcap_get_selectable_fd)
#define pcap_geterr		  LIBRARY_FUNCTION(library_pcap, pcap_geterr)
#define pcap_lib_version	  LIBRARY_FUNCTION(library_pcap, pcap_lib_version)
#define pcap_next_ex		  LIBRARY_FUNCTION(library_pcap, pcap_next_ex)
#define pcap_open_dead		  LIBRARY_FUNCTION(library_pcap, pcap_open_dead)
#define pcap_open_dead_with_tstamp_precision                                                       \
	LIBRARY_FUNCTION(library_pcap, pcap_open_dead_with_tstamp_precision)
#define pcap_open_offline_with_tstamp_precision                                                    \
	LIBRARY_FUNCTION(library_pcap, pcap_open_offline_with_tstamp_precision)
#define pcap_set_buffer_size	  LIBRARY_FUNCTION(library_pcap, pcap_set_buffer_size)
#define pcap_set_datalink	  LIBRARY_FUNCTION(library_pcap, pcap_set_datalink)
#define pcap_set_immediate_mode	  LIBRARY_FUNCTION(library_pcap, pcap_set_immediate_mode)
#define pcap_set_promisc	  LIBRARY_FUNCTION(library_pcap, pcap_set_promisc)
#define pcap_set_snaplen	  LIBRARY_FUNCTION(library_pcap, pcap_set_snaplen)
#define pcap_set_timeout	  LIBRARY_FUNCTION(library_pcap, pcap_set_timeout)
#define pcap_set_tstamp_precision LIBRARY_FUNCTION(library_pcap, pcap_set_tstamp_precision)
#define pcap_setfilter		  LIBRARY_FUNCTION(library_pcap, pcap_setfilter)
#define pcap_setnonblock	  LIBRARY_FUNCTION(library_pcap, pcap_setnonblock)
#define pcap_stats		  LIBRARY_FUNCTION(library_pcap, pcap_stats)
#define pcap_statustostr	  LIBRARY_FUNCTION(library_pcap, pcap_statustostr)

#endif
