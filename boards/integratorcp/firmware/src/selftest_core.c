/* CPU, core module, CP control registers, memory. */
#include "board.h"
#include "clock.h"
#include "core_module.h"
#include "cpu.h"
#include "exception.h"
#include "lib.h"
#include "memtest.h"
#include "selftest.h"

static enum verdict cpu_id(u32 unused)
{
	u32 id = cp15_id();
	return id >> 24 == 0x41 ? PASS : fail_value("implementer is not Arm", 0x41, id >> 24);
}

static void undefined_instruction(void) { __asm__ volatile(".word 0xe7f000f0"); }
/* By hand: the compiler would load four bytes instead. */
static void unaligned_load(void) { __asm__ volatile("ldr r3, [%0]" : : "r"(USER_RAM + 1) : "r3", "memory"); }
/* Nothing is decoded at 0x28000000 (DUI 0159, figure 4-1). */
static void unmapped_load(void) { (void)rd32(0x28000000); }

/* Name of the exception that an action raised, or NULL. */
static const char *raised_by(void (*action)(void))
{
	static u32 outside[10];
	memcpy(outside, recovery, sizeof recovery);
	bool raised = true;
	if (save_context(recovery) == 0) {
		action();
		raised = false;
	}
	memcpy(recovery, outside, sizeof recovery);
	return raised ? exception_name : NULL;
}

static enum verdict undefined(u32 unused)
{
	const char *name = raised_by(undefined_instruction);
	bool trapped = name && !strcmp(name, "undefined instruction");
	return trapped ? PASS : fail("the undefined instruction was not trapped");
}

static enum verdict alignment(u32 unused)
{
	const char *name = raised_by(unaligned_load);
	if (!name || strcmp(name, "data abort"))
		return fail("the unaligned load was not trapped");
	if (exception_address != USER_RAM + 1)
		return fail_value("fault address", USER_RAM + 1, exception_address);
	u32 status = cp15_data_fault_status() & 0xf;
	return status == 1 || status == 3 ? PASS : fail_value("fault status", 1, status);
}

static enum verdict bus_error(u32 unused)
{
	const char *name = raised_by(unmapped_load);
	if (!name)
		return skip("an address without a device reads as memory");
	return exception_address == 0x28000000 ? PASS : fail_value("fault address", 0x28000000, exception_address);
}

static enum verdict memory(u32 unused)
{
	u32 wrong = memory_test(USER_RAM, 0x40000, false);
	return wrong ? fail_value("wrong words", 0, wrong) : PASS;
}

static enum verdict memory_size(u32 unused)
{
	u32 code = rd32(CM_SDRAM) >> 2 & 7;
	u32 told = code <= 4 ? (16u << 20) << code : 0;
	/* Models with odd sizes round CM_SDRAM up. */
	return ram_size() == told ? PASS : skip("CM_SDRAM names another size than probing found");
}

static enum verdict memory_alias(u32 unused)
{
	u32 word;
	wr32(USER_RAM, 0x600df00d);
	if (!probe32(RAM_ALIAS + USER_RAM, &word) || word != 0x600df00d)
		return fail_value("0x80000000 does not show RAM", 0x600df00d, word);
	return PASS;
}

/* CM_AUXOSC changes only while CM_LOCK holds the key, and bit 16 tells which it is. */
static enum verdict lock(u32 unused)
{
	u32 saved = rd32(CM_AUXOSC);
	wr32(CM_LOCK, 0);
	u32 closed_bit = rd32(CM_LOCK) & CM_LOCK_LOCKED;
	wr32(CM_AUXOSC, saved ^ 1);
	bool kept = rd32(CM_AUXOSC) == saved;
	wr32(CM_LOCK, CM_LOCK_KEY);
	u32 open_bit = rd32(CM_LOCK) & CM_LOCK_LOCKED;
	wr32(CM_AUXOSC, saved ^ 1);
	bool changed = rd32(CM_AUXOSC) == (saved ^ 1);
	wr32(CM_AUXOSC, saved);
	wr32(CM_LOCK, 0);
	if (!kept)
		return fail("CM_AUXOSC changed while locked");
	if (!changed)
		return fail("the key 0xa05f does not unlock");
	/* QEMU has the bit the other way round than the manual. */
	if (closed_bit == open_bit || (open_bit && !lax_model()))
		return fail_value("bit 16 of CM_LOCK while open", 0, open_bit);
	return PASS;
}

static enum verdict flags(u32 at)
{
	u32 saved = rd32(at);
	wr32(at + 4, 0xffffffff);
	u32 cleared = rd32(at);
	wr32(at, 0x00f0);
	wr32(at, 0x000f);
	u32 set = rd32(at);
	wr32(at + 4, 0x00ff);
	wr32(at, saved);
	if (cleared)
		return fail_value("after clearing", 0, cleared);
	return set == 0xff ? PASS : fail_value("after setting", 0xff, set);
}

static enum verdict spd(u32 unused)
{
	/* Byte 2 of a serial presence detect: 4 = SDRAM. */
	u32 byte = rd32(CM_SPD) >> 16 & 0xff;
	if (byte != 4 && lax_model())
		return skip("this model has no serial presence detect here");
	return byte == 4 ? PASS : fail_value("memory type in the SPD", 4, byte);
}

static enum verdict control(u32 unused)
{
	u32 id = rd32(CPCR_BASE);
	if (id >> 24 != 0x41)
		return fail_value("CP_IDFIELD manufacturer", 0x41, id >> 24);
	u32 decode = rd32(CPCR_BASE + 12);
	return decode ? PASS : fail("CP_DECODE is 0");
}

static enum verdict reference_counter(u32 unused)
{
	u32 first = rd32(CM_REFCNT);
	for (u32 i = 0; i < 200000; i++)
		if (rd32(CM_REFCNT) != first)
			return PASS;
	return fail("CM_REFCNT stands still");
}

const struct test core_tests[] = {
	{ "cpu id", cpu_id, 0 },
	{ "cpu undefined instruction", undefined, 0 },
	{ "cpu alignment abort", alignment, 0 },
	{ "cpu bus error", bus_error, 0 },
	{ "memory pattern", memory, 0 },
	{ "memory size", memory_size, 0 },
	{ "memory alias", memory_alias, 0 },
	{ "cm lock", lock, 0 },
	{ "cm flags", flags, CM_FLAGS },
	{ "cm nvflags", flags, CM_NVFLAGS },
	{ "cm spd", spd, 0 },
	{ "cm refcnt", reference_counter, 0 },
	{ "cp control", control, 0 },
};
const u32 core_tests_count = COUNT_OF(core_tests);
