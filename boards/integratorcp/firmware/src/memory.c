/* md and mw: an address that aborts ends the command with a report. */
#include "command.h"
#include "lib.h"
#include "print.h"
#include "uart.h"

/* Bytes an access has, from the suffix of the command's name. */
static u32 access_size(const char *name)
{
	const char *dot = name;
	while (*dot && *dot != '.')
		dot++;
	return !*dot || dot[1] == 'w' ? 4 : dot[1] == 'h' ? 2 : dot[1] == 'b' ? 1 : 0;
}

static u32 read_sized(u32 at, u32 size)
{
	return size == 4 ? rd32(at) : size == 2 ? rd16(at) : rd8(at);
}

static void write_sized(u32 at, u32 value, u32 size)
{
	if (size == 4)
		wr32(at, value);
	else if (size == 2)
		wr16(at, (u16)value);
	else
		wr8(at, (u8)value);
}

/* Text of a line, from what was read: reading twice would disturb a device. */
static void print_text(const u32 *values, u32 count, u32 size)
{
	print("  ");
	for (u32 i = 0; i < count; i++)
		for (u32 b = 0; b < size; b++) {
			u8 c = (u8)(values[i] >> 8 * b);
			console_put(c >= 32 && c < 127 ? (char)c : '.');
		}
}

int md_command(int argc, char **argv)
{
	u32 at, count = 16, size = access_size(argv[0]);
	if (argc < 2 || argc > 3 || !size || !parse_hex(argv[1], &at) || (argc == 3 && !parse_number(argv[2], &count)))
		return -1;
	u32 per_line = 16 / size;
	for (u32 done = 0; done < count && !break_asked(); done += per_line) {
		u32 values[16], n = MIN(per_line, count - done);
		print("%08x:", at);
		for (u32 i = 0; i < n; i++, at += size) {
			values[i] = read_sized(at, size);
			print(size == 4 ? " %08x" : size == 2 ? " %04x" : " %02x", values[i]);
		}
		for (u32 i = n; i < per_line; i++)
			print("%s", "         " + (8 - 2 * size));
		print_text(values, n, size);
		print("\n");
	}
	return 0;
}

int mw_command(int argc, char **argv)
{
	u32 at, value, count = 1, size = access_size(argv[0]);
	if (argc < 3 || argc > 4 || !size || !parse_hex(argv[1], &at) || !parse_hex(argv[2], &value) ||
	    (argc == 4 && !parse_number(argv[3], &count)))
		return -1;
	for (; count && !break_asked(); count--, at += size)
		write_sized(at, value, size);
	return 0;
}
