#include "clock.h"
#include "lib.h"
#include "net.h"
#include "smc91c111.h"
#include "uart.h"

enum { TYPE_IP = 0x0800, TYPE_ARP = 0x0806, PROTO_ICMP = 1, PROTO_UDP = 17 };
enum { ETH = 14, IP = 20, UDP = 8, ICMP_ECHO = 8, ICMP_REPLY = 0 };

struct net net;

static u8 rx[FRAME_SIZE + 2], tx[FRAME_SIZE + 2];
static struct {
	u32 ip;
	u8 mac[6];
} neighbours[8];
static u32 next_neighbour;
static volatile u16 echo_answered;
static const u8 everybody[6] = { 255, 255, 255, 255, 255, 255 };

const char *net_start(void)
{
	const char *wrong = smc_start();
	memset(&net, 0, sizeof net);
	memset(neighbours, 0, sizeof neighbours);
	if (!wrong)
		memcpy(net.mac, smc_mac(), 6);
	return wrong;
}

/* The internet checksum (RFC 1071), continued from `sum`. */
static u32 add_up(u32 sum, const u8 *p, u32 length)
{
	for (; length > 1; p += 2, length -= 2)
		sum += be16(p);
	return length ? sum + (u32)(*p << 8) : sum;
}

static u16 finish(u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static bool send_frame(const u8 *to, u16 type, u32 length)
{
	memcpy(tx, to, 6);
	memcpy(tx + 6, net.mac, 6);
	put_be16(tx + 12, type);
	length += ETH;
	if (length < 60) { /* the least Ethernet allows, without CRC */
		memset(tx + length, 0, 60 - length);
		length = 60;
	}
	return smc_send(tx, length);
}

static void send_arp(u16 operation, const u8 *to, u32 ip)
{
	static const u8 head[6] = { 0, 1, 8, 0, 6, 4 }; /* Ethernet, IPv4, sizes (RFC 826) */
	u8 *p = tx + ETH;
	memcpy(p, head, 6);
	put_be16(p + 6, operation);
	memcpy(p + 8, net.mac, 6);
	put_be32(p + 14, net.address);
	memcpy(p + 18, to, 6);
	put_be32(p + 24, ip);
	send_frame(to, TYPE_ARP, 28);
}

static void learn(u32 ip, const u8 *mac)
{
	u32 i = 0;
	while (i < COUNT_OF(neighbours) && neighbours[i].ip != ip)
		i++;
	if (i == COUNT_OF(neighbours))
		i = next_neighbour++ % COUNT_OF(neighbours);
	neighbours[i].ip = ip;
	memcpy(neighbours[i].mac, mac, 6);
}

static void receive_arp(const u8 *p, u32 length)
{
	if (length < 28 || !net.address || be32(p + 24) != net.address)
		return;
	learn(be32(p + 14), p + 8);
	if (be16(p + 6) == 1) {
		u8 asker[6];
		memcpy(asker, p + 8, 6);
		send_arp(2, asker, be32(p + 14));
	}
}

static u8 *ip_header(u32 to, u32 protocol, u32 length)
{
	static u16 id;
	u8 *p = tx + ETH;
	memset(p, 0, IP);
	p[0] = 0x45;
	put_be16(p + 2, (u16)(IP + length));
	put_be16(p + 4, ++id);
	p[8] = 64;
	p[9] = (u8)protocol;
	put_be32(p + 12, net.address);
	put_be32(p + 16, to);
	put_be16(p + 10, finish(add_up(0, p, IP)));
	return p + IP;
}

static void answer_echo(const u8 *mac, u32 from, const u8 *p, u32 length)
{
	u8 to[6];
	memcpy(to, mac, 6);
	u8 *out = ip_header(from, PROTO_ICMP, length);
	memcpy(out, p, length);
	out[0] = ICMP_REPLY;
	put_be16(out + 2, 0);
	put_be16(out + 2, finish(add_up(0, out, length)));
	send_frame(to, TYPE_IP, IP + length);
}

static bool receive_ip(const u8 *p, u32 length, struct udp *packet)
{
	u32 header = (p[0] & 15u) * 4, total = be16(p + 2);
	if (length < IP || p[0] >> 4 != 4 || header < IP || total < header || total > length || be16(p + 6) & 0x3fff)
		return false; /* fragments are not put together */
	if (finish(add_up(0, p, header)) != 0)
		return false;
	u32 from = be32(p + 12), to = be32(p + 16);
	if (net.address && to != net.address && to != BROADCAST)
		return false;
	const u8 *body = p + header;
	u32 size = total - header;
	if (p[9] == PROTO_ICMP && size >= 8) {
		if (body[0] == ICMP_ECHO && net.address)
			answer_echo(rx + 6, from, body, size);
		else if (body[0] == ICMP_REPLY)
			echo_answered = be16(body + 6);
		return false;
	}
	if (p[9] != PROTO_UDP || size < UDP || be16(body + 4) < UDP || be16(body + 4) > size)
		return false;
	size = be16(body + 4);
	/* The pseudo header of RFC 768: both addresses, protocol, length. */
	if (be16(body + 6) && finish(add_up(add_up(PROTO_UDP + size, p + 12, 8), body, size)) != 0)
		return false;
	*packet = (struct udp){ from, be16(body), be16(body + 2), body + UDP, size - UDP };
	return true;
}

bool udp_receive(struct udp *packet)
{
	u32 length = smc_receive(rx);
	if (length < ETH)
		return false;
	if (be16(rx + 12) == TYPE_ARP)
		receive_arp(rx + ETH, length - ETH);
	return be16(rx + 12) == TYPE_IP && receive_ip(rx + ETH, length - ETH, packet);
}

static const u8 *known(u32 ip)
{
	for (u32 i = 0; i < COUNT_OF(neighbours); i++)
		if (neighbours[i].ip == ip && ip)
			return neighbours[i].mac;
	return NULL;
}

/* The hardware address to send to: three questions, half a second each. */
static const u8 *resolve(u32 ip)
{
	if (ip == BROADCAST)
		return everybody;
	if ((ip ^ net.address) & net.mask)
		ip = net.gateway;
	for (u32 tries = 0; tries < 3 && !known(ip); tries++) {
		send_arp(1, everybody, ip);
		struct udp dropped;
		for (u32 start = ticks(); !known(ip) && !passed(start, 500000) && !break_asked();)
			udp_receive(&dropped);
	}
	return known(ip);
}

bool udp_send(u32 to, u16 from_port, u16 to_port, const void *data, u32 length)
{
	const u8 *mac = resolve(to);
	if (!mac || length > UDP_MAX)
		return false;
	u8 *p = ip_header(to, PROTO_UDP, UDP + length);
	put_be16(p, from_port);
	put_be16(p + 2, to_port);
	put_be16(p + 4, (u16)(UDP + length));
	put_be16(p + 6, 0);
	memcpy(p + UDP, data, length);
	u16 sum = finish(add_up(add_up(PROTO_UDP + UDP + length, tx + ETH + 12, 8), p, UDP + length));
	put_be16(p + 6, sum ? sum : 0xffff);
	return send_frame(mac, TYPE_IP, IP + UDP + length);
}

s32 icmp_ping(u32 to, u16 sequence)
{
	const u8 *mac = resolve(to);
	if (!mac)
		return -1;
	u8 *p = ip_header(to, PROTO_ICMP, 64);
	for (u32 i = 0; i < 64; i++)
		p[i] = (u8)i;
	p[0] = ICMP_ECHO;
	p[1] = 0;
	put_be16(p + 2, 0);
	put_be16(p + 4, 0x454d);
	put_be16(p + 6, sequence);
	put_be16(p + 2, finish(add_up(0, p, 64)));
	echo_answered = (u16)~sequence;
	u32 start = ticks();
	send_frame(mac, TYPE_IP, IP + 64);
	struct udp dropped;
	while (!passed(start, 1000000) && !break_asked()) {
		udp_receive(&dropped);
		if (echo_answered == sequence)
			return (s32)((ticks() - start) / TICKS_PER_US);
	}
	return -1;
}

bool parse_ip(const char *s, u32 *ip)
{
	u32 parts = 0, value = 0, part = 0, digits = 0;
	for (;; s++) {
		if (*s >= '0' && *s <= '9' && digits++ < 3) {
			part = part * 10 + (u32)(*s - '0');
			continue;
		}
		if (!digits || part > 255)
			return false;
		value = value << 8 | part;
		parts++;
		part = digits = 0;
		if (*s != '.')
			break;
	}
	*ip = value;
	return parts == 4 && !*s;
}
