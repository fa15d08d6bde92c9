// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * list.c - the real programs that a mix may name
 *
 * Each server stays in the foreground, writes only into its folder, and needs no user of its own,
 * since the lab's user namespace has only one. Adding a pair: README.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay/programs/list.h"
#include "replay/programs/process.h"

#define ARGV(...)  ((const char *const[]){__VA_ARGS__, NULL})
#define FILES(...) ((const struct program_file[]){__VA_ARGS__, {.name = NULL}})
#define TEXT(n, t)                                                                                 \
	{                                                                                          \
		.name = n, .text = t                                                               \
	}

static const struct program_file no_files[] = {{.name = NULL}};

static const char nginx_conf[] =
	"user root root;\ndaemon off;\nmaster_process off;\npid @DIR@/nginx.pid;\nerror_log "
	"stderr;\n"
	"events { worker_connections 64; }\nhttp {\n\taccess_log off;\n"
	"\tclient_body_temp_path @DIR@/body;\n\tproxy_temp_path @DIR@/proxy;\n"
	"\tfastcgi_temp_path @DIR@/fastcgi;\n\tuwsgi_temp_path @DIR@/uwsgi;\n"
	"\tscgi_temp_path @DIR@/scgi;\n"
	"\tserver { listen @IP@:@PORT@; root @DIR@; }\n}\n";

static const struct program_pair nginx_curl = {
	.name = "nginx-curl",
	.application = "http",
	.about = "curl fetches a page of 60 kB from nginx",
	.packages = "nginx-light, curl",
	.proto = IPPROTO_TCP,
	.port = 8080,
	.server = ARGV("nginx", "-e", "stderr", "-p", "@DIR@", "-c", "@DIR@/nginx.conf"),
	.client = ARGV("curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20",
		       "--output", "/dev/null", "--fail", "http://@IP@:@PORT@/page"),
	.files = FILES(TEXT("nginx.conf", nginx_conf),
		       {.name = "page", .random = 60000, .server_only = true}),
};

static const struct program_pair chrony = {
	.name = "chrony",
	.application = "ntp",
	.about = "chronyd asks another for the time",
	.packages = "chrony",
	.proto = IPPROTO_UDP,
	.port = 123,
	.server = ARGV("chronyd", "-x", "-d", "-u", "root", "-f", "@DIR@/chrony.conf"),
	.client = ARGV("chronyd", "-Q", "-t", "15", "-u", "root",
		       "server @IP@ port @PORT@ iburst maxsamples 4", "cmdport 0",
		       "bindcmdaddress /", "pidfile @DIR@/chrony-client-@N@.pid"),
	.files = FILES(TEXT("chrony.conf",
			    "local stratum 8\nallow all\nbindaddress @IP@\nport @PORT@\ncmdport 0\n"
			    "bindcmdaddress /\npidfile @DIR@/chrony.pid\n")),
};

static const struct program_pair dnsmasq_dig = {
	.name = "dnsmasq-dig",
	.application = "dns",
	.about = "dig asks dnsmasq for a name",
	.packages = "dnsmasq-base, bind9-dnsutils",
	.proto = IPPROTO_UDP,
	.port = 53,
	.server = ARGV("dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=@PORT@",
		       "--listen-address=@IP@", "--bind-interfaces", "--no-resolv", "--no-hosts",
		       "--address=/example.com/192.0.2.1"),
	.client = ARGV("dig", "@@IP@", "-p", "@PORT@", "host@N@.example.com", "A", "+tries=2",
		       "+time=3"),
	.files = no_files,
};

