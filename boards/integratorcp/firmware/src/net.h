/* Ethernet, ARP, IPv4, ICMP echo and UDP, polled. Addresses are numbers in host order. */
#ifndef NET_H
#define NET_H
#include "types.h"

#define BROADCAST 0xffffffffu
#define UDP_MAX 1472u

struct net {
	u32 address, mask, gateway, server, lease;
	u8 mac[6];
};
extern struct net net;

struct udp {
	u32 from;
	u16 from_port, to_port;
	const u8 *data; /* good until the next udp_receive */
	u32 length;
};

/* Starts the chip; NULL or why not. */
const char *net_start(void);
/* Looks at one received frame; true when it was a UDP packet to us. */
bool udp_receive(struct udp *packet);
bool udp_send(u32 to, u16 from_port, u16 to_port, const void *data, u32 length);
/* Round trip of one echo request in us, or -1 after a second. */
s32 icmp_ping(u32 to, u16 sequence);

/* Gets a lease (RFC 2131); NULL or why not. */
const char *dhcp(void);
/* Starts the chip and gets a lease, unless there is one. */
const char *net_ready(void);
bool parse_ip(const char *s, u32 *ip);

#endif
