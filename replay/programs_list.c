// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * programs_list.c - the real programs that a mix may name
 *
 * Each server stays in the foreground, writes only into its folder, and asks for no account of its
 * own: inside the lab's user namespace there is only one.
 */
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "replay/programs.h"

#define ARGV(...)  ((const char *const[]){__VA_ARGS__, NULL})
#define FILES(...) ((const struct real_file[]){__VA_ARGS__, {NULL, NULL, 0}})

static const char nginx_conf[] =
	"user root root;\ndaemon off;\nmaster_process off;\npid @DIR@/nginx.pid;\nerror_log "
	"/dev/null;\n"
	"events { worker_connections 64; }\nhttp {\n\taccess_log off;\n"
	"\tclient_body_temp_path @DIR@/body;\n\tproxy_temp_path @DIR@/proxy;\n"
	"\tfastcgi_temp_path @DIR@/fastcgi;\n\tuwsgi_temp_path @DIR@/uwsgi;\n"
	"\tscgi_temp_path @DIR@/scgi;\n"
	"\tserver { listen @IP@:@PORT@; root @DIR@; }\n}\n";

static const struct real_pair nginx_curl = {
	.name = "nginx-curl",
	.about = "curl fetches a page of 60 kB from nginx",
	.proto = IPPROTO_TCP,
	.port = 8080,
	.server = ARGV("nginx", "-e", "/dev/null", "-p", "@DIR@", "-c", "@DIR@/nginx.conf"),
	.client = ARGV("curl", "--silent", "--noproxy", "*", "--max-time", "20", "--output",
		       "/dev/null", "--fail", "http://@IP@:@PORT@/page"),
	.files = FILES({"nginx.conf", nginx_conf, 0}, {"page", NULL, 60000}),
};

static const struct real_pair chrony = {
	.name = "chrony",
	.about = "chronyd asks another for the time",
	.proto = IPPROTO_UDP,
	.port = 123,
	.server = ARGV("chronyd", "-x", "-d", "-u", "root", "-f", "@DIR@/chrony.conf"),
	.client = ARGV("chronyd", "-Q", "-t", "15", "-u", "root",
		       "server @IP@ port @PORT@ iburst maxsamples 4", "cmdport 0",
		       "bindcmdaddress /", "pidfile @DIR@/chrony-client-@N@.pid"),
	.files = FILES({"chrony.conf",
			"local stratum 8\nallow all\nbindaddress @IP@\nport @PORT@\ncmdport 0\n"
			"bindcmdaddress /\npidfile @DIR@/chrony.pid\n",
			0}),
};

static const struct real_pair dnsmasq_dig = {
	.name = "dnsmasq-dig",
	.about = "dig asks dnsmasq for a name",
	.proto = IPPROTO_UDP,
	.port = 5353,
	.server = ARGV("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=@PORT@",
		       "--listen-address=@IP@", "--bind-interfaces", "--no-resolv", "--no-hosts",
		       "--address=/example.com/192.0.2.1", "--user=root", "--group=root",
		       "--pid-file=@DIR@/dnsmasq.pid", "--log-facility=/dev/null"),
	.client = ARGV("dig", "@@IP@", "-p", "@PORT@", "host@N@.example.com", "A", "+tries=2",
		       "+time=3"),
	.files = FILES({"unused", "", 0}),
};

static const struct real_pair coturn = {
	.name = "coturn",
	.about = "a TURN allocation with data, by coturn's own client",
	.proto = IPPROTO_UDP,
	.port = 3478,
	.server = ARGV("turnserver", "-n", "-L", "@IP@", "-E", "@IP@", "-p", "@PORT@", "--no-tls",
		       "--no-dtls", "--no-cli", "--allow-loopback-peers", "-a", "-u", "lab:lab",
		       "-r", "lab.example", "--log-file=/dev/null", "--simple-log",
		       "--userdb=@DIR@/turn.db", "--pidfile=@DIR@/turn.pid"),
	.client = ARGV("turnutils_uclient", "-y", "-c", "-n", "20", "-m", "1", "-l", "160", "-u",
		       "lab", "-w", "lab", "-p", "@PORT@", "@IP@"),
	.files = FILES({"unused", "", 0}),
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

static const struct real_pair sipp = {
	.name = "sipp",
	.about = "a SIP call with voice, SIPp to SIPp",
	.proto = IPPROTO_UDP,
	.port = 5060,
	.server = ARGV("sipp", "-sn", "uas", "-i", "@IP@", "-p", "@PORT@", "-mi", "@IP@", "-mp",
		       "6000", "-rtp_echo", "-nostdin"),
	.client = ARGV("sipp", "-sf", "@DIR@/call.xml", "-m", "1", "-r", "1", "-i", "@HOST@", "-p",
		       "@CPORT@", "-mi", "@HOST@", "-mp", "@MPORT@", "-nostdin", "-timeout", "20",
		       "@IP@:@PORT@"),
	.files = FILES({"call.xml", sipp_caller, 0}, {"voice.raw", NULL, 24000}),
};

const struct real_pair *const real_pairs[] = {&nginx_curl, &chrony, &dnsmasq_dig,
					      &coturn,	   &sipp,   NULL};

const struct real_pair *real_pair_find(const char *name)
{
	for (size_t i = 0; real_pairs[i]; i++)
		if (!strcmp(real_pairs[i]->name, name))
			return real_pairs[i];
	return NULL;
}