static const struct program_pair coturn = {
	.name = "coturn",
	.application = "stun",
	.about = "a TURN allocation with data, by coturn's own client",
	.packages = "coturn",
	.proto = IPPROTO_UDP,
	.port = 3478,
	.server = ARGV("turnserver", "-n", "-L", "@IP@", "-E", "@IP@", "-p", "@PORT@", "--no-tls",
		       "--no-dtls", "--no-cli", "--allow-loopback-peers", "-a", "-u", "lab:lab",
		       "-r", "lab.example", "--log-file=stdout", "--simple-log",
		       "--userdb=@DIR@/turn.db", "--pidfile=@DIR@/turn.pid"),
	.client = ARGV("turnutils_uclient", "-y", "-c", "-n", "20", "-m", "1", "-l", "160", "-u",
		       "lab", "-w", "lab", "-p", "@PORT@", "@IP@"),
	.files = no_files,
};

/* SIPp's own caller, with three seconds of voice between ACK and BYE. */
static const char sipp_caller[] =
	"<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\n<scenario name=\"call\">\n"
	"<send retrans=\"500\"><![CDATA[\n"
	"INVITE sip:service@[remote_ip]:[remote_port] SIP/2.0\n"
	"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
	"From: lab <sip:lab@[local_ip]:[local_port]>;tag=[pid]L[call_number]\n"
	"To: service <sip:service@[remote_ip]:[remote_port]>\nCall-ID: [call_id]\n"
	"CSeq: 1 INVITE\nContact: sip:lab@[local_ip]:[local_port]\nMax-Forwards: 70\n"
	"Content-Type: application/sdp\nContent-Length: [len]\n\nv=0\n"
	"o=user1 1 1 IN IP[local_ip_type] [local_ip]\ns=-\n"
	"c=IN IP[media_ip_type] [media_ip]\nt=0 0\nm=audio [rtpstream_audio_port] RTP/AVP 8\n"
	"a=rtpmap:8 PCMA/8000\n]]></send>\n"
	"<recv response=\"100\" optional=\"true\"/>\n<recv response=\"180\" optional=\"true\"/>\n"
	"<recv response=\"200\" rtd=\"true\"/>\n<send><![CDATA[\n"
	"ACK sip:service@[remote_ip]:[remote_port] SIP/2.0\n"
	"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
	"From: lab <sip:lab@[local_ip]:[local_port]>;tag=[pid]L[call_number]\n"
	"To: service <sip:service@[remote_ip]:[remote_port]>[peer_tag_param]\n"
	"Call-ID: [call_id]\nCSeq: 1 ACK\nMax-Forwards: 70\nContent-Length: 0\n\n]]></send>\n"
	"<nop><action><exec rtp_stream=\"@DIR@/voice.raw,1,8\"/></action></nop>\n"
	"<pause milliseconds=\"3000\"/>\n<send retrans=\"500\"><![CDATA[\n"
	"BYE sip:service@[remote_ip]:[remote_port] SIP/2.0\n"
	"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
	"From: lab <sip:lab@[local_ip]:[local_port]>;tag=[pid]L[call_number]\n"
	"To: service <sip:service@[remote_ip]:[remote_port]>[peer_tag_param]\n"
	"Call-ID: [call_id]\nCSeq: 2 BYE\nMax-Forwards: 70\nContent-Length: 0\n\n]]></send>\n"
	"<recv response=\"200\"/>\n</scenario>\n";

static const struct program_pair sipp = {
	.name = "sipp",
	.application = "sip",
	.about = "a SIP call with voice, SIPp to SIPp",
	.packages = "sip-tester",
	.proto = IPPROTO_UDP,
	.port = 5060,
	.server = ARGV("sipp", "-sn", "uas", "-i", "@IP@", "-p", "@PORT@", "-mi", "@IP@", "-mp",
		       "6000", "-rtp_echo", "-nostdin"),
	.client = ARGV("sipp", "-sf", "@DIR@/call.xml", "-m", "1", "-r", "1", "-i", "@HOST@", "-p",
		       "@CPORT@", "-mi", "@HOST@", "-mp", "@MPORT@", "-nostdin", "-timeout", "20",
		       "@IP@:@PORT@"),
	.files = FILES(TEXT("call.xml", sipp_caller), {.name = "voice.raw", .random = 24000}),
};

