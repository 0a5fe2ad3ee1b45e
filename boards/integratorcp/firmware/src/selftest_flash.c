/* CFI flash: query, and the last block erased, programmed and given its contents back. */
#include "board.h"
#include "flash.h"
#include "lib.h"
#include "selftest.h"

#define PATTERN_WORDS 16u

static enum verdict query(u32 unused)
{
	struct cfi f;
	if (!cfi_query(&f))
		return skip("no CFI flash");
	if (f.size < 1u << 20 || f.size > 64u << 20 || f.blocks * f.block_size != f.size)
		return fail_value("blocks times block size", f.size, f.blocks * f.block_size);
	return f.command_set == 1 || f.command_set == 3 ? PASS : fail_value("command set", 1, f.command_set);
}

/* Where the rest of the block holds something else than 0xffffffff, returns that place. */
static u32 find_set(u32 at, u32 length, u32 expected)
{
	for (u32 i = 0; i < length; i += 4)
		if (rd32(at + i) != expected)
			return i;
	return length;
}

static enum verdict try_block(const struct cfi *f, u32 block)
{
	u32 at = FLASH_BASE + block, pattern[PATTERN_WORDS];
	const char *wrong = flash_erase(f, block);
	if (wrong)
		return wrong[0] == 'i' ? skip(wrong) : fail(wrong);
	u32 blank = find_set(at, f->block_size, 0xffffffff);
	if (blank != f->block_size)
		return fail_value("not blank after erasing, at", f->block_size, blank);
	for (u32 i = 0; i < PATTERN_WORDS; i++)
		pattern[i] = 0x01234567 * (i + 1);
	wrong = flash_program(f, block, pattern, PATTERN_WORDS);
	if (wrong)
		return fail(wrong);
	for (u32 i = 0; i < PATTERN_WORDS; i++)
		if (rd32(at + 4 * i) != pattern[i])
			return fail_value("programmed word", pattern[i], rd32(at + 4 * i));
	/* Programming can only clear bits. */
	u32 cleared = ~pattern[0];
	wrong = flash_program(f, block, &cleared, 1);
	if (wrong)
		return fail(wrong);
	return rd32(at) == 0 ? PASS : fail_value("word programmed twice", 0, rd32(at));
}

static enum verdict program(u32 unused)
{
	struct cfi f;
	if (!cfi_query(&f))
		return skip("no CFI flash");
	if (f.block_size > 1u << 20 || f.block_size > f.size)
		return skip("the block is larger than 1 MB");
	u32 last = f.size - f.block_size, *saved = (u32 *)USER_RAM;
	memcpy(saved, (void *)(FLASH_BASE + last), f.block_size);
	enum verdict v = try_block(&f, last);
	if (v == SKIP)
		return v;
	const char *wrong = flash_erase(&f, last);
	if (!wrong)
		wrong = flash_program(&f, last, saved, f.block_size / 4);
	return v == PASS && wrong ? fail(wrong) : v;
}

const struct test flash_tests[] = {
	{ "flash query", query, 0 },
	{ "flash erase and program", program, 0 },
};
const u32 flash_tests_count = COUNT_OF(flash_tests);
