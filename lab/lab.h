/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_LAB_H
#define LAB_LAB_H

/*
 * The lab: sites behind gateways, a core router, and an internet of public addresses, each node a
 * network namespace held by a file descriptor of this process and by nothing else.
 *
 *   <site>-h1 ... -hN -- [<site>-sw] -- lan <site>-gw wan -- [<site>-cgn] -- core -- internet
 *
 * Node names: "<site>-h1".., "<site>-proxy" (at the switch, or at the gateway's `dmz`),
 * "<site>-gw", "<site>-cgn" (carrier-grade NAT), "<site>-sw" (only when more than one host is in the
 * LAN: an IP switch), "core", "internet". A host has one interface `eth0`; gateways have `lan` and
 * `wan`, and `dmz` where a proxy is there; the core has one interface per neighbour, named after the
 * site or `internet`; the internet has `eth0` and every public server address as a local route, so
 * that sockets bind to any of them. Links are routed and point to point; there is no ARP.
 *
 * One thread: everything is driven by the caller's loop. Open sockets with netns_socket().
 */

#include "lab/exec.h"
#include "lab/graph.h"
#include "lab/impair.h"
#include "lab/nodes.h"
#include "lab/sandbox.h"
#include "lab/spec.h"
#include "lab/tap.h"
#include "lab/topology.h"

#endif