#define TRACKER "http://@IP@:6969/announce"

/* Peers are found through the tracker only, because the lab has no other nodes of a DHT or local
 * broadcasts. A client that came before the seeder asks the tracker again after 3 s, not after its
 * half hour: the NAT may keep the seeder from coming to the client. aria2 offers peers encryption first and falls back to plain, as by default. */
static const struct program_pair aria2 = {
	.name = "aria2",
	.application = "bittorrent",
	.about = "aria2 fetches a file of 400 kB from another by BitTorrent, found through a "
		 "tracker",
	.packages = "aria2, opentracker",
	.proto = IPPROTO_TCP,
	.port = 6881,
	.helper_port = 6969,
	.peers = true,
	.helper = ARGV("opentracker", "-i", "@IP@", "-p", "6969", "-d", "@DIR@", "-w",
		       "@DIR@/wanted"),
	.server = ARGV("aria2c", "--no-conf=true", "--interface=@IP@", "--seed-ratio=0",
		       "--check-integrity=true", "--listen-port=@PORT@", "--enable-dht=false",
		       "--enable-dht6=false", "--disable-ipv6=true", "--bt-enable-lpd=false",
		       "--enable-peer-exchange=false", "--summary-interval=0",
		       "--show-console-readout=false", "--dir=@DIR@", "@DIR@/file.torrent"),
	.client =
		ARGV("aria2c", "--no-conf=true", "--seed-time=0", "--listen-port=@CPORT@",
		     "--enable-dht=false", "--enable-dht6=false", "--disable-ipv6=true",
		     "--bt-enable-lpd=false", "--enable-peer-exchange=false",
		     "--summary-interval=0", "--show-console-readout=false", "--bt-stop-timeout=30",
		     "--bt-tracker-interval=3", "--dir=@DIR@/got", "@DIR@/file.torrent"),
	.files = FILES({.name = "file", .random = 400000, .server_only = true},
		       {.name = "file.torrent", .text = TRACKER, .torrent_of = "file"},
		       {.name = "wanted", .text = "", .torrent_of = "file", .server_only = true}),
};

/* For this lab only, made by openssl(1), valid from 2000 to 2100. Both ends present and trust it,
 * since identities do not matter here. */
static const char lab_key[] = "-----BEGIN PRIVATE KEY-----\n"
			      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKg16SeF2XcwzG19t\n"
			      "Zdb3jUIKZU6xikaHz1vAcdXxjIShRANCAATluSkBoJCuzNjoGDhQjdapgk8eqaJQ\n"
			      "MiF/h3C7x2dDxXxuHlYOsos0Drk5gpGtPwv3TYD7dQR3AIhkeeq9oGuO\n"
			      "-----END PRIVATE KEY-----\n";
static const char lab_certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBYjCCAQigAwIBAgIUPKb8WHloWqAauYjmLw73p2C/8tAwCgYIKoZIzj0EAwIw\n"
	"FjEUMBIGA1UEAwwLbGFiLmV4YW1wbGUwIBcNMDAwMTAxMDAwMDAwWhgPMjEwMDAx\n"
	"MDEwMDAwMDBaMBYxFDASBgNVBAMMC2xhYi5leGFtcGxlMFkwEwYHKoZIzj0CAQYI\n"
	"KoZIzj0DAQcDQgAE5bkpAaCQrszY6Bg4UI3WqYJPHqmiUDIhf4dwu8dnQ8V8bh5W\n"
	"DrKLNA65OYKRrT8L902A+3UEdwCIZHnqvaBrjqMyMDAwDwYDVR0TAQH/BAUwAwEB\n"
	"/zAdBgNVHQ4EFgQU9N32TOpb5nsLCTEXaFOKYILi65swCgYIKoZIzj0EAwIDSAAw\n"
	"RQIhAK/En7489sRSkfS5zyHJdva+WWBFn5Gap2YBWPf88uQlAiAQ7WX1KWFVlfYu\n"
	"X8qqtZCu4a435VrdGbRoVGo6qgFIUA==\n"
	"-----END CERTIFICATE-----\n";

