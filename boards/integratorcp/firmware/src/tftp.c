/* net, ping, tftp: RFC 1350 with the block size and transfer size options of RFC 2348 and 2349. */
#include "clock.h"
#include "command.h"
#include "lib.h"
#include "load.h"
#include "net.h"
#include "print.h"
#include "uart.h"

enum { RRQ = 1, DATA = 3, ACK = 4, ERROR = 5, OACK = 6, TFTP_PORT = 69 };
#define BLOCK_WANTED 1428u

static char error_text[64];

static u32 put_string(u8 *p, u32 at, const char *s)
{
	u32 n = strlen(s) + 1;
	memcpy(p + at, s, n);
	return at + n;
}

static u32 request(u8 *p, const char *file)
{
	put_be16(p, RRQ);
	u32 n = put_string(p, 2, file);
	n = put_string(p, n, "octet");
	n = put_string(p, n, "blksize");
	return put_string(p, n, "1428");
}

/* The block size a server agreed to. */
static u32 agreed_size(const u8 *p, u32 length)
{
	static char pairs[128];
	u32 n = MIN(length, sizeof pairs - 1), size = 512;
	memcpy(pairs, p, n);
	pairs[n] = 0;
	for (u32 i = 0; i < n;) {
		const char *name = pairs + i;
		i += strlen(name) + 1;
		if (i < n && same_name(name, "blksize"))
			parse_number(pairs + i, &size);
		i += i < n ? strlen(pairs + i) + 1 : 0;
	}
	return size >= 8 && size <= BLOCK_WANTED ? size : 512;
}

/* "a.b.c.d:file" names another server than the one DHCP told. */
static const char *file_of(const char *name, u32 *server)
{
	char ip[16];
	for (u32 i = 0; i < sizeof ip && name[i]; i++)
		if (name[i] == ':') {
			copy_string(ip, name, i + 1);
			return parse_ip(ip, server) ? name + i + 1 : name;
		}
	return name;
}

const char *load_from_network(const char *name, u32 at, u32 limit, u32 *size)
{
	static u8 out[300];
	const char *wrong = net_ready();
	if (wrong)
		return wrong;
	u32 server = net.server;
	const char *file = file_of(name, &server);
	if (strlen(file) > 200)
		return "the name is too long";
	u16 port = (u16)(0xc000 | (ticks() >> 4 & 0x3fff)), peer = TFTP_PORT;
	u32 out_length = request(out, file), block_size = 512, got = 0;
	u16 expected = 1;
	for (u32 tries = 0; tries < 6; tries++) {
		if (!udp_send(server, port, peer, out, out_length))
			return "the server has no hardware address (ARP)";
		struct udp u;
		for (u32 start = ticks(); !passed(start, 1000000);) {
			if (break_asked())
				return "stopped";
			if (!udp_receive(&u) || u.to_port != port || u.from != server || u.length < 4 ||
			    (peer != TFTP_PORT && u.from_port != peer))
				continue;
			u16 operation = be16(u.data), block = be16(u.data + 2);
			if (operation == ERROR) {
				copy_string(error_text, (const char *)u.data + 4, MIN(sizeof error_text, u.length - 3));
				return error_text;
			}
			bool begins = operation == OACK && peer == TFTP_PORT;
			if (!begins && !(operation == DATA && block == expected))
				continue;
			u32 length = u.length - 4;
			peer = u.from_port;
			if (begins) {
				block_size = agreed_size(u.data + 2, u.length - 2);
				block = 0;
			} else {
				if (length > block_size || got + length > limit)
					return "the file does not fit";
				memcpy((u8 *)at + got, u.data + 4, length);
				got += length;
				expected++;
			}
			put_be16(out, ACK);
			put_be16(out + 2, block);
			out_length = 4;
			if (!begins && length < block_size) {
				udp_send(server, port, peer, out, out_length);
				*size = got;
				return NULL;
			}
			udp_send(server, port, peer, out, out_length);
			start = ticks();
			tries = 0;
		}
	}
	return "no answer from the server";
}

int tftp_command(int argc, char **argv)
{
	u32 at;
	if (argc != 3 || !parse_hex(argv[2], &at))
		return -1;
	load_and_report(load_from_network, argv[1], at);
	return 0;
}

int net_command(int argc, char **argv)
{
	net.address = 0;
	const char *wrong = net_ready();
	if (wrong) {
		print("net: %s\n", wrong);
		return 0;
	}
	static const char *const names[] = { "address", "mask", "gateway", "server" };
	const u32 values[] = { net.address, net.mask, net.gateway, net.server };
	print("mac ");
	print_mac(net.mac);
	for (u32 i = 0; i < COUNT_OF(names); i++) {
		print(", %s ", names[i]);
		print_ip(values[i]);
	}
	print(", lease %u s\n", net.lease);
	return 0;
}

int ping_command(int argc, char **argv)
{
	u32 ip;
	if (argc != 2 || !parse_ip(argv[1], &ip))
		return -1;
	const char *wrong = net_ready();
	if (wrong) {
		print("ping: %s\n", wrong);
		return 0;
	}
	for (u16 i = 1; i <= 3 && !break_asked(); i++) {
		s32 us = icmp_ping(ip, i);
		if (us < 0)
			print("%u: no answer\n", i);
		else
			print("%u: answered in %d us\n", i, us);
	}
	return 0;
}
