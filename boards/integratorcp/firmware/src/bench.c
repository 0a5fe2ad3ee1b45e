/* Three loops a CPU spends its life in, with figures from the time base. */
#include "board.h"
#include "clock.h"
#include "command.h"
#include "lib.h"
#include "print.h"
#include "timer.h"
#include "uart.h"

#define ROUNDS 4000000u
#define BLOCK 0x00100000u
/* Off by some pages: a distance of a power of two would measure collisions in caches and TLBs. */
#define COPY (USER_RAM + BLOCK + 0x5000u)
#define READS 200000u

/* Time of a run in us, at least 1. */
static u32 elapsed(u32 start)
{
	u32 us = (ticks() - start) / TICKS_PER_US;
	return us ? us : 1;
}

/* Nanoseconds per item with one decimal. */
static void report(const char *name, u32 items, u32 us, u32 check)
{
	u32 tenths = (u32)((u64)us * 10000 / items);
	print("%-14s %9u items in %8u us, %6u.%u ns each, check %08x\n", name, items, us, tenths / 10, tenths % 10,
	      check);
}

/* A linear congruential generator with the constants of Numerical Recipes, folded. */
static u32 __attribute__((noinline)) integers(u32 rounds)
{
	u32 x = 1, sum = 0;
	while (rounds--) {
		x = x * 1664525 + 1013904223;
		sum ^= x >> 7 ^ x << 3;
	}
	return sum;
}

static u32 __attribute__((noinline)) writes(u32 at, u32 length)
{
	for (u32 i = 0; i < length; i += 4)
		wr32(at + i, i);
	return length;
}

static u32 __attribute__((noinline)) reads(u32 at, u32 length)
{
	u32 sum = 0;
	for (u32 i = 0; i < length; i += 4)
		sum += rd32(at + i);
	return sum;
}

static u32 __attribute__((noinline)) device_reads(u32 at, u32 count)
{
	u32 sum = 0;
	while (count--)
		sum |= rd32(at);
	return sum;
}

int bench_command(int argc, char **argv)
{
	u32 start, check;
	start = ticks();
	check = integers(ROUNDS);
	report("integer", ROUNDS, elapsed(start), check);
	start = ticks();
	for (u32 i = 0; i < 4; i++)
		check = writes(USER_RAM, BLOCK);
	report("memory write", BLOCK, elapsed(start), check);
	start = ticks();
	for (u32 i = 0; i < 4; i++)
		check = reads(USER_RAM, BLOCK);
	report("memory read", BLOCK, elapsed(start), check);
	start = ticks();
	for (u32 i = 0; i < 4; i++)
		memcpy((void *)COPY, (void *)USER_RAM, BLOCK);
	report("memory copy", BLOCK, elapsed(start), rd32(COPY + BLOCK - 4));
	start = ticks();
	check = device_reads(UART0_BASE + UART_CR, READS);
	report("uart read", READS, elapsed(start), check);
	start = ticks();
	device_reads(TIMER_BASE(2) + TIMER_VALUE, READS);
	report("timer read", READS, elapsed(start), 0);
	start = ticks();
	device_reads(CM_ID, READS);
	report("cm read", READS, elapsed(start), rd32(CM_ID));
	return 0;
}
