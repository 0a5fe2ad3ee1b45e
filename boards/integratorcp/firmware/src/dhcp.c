#include "clock.h"
#include "lib.h"
#include "net.h"
#include "uart.h"

/* RFC 2131, RFC 2132. */
enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5, NAK = 6 };
enum { OPT_MASK = 1, OPT_ROUTER = 3, OPT_REQUESTED = 50, OPT_LEASE = 51 };
enum { OPT_TYPE = 53, OPT_SERVER = 54, OPT_WANTED = 55 };
enum { CLIENT_PORT = 68, SERVER_PORT = 67, OPTIONS = 240, MESSAGE = 300 };
#define COOKIE 0x63825363u

struct offer {
	u32 type, address, mask, router, server, next_server, lease;
};

static u8 *put_option(u8 *p, u8 code, u32 value)
{
	*p++ = code;
	*p++ = 4;
	put_be32(p, value);
	return p + 4;
}

static bool send(u32 xid, u8 type, const struct offer *offer)
{
	static u8 m[MESSAGE];
	memset(m, 0, sizeof m);
	m[0] = 1, m[1] = 1, m[2] = 6; /* request, Ethernet, address size */
	put_be32(m + 4, xid);
	put_be16(m + 10, 0x8000); /* answer by broadcast: there is no address to answer to yet */
	memcpy(m + 28, net.mac, 6);
	put_be32(m + 236, COOKIE);
	u8 *p = m + OPTIONS;
	*p++ = OPT_TYPE, *p++ = 1, *p++ = type;
	if (type == REQUEST) {
		p = put_option(p, OPT_REQUESTED, offer->address);
		p = put_option(p, OPT_SERVER, offer->server);
	}
	*p++ = OPT_WANTED, *p++ = 3, *p++ = OPT_MASK, *p++ = OPT_ROUTER, *p++ = OPT_LEASE;
	*p++ = 0xff;
	return udp_send(BROADCAST, CLIENT_PORT, SERVER_PORT, m, sizeof m);
}

static void read_options(const u8 *p, const u8 *end, struct offer *o)
{
	while (p < end && *p != 0xff) {
		if (!*p) {
			p++;
			continue;
		}
		if (end - p < 2 || end - p < 2 + p[1])
			return;
		u32 value = p[1] >= 4 ? be32(p + 2) : p[2];
		switch (*p) {
		case OPT_MASK: o->mask = value; break;
		case OPT_ROUTER: o->router = value; break;
		case OPT_LEASE: o->lease = value; break;
		case OPT_TYPE: o->type = p[2]; break;
		case OPT_SERVER: o->server = value; break;
		}
		p += 2 + p[1];
	}
}

static bool parse(const struct udp *u, u32 xid, struct offer *o)
{
	const u8 *m = u->data;
	if (u->to_port != CLIENT_PORT || u->length < OPTIONS || m[0] != 2 || be32(m + 4) != xid ||
	    memcmp(m + 28, net.mac, 6) || be32(m + 236) != COOKIE)
		return false;
	memset(o, 0, sizeof *o);
	o->address = be32(m + 16);
	o->next_server = be32(m + 20);
	read_options(m + OPTIONS, m + u->length, o);
	return true;
}

/* One question and its answer: tries of 1, 2 and 2 seconds. */
static bool ask(u32 xid, u8 type, const struct offer *offer, u32 wanted, struct offer *answer)
{
	for (u32 tries = 0; tries < 3; tries++) {
		if (!send(xid, type, offer))
			return false;
		struct udp u;
		for (u32 start = ticks(); !passed(start, tries ? 2000000 : 1000000);) {
			if (break_asked())
				return false;
			if (udp_receive(&u) && parse(&u, xid, answer) &&
			    (answer->type == wanted || answer->type == NAK))
				return answer->type == wanted;
		}
	}
	return false;
}

const char *dhcp(void)
{
	struct offer offer, lease;
	u32 xid = ticks() ^ be32(net.mac + 2);
	if (!ask(xid, DISCOVER, NULL, OFFER, &offer))
		return "no DHCP server answers";
	if (!ask(xid, REQUEST, &offer, ACK, &lease))
		return "the DHCP server did not confirm its offer";
	net.address = lease.address;
	net.mask = lease.mask ? lease.mask : 0xffffff00;
	net.gateway = lease.router;
	net.server = lease.next_server ? lease.next_server : lease.server;
	net.lease = lease.lease;
	return NULL;
}

const char *net_ready(void)
{
	if (net.address)
		return NULL;
	const char *wrong = net_start();
	return wrong ? wrong : dhcp();
}
