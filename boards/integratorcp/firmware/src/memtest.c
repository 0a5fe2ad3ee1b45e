#include "board.h"
#include "clock.h"
#include "command.h"
#include "core_module.h"
#include "lib.h"
#include "memtest.h"
#include "print.h"
#include "uart.h"

#define SHOWN 8u
#define SLICE 0x40000u /* words between looks at ^C */

static u32 errors;
static bool talk;

static void check(u32 at, u32 expected)
{
	u32 got = rd32(at);
	if (got == expected)
		return;
	if (talk && errors < SHOWN)
		print("\n  %08x: wrote %08x, read %08x", at, expected, got);
	errors++;
}

/* Each data line alone high, then alone low, at the first and the last word. */
static void walking_bits(u32 at, u32 length)
{
	u32 ends[2] = { at, at + length - 4 };
	for (u32 e = 0; e < 2; e++)
		for (u32 bit = 0; bit < 32; bit++) {
			wr32(ends[e], 1u << bit);
			check(ends[e], 1u << bit);
			wr32(ends[e], ~(1u << bit));
			check(ends[e], ~(1u << bit));
		}
	/* Each address line: words a power of two apart must be different words. */
	for (u32 step = 4; step < length; step <<= 1)
		wr32(at + step, step);
	wr32(at, 0);
	for (u32 step = 4; step < length; step <<= 1)
		check(at + step, step);
}

static u32 address_pattern(u32 at, u32 *state) { return at; }
static u32 inverse_pattern(u32 at, u32 *state) { return ~at; }
/* xorshift32 (Marsaglia 2003): every state but 0 comes by. */
static u32 random_pattern(u32 at, u32 *state)
{
	u32 x = *state;
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

static bool fill_and_check(u32 at, u32 length, u32 (*pattern)(u32 at, u32 *state))
{
	u32 seed = ticks() | 1, state = seed;
	for (u32 i = 0; i < length; i += 4) {
		wr32(at + i, pattern(at + i, &state));
		if (i % (4 * SLICE) == 0 && break_asked())
			return false;
	}
	state = seed;
	for (u32 i = 0; i < length; i += 4) {
		check(at + i, pattern(at + i, &state));
		if (i % (4 * SLICE) == 0 && break_asked())
			return false;
	}
	return true;
}

u32 memory_test(u32 at, u32 length, bool loud)
{
	static const struct {
		const char *name;
		u32 (*pattern)(u32 at, u32 *state);
	} fills[] = { { "address", address_pattern }, { "inverse", inverse_pattern }, { "random", random_pattern } };
	errors = 0;
	talk = loud;
	if (loud)
		print("walking bits");
	walking_bits(at, length);
	for (u32 i = 0; i < COUNT_OF(fills); i++) {
		if (loud)
			print(", %s", fills[i].name);
		if (!fill_and_check(at, length, fills[i].pattern)) {
			if (loud)
				print(", stopped");
			break;
		}
	}
	if (loud)
		print("\n");
	return errors;
}

int memtest_command(int argc, char **argv)
{
	u32 at = USER_RAM, length = ram_size() - USER_RAM;
	if (argc != 1 && (argc != 3 || !parse_hex(argv[1], &at) || !parse_number(argv[2], &length)))
		return -1;
	if (at % 4 || length % 4 || length < 8) {
		print("address and length must be multiples of 4, at least 8 bytes\n");
		return 0;
	}
	if (at < FRAME_BUFFER) {
		print("%08x is the monitor's own memory; the first free address is %08x\n", at, FRAME_BUFFER);
		return 0;
	}
	print("testing %u KB at %08x: ", length >> 10, at);
	u32 wrong = memory_test(at, length, true);
	print("%u errors\n", wrong);
	return 0;
}