/* What the client does once its tunnel is up: it ends well if the other end answers. */
static const char across[] =
	"#!/bin/sh\n"
	"(if ping -q -n -c 10 -i 0.3 -s 200 -W 2 -I \"$dev\" 172.27.@LAST@.1; then\n"
	"	kill -TERM \"$daemon_pid\"\nelse\n"
	"	echo \"nothing comes back through the tunnel\"; kill -KILL \"$daemon_pid\"\nfi) "
	"&\n";

static const struct program_pair openvpn = {
	.name = "openvpn",
	.application = "openvpn",
	.about = "an OpenVPN tunnel with TLS, ten pings of 200 bytes through it",
	.packages = "openvpn, iputils-ping",
	.proto = IPPROTO_UDP,
	.port = 1194,
	.tunnel = true,
	.needs = (const char *const[]){"ping", NULL},
	.server = ARGV("openvpn", "--dev", "tun", "--proto", "udp4", "--local", "@IP@", "--port",
		       "@PORT@", "--server", "172.27.@LAST@.0", "255.255.255.0", "--topology",
		       "subnet", "--duplicate-cn", "--ca", "@DIR@/lab.crt", "--cert",
		       "@DIR@/lab.crt", "--key", "@DIR@/lab.key", "--dh", "none", "--keepalive",
		       "10", "60", "--verb", "1"),
	.client = ARGV("openvpn", "--client", "--dev", "tun", "--proto", "udp4", "--remote", "@IP@",
		       "@PORT@", "--nobind", "--ca", "@DIR@/lab.crt", "--cert", "@DIR@/lab.crt",
		       "--key", "@DIR@/lab.key", "--connect-timeout", "10", "--connect-retry-max",
		       "1", "--explicit-exit-notify", "1", "--script-security", "2", "--route-up",
		       "/bin/sh @DIR@/across", "--verb", "1"),
	.files = FILES(TEXT("lab.crt", lab_certificate), TEXT("lab.key", lab_key),
		       TEXT("across", across)),
};

const struct program_pair *const program_pairs[] = {&nginx_curl, &chrony, &dnsmasq_dig, &coturn,
						    &sipp,	 &aria2,  &openvpn,	NULL};

const struct program_pair *program_pair_find(const char *name)
{
	for (size_t i = 0; program_pairs[i]; i++)
		if (!strcmp(program_pairs[i]->name, name))
			return program_pairs[i];
	return NULL;
}

/* --- what is installed here ---------------------------------------------------------------- */

static char *missing(const char *name, char *so_far)
{
	char *full = process_binary(name), *more = so_far;

	if (!full) {
		more = so_far ? xasprintf("%s and %s", so_far, name) : xstrdup(name);
		free(so_far);
	}
	free(full);
	return more;
}

char *program_pair_lacks(const struct program_pair *p)
{
	char *names = missing(p->server[0], NULL), *why = NULL;
	int tun;

	if (strcmp(p->server[0], p->client[0]) != 0)
		names = missing(p->client[0], names);
	if (p->helper)
		names = missing(p->helper[0], names);
	for (size_t i = 0; p->needs && p->needs[i]; i++)
		names = missing(p->needs[i], names);
	if (names) {
		why = xasprintf("%s not installed (Debian: %s)", names, p->packages);
		free(names);
	} else if (p->tunnel) {
		tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
		if (tun < 0)
			why = xasprintf("/dev/net/tun cannot be opened: %s (as root: modprobe "
					"tun; chmod 0666 /dev/net/tun, as udev does)",
					strerror(errno));
		else
			close(tun);
	}
	return why;
}
